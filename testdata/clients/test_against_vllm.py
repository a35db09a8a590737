"""What the server answers is what vLLM's functions return, called here in this Python.

The server runs once without vLLM and once with it. This side needs the real one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import corpus
from conftest import Start
from serving import Json

pytestmark = pytest.mark.vllm

FILES = {
    "tekken": ("tekken_240718.json", "tekken.json"),
    "spm": ("mistral_instruct_tokenizer_240323.model.v3", "tokenizer.model.v3"),
}


class Model:
    """A model directory, and vLLM's tokenizer on it."""

    def __init__(self, name: str, root: Path) -> None:
        from mistral_common.tokens.tokenizers.mistral import MistralTokenizer as Shipped
        from vllm.tokenizers.mistral import MistralTokenizer

        self.name = name
        self.path = root / name
        self.path.mkdir()
        shipped, wanted = FILES[name]
        shutil.copyfile(os.path.join(Shipped._data_path(), shipped), self.path / wanted)
        self.tokenizer: Any = MistralTokenizer.from_pretrained(self.path)

    def apply(self, case: Json) -> list[int]:
        """Call vLLM's function as its server does."""
        from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionToolsParam
        from vllm.renderers.mistral import safe_apply_chat_template

        tools = case.get("tools")
        if tools is not None:
            tools = [ChatCompletionToolsParam.model_validate(tool).model_dump() for tool in tools]
        found: Any = safe_apply_chat_template(
            self.tokenizer,
            case["messages"],
            chat_template=None,
            tools=tools,
            tokenize=True,
            add_generation_prompt=case.get("add_generation_prompt", True),
            continue_final_message=case.get("continue_final_message", False),
        )
        return list(found)


@pytest.fixture(scope="session", params=FILES)
def model(request: pytest.FixtureRequest, models: dict[str, Model]) -> Model:
    return models[request.param]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Model]:
    root = tmp_path_factory.mktemp("models")
    return {name: Model(name, root) for name in FILES}


@pytest.fixture(scope="session", params=["default", "vllm"])
def http(
    request: pytest.FixtureRequest, start: Start, models: dict[str, Model]
) -> Iterator[httpx.Client]:
    flags = [f"--model={model.path}={model.name}" for model in models.values()]
    server = start(*flags, "--max-model-len=65536", before=("--env", request.param))
    with httpx.Client(base_url=server.url, timeout=120) as client:
        yield client


def ask(http: httpx.Client, model: Model, path: str, body: Json) -> httpx.Response:
    return http.post(path, json={"model": model.name, **body})


@pytest.mark.parametrize("case", corpus.CHATS.values(), ids=corpus.CHATS)
def test_chats(http: httpx.Client, model: Model, case: Json) -> None:
    expected = model.apply(case)
    answer = ask(http, model, "/tokenize", {**case, "return_token_strs": True})
    assert answer.json() == {
        "count": len(expected),
        "max_model_len": 65536,
        "tokens": expected,
        "token_strs": model.tokenizer.convert_ids_to_tokens(expected),
    }
    answer = ask(http, model, "/v1/chat/completions/render", case)
    assert answer.json()["token_ids"] == expected


def test_an_empty_list_of_tools(http: httpx.Client, model: Model) -> None:
    """One of vLLM's routes takes it, the other does not."""
    case = {"messages": [corpus.user("a")], "tools": []}
    assert ask(http, model, "/tokenize", case).json()["tokens"] == model.apply(case)
    answer = ask(http, model, "/v1/chat/completions/render", case)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "tools")


@pytest.mark.parametrize("case", corpus.CALLS.values(), ids=corpus.CALLS)
def test_calls_of_tools(http: httpx.Client, model: Model, case: Json) -> None:
    answer = ask(http, model, "/v1/chat/completions/render", case)
    assert answer.json()["token_ids"] == model.apply(case)


@pytest.mark.parametrize("case", corpus.REFUSED.values(), ids=corpus.REFUSED)
def test_what_is_refused(http: httpx.Client, model: Model, case: Json) -> None:
    with pytest.raises(ValueError) as refused:
        model.apply(case)
    for path in ("/tokenize", "/v1/chat/completions/render"):
        answer = ask(http, model, path, case)
        assert answer.status_code == 400
        assert answer.json() == {
            "error": {
                "message": str(refused.value),
                "type": "BadRequestError",
                "param": None,
                "code": 400,
            }
        }


@pytest.mark.parametrize("text", corpus.TEXTS)
@pytest.mark.parametrize("special", [True, False])
def test_texts(http: httpx.Client, model: Model, text: str, special: bool) -> None:
    expected = model.tokenizer.encode(text, add_special_tokens=special)
    body = {"prompt": text, "add_special_tokens": special}
    answer = ask(http, model, "/tokenize", {**body, "return_token_strs": True})
    assert answer.json() == {
        "count": len(expected),
        "max_model_len": 65536,
        "tokens": expected,
        "token_strs": model.tokenizer.convert_ids_to_tokens(expected),
    }
    answer = ask(http, model, "/detokenize", {"tokens": expected})
    assert answer.json() == {"prompt": model.tokenizer.decode(expected)}
    if text:
        answer = ask(http, model, "/v1/completions/render", body)
        assert [one["token_ids"] for one in answer.json()] == [expected]


@pytest.mark.parametrize("ids", corpus.IDS, ids=len)
def test_ids(http: httpx.Client, model: Model, ids: list[int]) -> None:
    answer = ask(http, model, "/detokenize", {"tokens": ids})
    assert answer.json() == {"prompt": model.tokenizer.decode(ids)}
