"""Runs mistral_common's own tests with their calls answered by another program."""
