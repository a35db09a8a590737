"""What crosses between Go and Python, and how values, logs, warnings and faults get into it."""
