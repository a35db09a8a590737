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
    err = describe(caught(KeyError("a", 3)))
    assert err["module"] == "builtins"
    assert err["type"] == "KeyError"
    assert err["mro"][:2] == ["builtins.KeyError", "builtins.LookupError"]
    assert err["message"] == err["str"] == "('a', 3)"
    assert err["args"] == ["a", "3"]
    assert err["traceback"].startswith("Traceback (most recent call last):\n")
    assert "errors" not in err


def test_message_attribute_wins_over_str() -> None:
    from mistral_common.exceptions import MistralCommonException

    err = describe(caught(MistralCommonException("the text")))
    assert err["message"] == "the text"
    assert err["mro"][0] == "mistral_common.exceptions.MistralCommonException"

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
    err = describe(failure.value)
    assert err["title"] == "Model"
    (item,) = err["errors"]
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
