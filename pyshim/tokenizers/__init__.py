"""From a name, a file or a directory to a loaded tokenizer and its handle."""
