"""audio: the reference's Audio class and the numbers of an audio encoder."""

from __future__ import annotations

from typing import Any

from pyshim.errors import UnknownMethod, WrongKind
from pyshim.media import arrays
from pyshim.media.policy import measure
from pyshim.ops.classes import arguments
from pyshim.tokenizers.registry import REGISTRY
from pyshim.wire.codec import Has, Reply, Request, dumps, reply_json
from pyshim.wire.keywords import keywords_of

# Methods and properties of AudioEncoder and of its AudioConfig.
ENCODER = ("encode_streaming_tokens", "next_multiple_of_chunk_frames")
CONFIG = (
    "num_audio_tokens",
    "get_num_delay_tokens",
    "n_right_pad_tokens",
    "n_left_pad_tokens",
    "chunk_frames",
    "frame_duration_ms",
    "raw_audio_length_per_tok",
    "audio_length_per_tok",
    "is_streaming",
)


def run_audio(request: Request) -> Reply:
    """Operation audio.

    m = decode (audio in base64, strict, rate to resample to) and convert (the same and format)
    need no handle; decode answers the samples as a buffer, convert base64. The other methods
    are those of the tokenizer's AudioEncoder and AudioConfig, with keywords k.
    """
    args = arguments(request.json(), "m")
    name = args["m"]
    if name in ("decode", "convert"):
        audio = _audio(args)
        if name == "convert":
            return reply_json(audio.to_base64(args.get("format") or audio.format))
        bufs: list[bytes] = []
        body = {**arrays.audio(audio, bufs), "duration": audio.duration}
        return Reply(dumps(body), Has.BODY_JSON.value, None, tuple(bufs))
    if name not in (*ENCODER, *CONFIG):
        known = ", ".join(("decode", "convert", *ENCODER, *CONFIG))
        raise UnknownMethod(f"audio offers {known}; not {name!r}")
    encoder = REGISTRY.get(request.handle).need_chat().instruct_tokenizer.audio_encoder
    if encoder is None:
        raise WrongKind("this tokenizer has no audio encoder")
    found = getattr(encoder if name in ENCODER else encoder.audio_config, name)
    return reply_json(found(**keywords_of(args)) if callable(found) else found)


def _audio(args: dict[str, Any]) -> Any:
    from mistral_common.tokens.tokenizers.audio import Audio

    arguments(args, "audio")
    measure({"audio": args["audio"]})
    audio = Audio.from_base64(args["audio"], args.get("strict", True))
    if args.get("rate"):
        audio.resample(args["rate"])
    return audio
