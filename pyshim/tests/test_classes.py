from __future__ import annotations

import pytest

from pyshim.errors import UnknownClass
from pyshim.ops.classes import find, subclass

CHUNK = "mistral_common.protocol.instruct.chunk"


def test_own_classes_and_functions_are_found() -> None:
    assert find(CHUNK, "TextChunk").__name__ == "TextChunk"
    assert find("mistral_common.protocol.instruct.converters", "convert_openai_tools")
    assert subclass("validator", "MistralRequestValidatorV5", "MistralRequestValidator")


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (CHUNK, "Path"),
        (CHUNK, "urlparse"),
        (CHUNK, "base64"),
        (CHUNK, "sf"),
        ("mistral_common.image", "requests"),
        ("mistral_common.deprecation", "importlib"),
        ("os", "system"),
        ("mistral_common.os", "system"),
        ("mistral_commonx", "x"),
        ("", ""),
        ("mistral_common", "__path__"),
        (CHUNK, "__builtins__"),
        (CHUNK, "__loader__"),
    ],
)
def test_what_a_module_only_imports_is_not_reachable(module: str, name: str) -> None:
    with pytest.raises(UnknownClass):
        find(module, name)


def test_a_class_of_another_kind_is_no_subclass() -> None:
    with pytest.raises(UnknownClass):
        subclass("validator", "ValidationMode", "MistralRequestValidator")
