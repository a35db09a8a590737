"""What was taken down of vLLM's models, and what of the answers is compared."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from pyshim.server.vllm_twin import checks, snapshot
from pyshim.tests.conftest import ROOT, Loader
from pyshim.tests.serving import GOLDEN, promised, recorded, serve
from pyshim.wire.codec import Want

import server_promise  # isort: skip - serving says where these are
import server_snapshot  # isort: skip
import server_versions  # isort: skip

HI = {"messages": [{"role": "user", "content": "Hello, world!"}]}
RENDER = "/v1/chat/completions/render"


def functions(written: Any) -> Iterator[str]:
    if isinstance(written, list):
        for item in written:
            yield from functions(item)
    elif isinstance(written, dict):
        for key, value in written.items():
            if key in ("function", "default_factory", "post_init") and isinstance(value, str):
                yield value
            yield from functions(value)


def test_it_is_of_the_vllm_in_the_lock() -> None:
    """Run `make vllm-models-check`, which names what has changed, then `make vllm-models`."""
    locked, models = server_versions.locked(), snapshot.models()
    assert {name: models[name] for name in ("vllm", "pydantic")} == {
        name: locked[name] for name in ("vllm", "pydantic")
    }


@pytest.mark.parametrize("name", ["v3", "v3-tekken"])
def test_recorded_answers_name_their_versions(name: str) -> None:
    head = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))["serving"]
    assert head["versions"] == server_versions.locked()


def test_ours_has_every_function_of_the_models_and_no_other() -> None:
    models = snapshot.models()
    named = set(functions([models["requests"], models["named"]]))
    assert named == set(checks.FUNCTIONS)
    assert named - {"list"} <= set(models["code"])


def test_a_drift_is_named() -> None:
    old = snapshot.models()
    new = json.loads(json.dumps(old))
    assert list(server_snapshot.differences(old, new)) == []
    new["sampling"]["top_k"] = 7
    new["generate"]["another"] = None
    del new["generate"]["priority"]
    new["code"]["validate_thinking_token_budget"] = "another"
    name = "vllm.entrypoints.serve.tokenize.protocol.DetokenizeRequest"
    new["named"][name]["schema"]["schema"]["fields"]["tokens"]["schema"]["items_schema"]["ge"] = 1
    place = f"named.{name}.schema.schema.fields.tokens.schema.items_schema.ge"
    was = json.dumps(old["code"]["validate_thinking_token_budget"])
    assert list(server_snapshot.differences(old, new)) == [
        f"{place} was 0, is 1",
        "sampling.top_k was 0, is 7",
        "generate.priority is gone",
        "generate.another is new: null",
        f'code.validate_thinking_token_budget was {was}, is "another"',
    ]


@pytest.mark.parametrize("how", server_promise.SPOILS)
def test_what_is_promised_cannot_change_unseen(how: str) -> None:
    errors = 0
    for row in recorded("v3"):
        status, body = row["status"], row["answer"]
        other = server_promise.spoiled(status, body, how)
        assert (other[0], promised(*other)) != (status, promised(status, body))
        errors += body.startswith(b'{"error":')
    assert errors > 300


def test_only_the_words_of_an_error_may_be_others() -> None:
    error = b'{"error":{"message":"%b","type":"BadRequestError","param":null,"code":400}}'
    assert promised(400, error % b"ours") == promised(400, error % b"theirs")
    assert promised(400, error % b"ours") != promised(400, error % b"")
    for body in (b'{"detail":"a"}', b"Internal Server Error", b"[]"):
        assert promised(400, body) == body
    assert promised(200, error % b"ours") == error % b"ours"


def test_words_do_not_repeat_what_was_given(shipped: Loader) -> None:
    secret = "do not repeat me"
    sent: Any
    for path, sent in (
        ("/tokenize", {"prompt": {"a": secret}, "messages": secret}),
        ("/detokenize", {"tokens": [secret]}),
        (RENDER, {**HI, "tool_choice": secret, "tools": [{"function": {"name": "f"}}]}),
        (RENDER, {**HI, "seed": secret}),
        (RENDER, {**HI, "cache_salt": secret + "/"}),
        (RENDER, {**HI, "structured_outputs": {"regex": secret, "choice": [secret]}}),
    ):
        found = serve(shipped("v3"), path, sent)
        assert found.status == 400
        assert found.json["error"]["message"]
        assert secret.encode() not in found.body


def test_an_earlier_mistral_common_is_asked_for_what_it_knows(
    shipped: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mistral_common.protocol.instruct import request

    real = request.ChatCompletionRequest.from_openai

    def from_openai(**given: Any) -> Any:
        assert given.keys() == {"messages", "tools", "continue_final_message"}
        return real(**given)

    monkeypatch.delattr(request, "ReasoningEffort")
    monkeypatch.setattr(request.ChatCompletionRequest, "from_openai", from_openai)
    for path in ("/tokenize", RENDER):
        found = serve(shipped("v3"), path, HI, flags=Want.PLAIN)
        assert (found.status, found.ids) == (200, serve(shipped("v3"), path, HI).ids)


def test_models_are_read_beside_the_module_also_from_memory() -> None:
    """As the embedded interpreter has them: no file on disk."""
    code = """
import importlib, json, sys
from pathlib import Path
from pyshim.bootstrap import Sources
root = Path(sys.argv[1])
files = [*root.glob("pyshim/**/*.py"), *root.glob("pyshim/**/*.json")]
sources = {str(path.relative_to(root)): path.read_text() for path in files}
for name in [name for name in sys.modules if name.partition(".")[0] == "pyshim"]:
    del sys.modules[name]
sys.meta_path.insert(0, Sources(sources))
snapshot = importlib.import_module("pyshim.server.vllm_twin.snapshot")
print(type(snapshot.__spec__.loader).__name__, snapshot.models()["vllm"])
"""
    said = subprocess.run(
        [sys.executable, "-c", code, str(ROOT)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert said.stdout.split() == ["Sources", snapshot.models()["vllm"]]
