"""The operations on tokenizers of mistral_common, a file each."""
