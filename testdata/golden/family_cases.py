"""What the golden files of the request families hold. No answers here."""

from __future__ import annotations

import base64
import io
import math
import struct
import wave
from typing import Any

from cases import CLOCK, TEXTS, WEATHER, assistant, call, chunk, png, request, result, system, user

Json = dict[str, Any]


def tone(seconds: float = 0.05, rate: int = 16000, channels: int = 1) -> str:
    """Return a WAV of a sine in base64."""
    frames = int(seconds * rate)
    samples = [int(9000 * math.sin(i / 7)) for i in range(frames) for _ in range(channels)]
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return base64.b64encode(out.getvalue()).decode("ascii")


def sound(audio: Any) -> Json:
    return {"type": "input_audio", "input_audio": audio}


def image(width: int, height: int) -> Json:
    return {"type": "image_url", "image_url": {"url": png(width, height)}}


FIM: dict[str, Json] = {
    "both": {"prompt": "def add(a, b):\n    ", "suffix": "\n    return c\n"},
    "no-suffix": {"prompt": "def add("},
    "null-suffix": {"prompt": "def add(", "suffix": None},
    "empty": {"prompt": "", "suffix": ""},
    "accents": {"prompt": TEXTS["accents"], "suffix": TEXTS["emoji"]},
    "lookalikes": {"prompt": TEXTS["lookalikes"], "suffix": TEXTS["lookalikes"]},
    "prompt-missing": {"suffix": "x"},
    "unknown-field": {"prompt": "a", "nonsense": 1},
}

INSTRUCT: dict[str, Json] = {
    "user": request(user("Hello")),
    "turns": request(user("1+1?"), assistant("2"), user("2+2?")),
    "system-prompt": request(user("Hello"), system_prompt="Be brief."),
    "system-message": request(system("Be brief."), user("Hello")),
    "tools": request(user("Weather?"), available_tools=[WEATHER, CLOCK]),
    "tool-call": request(
        user("Weather?"),
        assistant(None, tool_calls=[call('{"b": 1.0, "a": 2}')]),
        result('{"t":  21.50}', name="get_weather"),
        available_tools=[WEATHER],
    ),
    "prefix": request(user("Write"), assistant("Once", prefix=True)),
    "weight": request(user("a"), assistant("b", weight=1)),
    "truncated": request(
        user("one two three"), assistant("four"), user("five"), truncate_at_max_tokens=8
    ),
    "settings": request(user("Hello"), settings={"reasoning_effort": "high"}),
    "empty": request(),
    "unknown-field": request(user("a"), nonsense=1),
}

IMAGES: dict[str, Json] = {
    "small": request(user([chunk("What?"), image(40, 24)])),
    "one-pixel": request(user([image(1, 1), chunk("What?")])),
    "two": request(user([image(16, 16), chunk("and"), image(33, 17)])),
    "inline": request(user([{"type": "image", "image": png(20, 20).partition(",")[2]}])),
    "history": request(user([chunk("a"), image(16, 16)]), assistant("b"), user("c")),
    "no-image": request(user([{"type": "image_url", "image_url": "data:image/png;base64,QUJD"}])),
}

TRANSCRIPTION: dict[str, Json] = {
    "plain": {"audio": tone()},
    "language": {"audio": tone(), "language": "fr"},
    "data-url": {"audio": f"data:audio/wav;base64,{tone()}"},
    "resampled": {"audio": tone(rate=8000)},
    "stereo": {"audio": tone(channels=2)},
    "online": {"audio": tone(), "streaming": "online"},
    "language-unknown": {"audio": tone(), "language": "xx"},
    "no-audio": {"audio": "QUJD"},
}

SPEECH: dict[str, Json] = {
    "reference": {"input": "Hello", "ref_audio": tone()},
    "unicode": {"input": TEXTS["emoji"], "ref_audio": tone()},
    "voice-unknown": {"input": "Hello", "voice": "nobody"},
    "neither": {"input": "Hello"},
}

# What only the newer versions say something to.
NEWER: dict[str, Json] = {
    "audio": request(user([sound(tone()), chunk("What is said?")])),
    "audio-url": request(
        user([{"type": "audio_url", "audio_url": f"data:audio/wav;base64,{tone()}"}])
    ),
    "audio-system": request(system("Be brief."), user([sound(tone())])),
    "think": request(
        user("1+1?"),
        assistant([{"type": "thinking", "thinking": "hm"}, chunk("2")]),
        user("2+2?"),
    ),
    "think-open": request(
        user("1+1?"),
        assistant([{"type": "thinking", "thinking": "hm", "closed": False}], prefix=True),
    ),
    "think-system": request(system([chunk("a"), {"type": "thinking", "thinking": "b"}]), user("c")),
    "tool-id-free": request(
        user("a"),
        assistant(None, tool_calls=[call("{}", "call_1")]),
        result("x", "call_1"),
        tools=[CLOCK],
    ),
    "tool-image": request(
        user("a"),
        assistant(None, tool_calls=[call("{}")]),
        result([chunk("see"), image(16, 16)]),
    ),
    "effort-high": request(user("Hello"), reasoning_effort="high"),
    "effort-low": request(user("Hello"), reasoning_effort="low"),
    "effort-none": request(user("Hello"), reasoning_effort="none"),
    "json-schema": request(
        user("Hello"),
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "s", "schema": {"type": "object", "z": 1.0, "a": 2}},
        },
    ),
}

# Bodies of OpenAI's, of which from_openai makes a request.
OPENAI: dict[str, Json] = {
    "chat": request(system("Be brief."), user("Hello")),
    "developer": request({"role": "developer", "content": "Be brief."}, user("Hello")),
    "parts": request(user([chunk("What is"), chunk("this?")])),
    "image": request(user([chunk("What is this?"), image(16, 16)])),
    "tools": request(
        user("What time is it?"),
        assistant(None, tool_calls=[call("{}")]),
        result("noon"),
        tools=[CLOCK, WEATHER],
    ),
    "continued": request(user("Count to three."), assistant("1, 2"), continue_final_message=True),
    "assistant-first": request(assistant("Hello")),
}

TURNS = (
    system("Be brief."),
    user("The first question."),
    assistant("The first answer."),
    user("The second,"),
    user("in two messages."),
    assistant("The second answer."),
    user("The last question."),
)
FIT: dict[str, Json] = {
    f"turns-{limit}": {"request": request(*TURNS), "n": limit} for limit in (1, 14, 40, 1000)
}
FIT["assistant-first"] = {"request": request(assistant("Hello")), "n": 5}
