from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from pyshim.errors import describe


def caught(failure: BaseException) -> BaseException:
    try:
        raise failure
    except BaseException as error:
        return error


def test_parts() -> None:
    told = describe(caught(KeyError("a", 3)))
    assert told["module"] == "builtins"
    assert told["type"] == "KeyError"
    assert told["mro"][:2] == ["builtins.KeyError", "builtins.LookupError"]
    assert told["message"] == told["str"] == "('a', 3)"
    assert told["args"] == ["a", "3"]
    assert told["traceback"].startswith("Traceback (most recent call last):\n")
    assert "errors" not in told


def test_message_attribute_wins_over_str() -> None:
    from mistral_common.exceptions import MistralCommonException

    told = describe(caught(MistralCommonException("the text")))
    assert told["message"] == "the text"
    assert told["mro"][0] == "mistral_common.exceptions.MistralCommonException"

    class Odd(Exception):
        message = 3

    assert describe(Odd("x"))["message"] == "x"


def test_causes_are_in_the_traceback() -> None:
    try:
        try:
            raise ValueError("first")
        except ValueError as error:
            raise TypeError("second") from error
    except TypeError as error:
        text = describe(error)["traceback"]
    assert "ValueError: first" in text
    assert "direct cause" in text


def test_validation_errors_are_pydantics_own_without_urls() -> None:
    class Model(BaseModel):
        x: int

    with pytest.raises(ValidationError) as failure:
        Model.model_validate({"x": "a"})
    told = describe(failure.value)
    assert told["title"] == "Model"
    (item,) = told["errors"]
    assert (item["type"], item["loc"], item["input"]) == ("int_parsing", ["x"], "a")
    assert "url" not in item


def test_validation_errors_that_pydantic_cannot_write() -> None:
    class Model(BaseModel):
        x: int

    for bad in ("\ud800", ["\udfff"], object(), {1: {2, 3}}):
        with pytest.raises(ValidationError) as failure:
            Model.model_validate({"x": bad})
        (item,) = describe(failure.value)["errors"]
        assert item["loc"] == ["x"]
