"""The routes of mistral_common's server."""
