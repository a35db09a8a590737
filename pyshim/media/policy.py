"""What a request may make this process fetch, open or decode.

The reference fetches http(s) URLs with redirects, opens file: URLs, and opens an
audio_url that happens to be the path of an existing file. Here that is refused before it
is reached, unless it was allowed for the process. It costs a request without list content
one look at each message.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from typing import Any

from pyshim.errors import BadArguments, MediaDenied, MediaTooLarge
from pyshim.media.parts import BARE, FILE, IMAGE, INLINE, Part, parts
from pyshim.wire.codec import Reply, Request, reply_json

DENY, ALLOW = "deny", "allow"
HOUR_AT_48_KHZ = 3600 * 48_000

# The reference resamples to the rate of the model: 16 or 24 kHz.
LOWEST_RATE = 8_000


class Policy:
    """The settings of the process; replaced as a whole, so that no lock is needed."""

    __slots__ = ("max_audio_samples", "max_image_pixels", "media")

    def __init__(
        self,
        media: str = DENY,
        max_image_pixels: int = 64_000_000,
        max_audio_samples: int = HOUR_AT_48_KHZ,
    ) -> None:
        if media not in (DENY, ALLOW):
            raise BadArguments(f"media is {media!r}: it wants {DENY!r} or {ALLOW!r}")
        for limit in (max_image_pixels, max_audio_samples):
            if type(limit) is not int or limit <= 0:
                raise BadArguments(f"a limit wants a number above zero, not {limit!r}")
        self.media = media
        self.max_image_pixels = max_image_pixels
        self.max_audio_samples = max_audio_samples

    def dump(self) -> dict[str, Any]:
        """Return the settings as they are given."""
        return {name: getattr(self, name) for name in self.__slots__}


_policy = Policy()


def fetches() -> bool:
    """Return whether what a request names may be fetched and opened."""
    return _policy.media == ALLOW


def configure(**settings: Any) -> Policy:
    """Set the policy of the process; what is not named keeps its value."""
    global _policy  # noqa: PLW0603
    current = _policy.dump()
    if not settings.keys() <= current.keys():
        known = ", ".join(sorted(current))
        raise BadArguments(f"the media policy knows {known}; it got {', '.join(settings)}")
    _policy = Policy(**(current | settings))
    return _policy


def run_media_policy(request: Request) -> Reply:
    """Operation media_policy: {} or settings to change; answers all settings."""
    return reply_json(configure(**(request.json() if request.body else {})).dump())


def check_messages(obj: Any, read: Callable[[Any], Any] | None = None) -> None:
    """Check a chat request; of text-only messages it sees no more than their type.

    read: what reads the marks of a message; those with any are replaced in obj.
    """
    messages = obj.get("messages") if isinstance(obj, dict) else None
    if isinstance(messages, list):
        for index, message in enumerate(messages):
            if isinstance(message, dict) and isinstance(message.get("content"), list):
                parsed = message if read is None else read(message)
                check(parsed, ("messages", index))
                messages[index] = parsed


def check_conversation(messages: Any) -> None:
    """Check messages as vLLM takes them: one conversation, or a list of several."""
    if isinstance(messages, list):
        check_messages({"messages": messages})
        for conversation in messages:
            if isinstance(conversation, list):
                check_messages({"messages": conversation})


def check(value: Any, path: tuple[str | int, ...] = ()) -> None:
    """Raise MediaDenied or MediaTooLarge when what is to be encoded holds what is refused."""
    if not fetches():
        for part in parts(value, path):
            if part.form != INLINE:
                _refuse(part)
    measure(value, path)


def measure(value: Any, path: tuple[str | int, ...] = ()) -> None:
    """Raise MediaTooLarge; for what converts a request, which reads no URL and no path."""
    policy = _policy
    for part in parts(value, path):
        if part.form in (INLINE, BARE):
            _measure(part, policy)


def _refuse(part: Part) -> None:
    # What has no scheme passes only when it is an audio in base64: whether a file of that
    # name exists is not looked at, and cannot be found out.
    if part.form == BARE and _samples(_decode(part.value)) is not None:
        return
    what = {BARE: "neither a data: URL nor base64 of an audio", FILE: "a file"}
    where = ".".join(str(step) for step in part.path)
    raise MediaDenied(
        f"{where} is {what.get(part.form, 'a URL')}: nothing that a request names is fetched or "
        "opened. Send a data: URL; or let the host fetch it (WithFetcher in Go, --fetch of mtok); "
        "or set the option media to 'allow' (media_policy) for requests that can be trusted"
    )


def _measure(part: Part, policy: Policy) -> None:
    data = _decode(part.value)
    where = ".".join(str(step) for step in part.path)
    if part.field in IMAGE:
        pixels = _pixels(data)
        if pixels is not None and pixels > policy.max_image_pixels:
            raise MediaTooLarge(
                f"{where} is an image of {pixels} pixels, more than the {policy.max_image_pixels} "
                "of the option max_image_pixels"
            )
        return
    samples = _samples(data)
    if samples is not None and samples > policy.max_audio_samples:
        raise MediaTooLarge(
            f"{where} is an audio of {samples} samples, more than the {policy.max_audio_samples} "
            "of the option max_audio_samples"
        )


# What cannot be read below is left for the reference to refuse, in its own words.


def _decode(value: str | bytes) -> bytes:
    if isinstance(value, bytes):
        return value
    payload = value.partition(",")[2] if value.startswith("data:") else value
    try:
        return base64.b64decode(payload)
    except ValueError:
        return b""


def _pixels(data: bytes) -> int | None:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as image:  # reads the header only
            return int(image.width * image.height)
    except Image.DecompressionBombError as error:
        # Pillow checks the size before it returns the image, and its text has the size.
        found = re.search(r"\d+", str(error))
        return int(found[0]) if found else None
    except Exception:
        return None


def _samples(data: bytes) -> int | None:
    try:
        # The reference reports an extra that is missing.
        import soundfile  # type: ignore[import-untyped]

        found = soundfile.info(io.BytesIO(data))
    except Exception:
        return None
    # A low rate makes a short file long: of one sample a second the model gets 16,000.
    stretch = max(1.0, LOWEST_RATE / max(int(found.samplerate), 1))
    return int(found.frames * found.channels * stretch)
