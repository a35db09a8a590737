"""What the reference servers answer to HTTP requests."""
