from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tutelage.teachers.offline.server import MODEL, application, bind

LESSONS = {
    "module": {"id": "time/minutes"}, "kind": "core", "count": 4, "levels": [1, 2],
    "seed_items": [{"id": "s", "question": "q", "reference": "1", "level": 1}],
    "student": {"ratio": None, "longest_chain": None, "misconceptions": [], "wrong_answers": []},
}  # fmt: skip


@pytest.fixture
def client() -> TestClient:
    return TestClient(application(None))


def chat(user: str, schema: str | None = None, **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"model": MODEL, "messages": [{"role": "user", "content": user}], **more}
    if schema is not None:
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": schema, "schema": {}}}
    return body


def prompt(context: object) -> str:
    return f"Do this.\n\n```json\n{json.dumps(context, indent=1)}\n```"


def post(client: TestClient, body: dict[str, Any]) -> dict[str, Any]:
    response = client.post("/v1/chat/completions", json=body)
    assert response.status_code == 200, response.text
    reply: dict[str, Any] = response.json()
    return reply


def content(reply: dict[str, Any]) -> Any:
    return json.loads(reply["choices"][0]["message"]["content"])


def test_the_model_says_openly_that_it_is_no_language_model(client: TestClient) -> None:
    (entry,) = client.get("/v1/models").json()["data"]
    assert entry["id"] == MODEL
    assert entry["owned_by"] == "tutelage (a procedural generator, not a language model)"


def test_a_plain_question_gets_worked_steps_and_an_answer_line(client: TestClient) -> None:
    reply = post(client, chat("What is 47 x 6?\nEnd with `Answer: N`."))
    assert reply["choices"][0]["message"]["content"] == (
        "Ones: 7 x 6 = 42.\nTens: 4 x 6 = 24.\nCarry: 24 + 4 = 28.\nTotal: 28 tens + 2 = 282.\nAnswer: 282"
    )
    assert reply["choices"][0]["finish_reason"] == "stop"
    usage = reply["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["completion_tokens"] > 20


def test_anything_else_is_declined_in_words(client: TestClient) -> None:
    reply = post(client, chat("Who wrote Faust?"))
    assert reply["choices"][0]["message"]["content"] == "I only know everyday arithmetic."
    assert reply["choices"][0]["finish_reason"] == "stop"


def test_the_knowledge_map_holds_the_modules_asked_for_and_only_prerequisites_among_them(client: TestClient) -> None:
    modules = [{"id": id_, "name": id_, "description": ""} for id_ in ("word/boxes", "number/addition", "law/torts")]
    context = {"domain": {"name": "d", "description": ""}, "modules": modules, "samples": []}
    found = {
        module["id"]: module for module in content(post(client, chat(prompt(context), "knowledge_map")))["modules"]
    }
    assert list(found) == ["word/boxes", "number/addition", "law/torts"]
    assert [one["module"] for one in found["word/boxes"]["prerequisites"]] == ["number/addition"]
    assert found["word/boxes"]["difficulty"] == "intermediate"
    assert found["law/torts"]["prerequisites"] == []


def test_the_curriculum_keeps_the_order_and_gives_reasons(client: TestClient) -> None:
    modules = [
        {"id": "number/multiplication", "name": "Times", "description": "", "ratio": 0.2, "gap": 0.8, "severity": 0.6},
        {"id": "time/minutes", "name": "Minutes", "description": "", "ratio": 0.0, "gap": 1.0, "severity": 0.7},
    ]
    context = {"modules": modules, "stages": [["number/multiplication"], ["time/minutes"]]}
    stages = content(post(client, chat(prompt(context), "curriculum")))["stages"]
    assert [stage["modules"] for stage in stages] == context["stages"]
    assert stages[0]["reason"] == "Times needs no earlier stage, and its widest gap is 0.80."
    assert stages[1]["reason"] == "Minutes builds on Times, and its widest gap is 1.00."


def test_misconceptions_and_lessons_are_answered_by_name(client: TestClient) -> None:
    wrong = [{"probe": "p", "question": "What is 47 + 38?", "reference": "85", "response": "Answer: 75"}]
    context = {"module": {"id": "number/addition"}, "wrong_answers": wrong}
    found = content(post(client, chat(prompt(context), "misconceptions")))["misconceptions"]
    assert [one["name"] for one in found] == ["forgets the carry"]
    assert len(content(post(client, chat(prompt(LESSONS), "lessons")))["lessons"]) == 4


def test_the_same_request_gets_the_same_reply_and_n_or_another_seed_others(client: TestClient) -> None:
    body = chat(prompt(LESSONS), "lessons", seed=1, n=2)
    first, again = post(client, body)["choices"], post(client, body)["choices"]
    assert first == again
    assert first[0]["message"] != first[1]["message"]
    assert post(client, body | {"seed": 2})["choices"][0] != first[0]


def test_a_repair_turn_is_answered_from_the_context_given_before(client: TestClient) -> None:
    body = chat(prompt(LESSONS), "lessons")
    body["messages"] += [{"role": "assistant", "content": "?"}, {"role": "user", "content": "Again, as JSON."}]
    assert len(content(post(client, body))["lessons"]) == 4


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_a_token_limit_cuts_and_says_so(client: TestClient, name: str) -> None:
    reply = post(client, chat("What is 47 x 6?") | {name: 5})
    assert reply["choices"][0]["finish_reason"] == "length"
    assert reply["choices"][0]["message"]["content"] == "Ones: 7 x 6"
    assert reply["usage"]["completion_tokens"] == 5


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (chat("x") | {"model": "gpt-5"}, 404, "does not exist"),
        (chat("x", "poems"), 400, "unknown schema 'poems'"),
        (chat("no block", "lessons"), 400, "fenced"),
        (chat("```json\n{,}\n```", "lessons"), 400, "not JSON"),
        (chat(prompt({"module": {"id": "number/addition"}}), "lessons"), 400, "context: count"),
        (chat(prompt(LESSONS | {"levels": [7]}), "lessons"), 400, "levels must be among"),
        (chat(prompt(LESSONS | {"module": {"id": "law/torts"}}), "lessons"), 400, "only know everyday arithmetic"),
        (chat("x", n=0), 400, "n: "),
        (chat("x", stream=True), 400, "stream"),
        (chat("x") | {"messages": []}, 400, "messages"),
        (chat("x") | {"messages": [{"role": "system", "content": "x"}]}, 400, "no user message"),
        (chat("x") | {"response_format": {"type": "json_object"}}, 400, "response_format"),
        (chat("x") | {"response_format": {"type": "json_schema"}}, 400, "response_format"),
    ],
)
def test_bad_input_is_refused_in_openais_error_shape(
    client: TestClient, body: dict[str, Any], status: int, message: str
) -> None:
    response = client.post("/v1/chat/completions", json=body)
    assert response.status_code == status
    error = response.json()["error"]
    assert message in error["message"]
    assert error["type"] == "invalid_request_error"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]", b"null"])
def test_a_body_that_is_no_request_is_a_400(client: TestClient, body: bytes) -> None:
    assert client.post("/v1/chat/completions", content=body).status_code == 400


def test_an_unknown_path_is_a_404_in_the_same_shape(client: TestClient) -> None:
    response = client.get("/v1/embeddings")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"


def test_the_log_has_one_line_for_every_answered_request_and_none_for_a_refused_one(tmp_path: Path) -> None:
    client = TestClient(application(tmp_path / "log"))
    for user in ("What is 11 + 11?", "What is 12 + 11?"):
        post(client, chat(user))
    client.post("/v1/chat/completions", json=chat("x", "poems"))
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert len({line["sha256"] for line in lines}) == len(lines) == 2
    body = client.build_request("POST", "/", json=chat("What is 11 + 11?")).content
    assert lines[0]["sha256"] == hashlib.sha256(body).hexdigest()


def test_the_server_listens_on_loopback_only() -> None:
    with bind(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        with pytest.raises(OSError, match="in use"):
            bind(listener.getsockname()[1])
