"""vLLM's chat template call for Mistral tokenizers, for Python programs and for Go."""

from pyshim.vllm.apply import (
    _mistral_tokenizer_executor,
    apply_mistral_chat_template,
    async_apply_mistral_chat_template,
)
from pyshim.vllm.patch import install, uninstall

__all__ = [
    "_mistral_tokenizer_executor",
    "apply_mistral_chat_template",
    "async_apply_mistral_chat_template",
    "install",
    "uninstall",
]
