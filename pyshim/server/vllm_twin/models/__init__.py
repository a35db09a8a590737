"""The bodies of those routes, as pydantic models."""
