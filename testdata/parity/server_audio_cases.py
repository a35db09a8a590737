"""Chats with audio, as engines get them."""

from __future__ import annotations

import io
import math
import struct
import wave
from base64 import b64encode
from typing import Any

from cases import assistant, parts, result, system, user

Json = dict[str, Any]

WHAT = {"type": "text", "text": "What is said?"}


def tone(seconds: float = 0.1, rate: int = 16000, channels: int = 1) -> str:
    """Return a WAV of a sine as base64."""
    count = int(seconds * rate) * channels
    samples = [int(12000 * math.sin(i / 9)) for i in range(count)]
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(struct.pack(f"<{count}h", *samples))
    return b64encode(buffer.getvalue()).decode("ascii")


def sound(data: Any, form: Any = "wav", **more: Any) -> Json:
    """Return a part with an audio."""
    return {"type": "input_audio", "input_audio": {"data": data, "format": form}, **more}


def url(value: Any, **more: Any) -> Json:
    """Return a part with an audio by URL."""
    return {"type": "audio_url", "audio_url": {"url": value}, **more}


TONE, LONG = tone(), tone(1.5)
OTHERS = [tone(rate=8000), tone(rate=24000), tone(channels=2), tone(0.2, 44100, 2), tone(0.00005)]
BROKEN = ["", "AA", "????", TONE[:60], TONE[:-8], b64encode(b"RIFF" * 40).decode()]


def chats() -> list[Json]:
    """Return bodies of chats."""
    asked = {"messages": [user([WHAT, sound(TONE)])]}
    wav = f"data:audio/wav;base64,{TONE}"
    found: list[Json] = [
        {"messages": messages}
        for messages in (
            *([user([sound(data), WHAT])] for data in (TONE, LONG, *OTHERS, *BROKEN)),
            *([user([url(f"data:audio/wav;base64,{data}"), WHAT])] for data in (LONG, *BROKEN)),
            *([user([url(value), WHAT])] for value in ("data:,", "data:audio/wav;base64", None)),
            [user([sound(TONE)])],
            [user([sound(TONE), WHAT, sound(LONG), sound(TONE)])],
            [user([sound(TONE, "mp3")])],
            [user([sound(TONE)] * 5)],
            [user([sound(TONE)] * 6)],
            [user([WHAT, sound(TONE)]), assistant("A tone."), user([sound(LONG)])],
            [system([*parts("a"), sound(TONE)]), user("b")],
            [user("a"), assistant([sound(TONE)]), user("b")],
            [user("a"), result([sound(TONE)])],
            [user([{"audio_url": wav}])],
            [user([{"type": "audio_url", "audio_url": wav}])],
            [user([{"input_audio": {"data": TONE, "format": "wav"}}])],
            [user([sound(TONE, uuid="mine"), sound(LONG)])],
            [user([url(wav, uuid="mine")])],
            [user([{"type": "audio_embeds", "audio_embeds": "AAAA"}])],
        )
    ]
    found += [
        {**asked, **more}
        for more in ({"mm_payload": "none"}, {"truncate_prompt_tokens": 4}, {"echo": True})
    ]
    return found
