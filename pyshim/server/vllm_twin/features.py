"""The images and audio of a chat as an engine's request has them."""

from __future__ import annotations

from typing import Any, NamedTuple

from pyshim.server.vllm_twin import images
from pyshim.server.vllm_twin.conversation import Medium
from pyshim.tokenizers.handle import Loaded

Json = dict[str, Any]

NO_AUDIO = (
    "Rendering audio for an engine needs vLLM's processors (--env vllm). /tokenize answers the "
    "tokens of such a chat."
)


class Media(NamedTuple):
    """What a chat has besides text: images that are open, and the names that it gives them."""

    images: list[images.Opened | None]
    names: list[str | None]
    other: bool

    @classmethod
    def of(cls, media: list[Medium]) -> Media:
        """Open the images of a chat."""
        found = [one for one in media if one.kind == "image"]
        opened = images.load([one.url for one in found])
        return cls(opened, [one.uuid for one in found], len(found) < len(media))

    def check(self, loaded: Loaded, ids: list[int]) -> None:
        """Refuse tokens in which an image is missing."""
        if self.images:
            images.places(self.images, _encoder(loaded), ids)

    def features(self, loaded: Loaded, ids: list[int], model: str, payload: str) -> Json | None:
        """Return what an engine's request says of them; None if there are none."""
        if self.other:
            raise NotImplementedError(NO_AUDIO)
        if not self.images:
            return None
        encoder = _encoder(loaded)
        places = images.places(self.images, encoder, ids)
        tensors = None
        if payload == "tensors":
            known = {}
            for image in self.images:
                if image is not None and image.data not in known:
                    known[image.data] = images.tensor(image, encoder)
            tensors = {"image": [known[image.data] for image in self.images if image is not None]}
        return {
            "mm_hashes": {
                "image": [
                    images.name(image, model) if uuid is None else uuid
                    for image, uuid in zip(self.images, self.names, strict=True)
                ]
            },
            "mm_placeholders": {
                "image": [{"offset": offset, "length": length} for offset, length in places]
            },
            "kwargs_data": tensors,
            "mm_metadata": None,
        }


def _encoder(loaded: Loaded) -> Any:
    return loaded.need_chat().instruct_tokenizer.image_encoder
