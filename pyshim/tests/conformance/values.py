"""The objects of a test as JSON and back, where that loses nothing."""

from __future__ import annotations

import base64
import json
from typing import Any

from pyshim.media.parts import INLINE, parts
from pyshim.tests.conformance.handles import Local
from pyshim.tests.conformance.remote import Json
from pyshim.wire import marks
from pyshim.wire.dump import dump


def exact(value: Any) -> Any:
    """Return plain values as JSON has them; Local when JSON would change them."""
    try:
        written = dump(value)
        again = json.loads(json.dumps(written))
    except Exception as error:
        raise Local("no JSON") from error
    if again != written:
        raise Local("JSON changes it")
    return again


def model(value: Any, cls: Any = None) -> Any:
    """Return a model's dump; Local when it does not make the same model again."""
    written = exact(value)
    wanted = cls or type(value)
    try:
        again = wanted.model_validate(marks.read(wanted, written))
    except Exception as error:
        raise Local("no request any more") from error
    if type(value) is not type(again) and cls is None:
        raise Local("another class")
    if exact(again) != written:
        raise Local("its JSON makes another")
    return written


def inline(written: Any) -> Any:
    """Refuse media by URL or path: a test that has some also mocks the download."""
    if any(part.form != INLINE for part in parts(written)):
        raise Local("media by name")
    return written


def tokenized(found: Json) -> Any:
    """Make the reference's Tokenized of an answer."""
    from mistral_common.tokens.tokenizers.audio import Audio
    from mistral_common.tokens.tokenizers.base import Tokenized

    made = Tokenized(
        tokens=found["tokens"],
        prefix_ids=found["prefix_ids"],
        images=[array(item) for item in found["images"]],
        audios=[
            Audio(array(item["array"]), item["sr"], item["format"]) for item in found["audios"]
        ],
    )
    made._text = found["text"]
    return made


def array(item: Json) -> Any:
    """Make an array of an answer's bytes."""
    import numpy as np

    flat = np.frombuffer(base64.b64decode(item["b64"]), dtype=item["dtype"])
    return flat.reshape(item["shape"]).copy()


def same(mine: Any, theirs: Any) -> bool:
    """Return whether the other program's value equals the local one, in type too."""
    import numpy as np

    if hasattr(mine, "tokens") and hasattr(mine, "audios"):
        return bool(
            mine.tokens == theirs.tokens
            and mine.prefix_ids == theirs.prefix_ids
            and mine._text == theirs._text
            and len(mine.images) == len(theirs.images)
            and len(mine.audios) == len(theirs.audios)
            and all(map(np.array_equal, mine.images, theirs.images))
            and all(
                np.array_equal(a.audio_array, b.audio_array)
                and (a.sampling_rate, a.format) == (b.sampling_rate, b.format)
                for a, b in zip(mine.audios, theirs.audios, strict=True)
            )
        )
    return bool(dump(mine) == dump(theirs))
