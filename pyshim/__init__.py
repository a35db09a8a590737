"""The Python side of the bridge: one entry point, bytes in and bytes out.

The package calls the installed mistral_common, serialises what it answers and
keeps the objects. It decides nothing about tokens.
"""
