"""The routes of vLLM's server where vLLM is not installed."""
