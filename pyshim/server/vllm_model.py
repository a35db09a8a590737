"""What vLLM's classes read of a model's configuration, where there is only its tokenizer.

Mistral's tokenizer files describe images and audio, too: vLLM's processors of models in
Mistral's own format ask nothing else of a model but its name and its dtype.
"""

from __future__ import annotations

import importlib
import os
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

from pyshim.media import policy
from pyshim.server.asked import Server
from pyshim.shortcuts.debug_text import shallow
from pyshim.vllm.load import LoadedVllm

# The models that vLLM has for a tokenizer with an encoder of this kind: module, prefix of
# the class names.
_CLASSES = {"image": ("pixtral", "Pixtral"), "audio": ("voxtral", "Voxtral")}
# No host is called this, and vLLM fetches from no other.
_NOWHERE = "nothing-is-fetched.invalid"


def kinds(loaded: LoadedVllm) -> list[str]:
    """Return what a tokenizer encodes besides text: image, audio."""
    inner = loaded.need_chat().instruct_tokenizer
    return [kind for kind in _CLASSES if getattr(inner, f"{kind}_encoder", None) is not None]


def kind(loaded: LoadedVllm) -> str | None:
    """Return what vLLM's model of this tokenizer takes besides text; None if it has no such."""
    found = kinds(loaded)
    if len(found) != 1:  # no model takes both
        return None
    encoder = loaded.need_chat().instruct_tokenizer.audio_encoder
    streams = encoder is not None and getattr(encoder.audio_config, "is_streaming", False)
    return None if streams else found[0]


def config(loaded: LoadedVllm, server: Server) -> Any:
    """Return the configuration of a server."""
    return SimpleNamespace(
        model_config=_model(loaded, server),
        parallel_config=SimpleNamespace(_api_process_rank=0, _api_process_count=1),
        # Without caches of any kind vLLM would make no hashes.
        cache_config=SimpleNamespace(enable_prefix_caching=True),
        observability_config=None,
    )


def tokenizer(loaded: LoadedVllm) -> Any:
    """Return the tokenizer as vLLM's servers load it: what is too long loses its beginning."""
    made = shallow(loaded.templating)
    inner = shallow(made.transformers_tokenizer)
    inner.truncation_side = "left"
    made.__dict__["transformers_tokenizer"] = inner
    return made


def _model(loaded: LoadedVllm, server: Server) -> Any:
    words = loaded.tokenizer.vocab_size
    model = SimpleNamespace(
        model=server.models[0],
        served_model_name=server.models[0],
        max_model_len=server.max_model_len,
        renderer_num_workers=1,
        is_encoder_decoder=False,
        enable_prompt_embeds=False,
        encoder_config=None,
        hf_config=SimpleNamespace(model_type="mistral", architectures=[]),
        hf_overrides=None,
        generation_config="vllm",
        override_generation_config={},
        get_diff_sampling_param=dict,
        try_get_generation_config=dict,
        get_vocab_size=lambda: words,
        allowed_local_media_path="",
        allowed_media_domains=None if policy.fetches() else [_NOWHERE],
        supports_multimodal_inputs=False,
        is_multimodal_model=False,
        multimodal_config=None,
        get_multimodal_config=_no_multimodal_config,
        max_logprobs=20,
    )
    taken = kind(loaded)
    if taken is not None:
        vars(model).update(_multimodal(loaded, taken))
    return model


def _no_multimodal_config() -> Any:
    raise ValueError("The model is not multimodal.")


def _multimodal(loaded: LoadedVllm, kind: str) -> dict[str, Any]:
    """Return what a model of images or audio has besides."""
    # Not every route's images are measured before.
    os.environ.setdefault("VLLM_MAX_IMAGE_PIXELS", str(policy.configure().max_image_pixels))
    # What a server without options has, but for the memory: 4 GB that would be.
    config = importlib.import_module("vllm.config.multimodal").MultiModalConfig(
        mm_processor_cache_gb=0
    )
    architecture = f"{_CLASSES[kind][1]}ForConditionalGeneration"
    return {
        "supports_multimodal_inputs": True,
        "is_multimodal_model": True,
        "multimodal_config": config,
        "get_multimodal_config": lambda: config,
        "dtype": importlib.import_module("torch").bfloat16,
        "hf_config": SimpleNamespace(model_type=kind, architectures=[architecture]),
        # By these it looks for the model's class.
        "registry": SimpleNamespace(resolve_model_cls=lambda *_, **__: (_class(kind), "")),
        "_get_transformers_backend_cls": lambda: None,
        "convert_type": "none",
        "runner_type": "generate",
        "trust_remote_code": False,
        "model_impl": "auto",
        # Its processors would read the tokenizer once more: they are given this one.
        "skip_tokenizer_init": True,
        "loaded_tokenizer": tokenizer(loaded),
    }


@cache
def _class(kind: str) -> Any:
    """Return vLLM's class of a model, whose processor has the tokenizer that is loaded."""
    name, prefix = _CLASSES[kind]
    module = importlib.import_module(f"vllm.model_executor.models.{name}")
    model = getattr(module, f"{prefix}ForConditionalGeneration")

    factories = model._processor_factory
    info = type("Info", (factories.info,), {"get_tokenizer": lambda self: self.ctx.tokenizer})

    def of_loaded(context: Any) -> Any:
        return info(replace(context, tokenizer=context.model_config.loaded_tokenizer))

    made = replace(factories, info=of_loaded)
    return type(model.__name__, (model,), {"_processor_factory": made})


def prepare(loaded: LoadedVllm) -> None:
    """Import what a model of this kind needs, so that no request has to wait for it."""
    taken = kind(loaded)
    if taken is not None:
        _class(taken)
