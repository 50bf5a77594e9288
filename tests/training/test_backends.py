"""Every backend answers the same: the conformance test of ``Answering``, and what ``auto`` does with a bad server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.handoff.tiny_bytes import save_adapter
from tests.training.here import answer_here
from tests.training.vllm_double import VllmDouble, vllm_double
from tutelage.errors import AdapterNotServed, ServedOtherwise, StudentError, StudentServerError
from tutelage.training.answering import Answering, open_student
from tutelage.training.contracts import Answer, AnswerSettings, Question
from tutelage.training.served import check_server

QUESTIONS = [Question(id=f"q{index}", text="ab+1? " * (1 + index % 5)) for index in range(12)]
SETTINGS = AnswerSettings(max_new_tokens=20, batch_size=5, threads=1, device="cpu", precision="float32")
BACKENDS = ("transformers", "vllm")


@pytest.fixture(autouse=True)
def no_children(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Children take seconds to start; the one test that has them is named for it."""
    if "children" not in request.node.name:
        answer_here(monkeypatch)


@pytest.fixture(scope="module")
def adapter(tiny_student: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_adapter(tiny_student, tmp_path_factory.mktemp("adapters") / "round-001", weight=0.5)


def on(backend: str, double: VllmDouble, **changes: object) -> AnswerSettings:
    return AnswerSettings.model_validate({**SETTINGS.model_dump(), "backend": backend, "url": double.url, **changes})


@pytest.fixture(params=BACKENDS)
async def student(
    request: pytest.FixtureRequest, tiny_student: Path, adapter: Path, tmp_path: Path
) -> AsyncIterator[tuple[Answering, list[Answer]]]:
    """A taught student on each backend, and what transformers answers to the questions one by one."""
    async with AsyncExitStack() as stack:
        double = stack.enter_context(vllm_double(tiny_student))
        alone = on("transformers", double, batch_size=1)
        plain = await stack.enter_async_context(open_student(tiny_student, adapter, alone, tmp_path / "plain"))
        expected = await plain.answer(QUESTIONS)
        settings = on(request.param, double)
        yield await stack.enter_async_context(open_student(tiny_student, adapter, settings, tmp_path / "log")), expected


async def test_a_backend_answers_as_the_plainest_one_in_the_questions_order_however_they_are_asked(
    student: tuple[Answering, list[Answer]],
) -> None:
    taught, expected = student
    seen: list[tuple[int, int]] = []
    assert await taught.answer(QUESTIONS, lambda done, total: seen.append((done, total))) == expected
    assert seen[-1] == (len(QUESTIONS), len(QUESTIONS))
    assert await taught.answer(QUESTIONS[::-1]) == expected[::-1]
    assert await taught.answer([]) == []
    assert len({answer.text for answer in expected}) > 1
    assert any(answer.truncated for answer in expected)


@pytest.mark.parametrize("backend", BACKENDS)
async def test_a_backend_ends_an_answer_at_a_stop_string_and_at_the_limit(
    backend: str, tiny_student: Path, tmp_path: Path
) -> None:
    with vllm_double(tiny_student) as double:
        async with open_student(tiny_student, None, on(backend, double), tmp_path / "log") as whole:
            long = next(a for a in await whole.answer(QUESTIONS) if len(a.text) > 12)
        stopped = on(backend, double, stop=(long.text[5:8],))
        async with open_student(tiny_student, None, stopped, tmp_path / "log") as cut:
            short = {a.id: a for a in await cut.answer(QUESTIONS)}[long.id]
        async with open_student(tiny_student, None, on(backend, double, max_new_tokens=3), tmp_path / "log") as brief:
            limited = {a.id: a for a in await brief.answer(QUESTIONS)}[long.id]
    assert (short.text, short.truncated) == (long.text.partition(long.text[5:8])[0], False)
    assert (limited.tokens, limited.truncated) == (3, True)


async def test_with_children_the_server_gets_our_tokens_and_plain_greedy_settings_and_is_left_without_the_adapter(
    tiny_student: Path, adapter: Path, tmp_path: Path
) -> None:
    with vllm_double(tiny_student) as double:
        async with open_student(tiny_student, adapter, on("auto", double), tmp_path / "log") as student:
            await student.answer(QUESTIONS[:1])
            assert student.backend == "vllm"
            assert [Path(path).name for path in double.adapters.values()] == [adapter.name]
        assert double.adapters == {}
    asked = next(body for body in double.bodies if "return_token_ids" in body)
    assert asked["prompt"][0] == 1
    assert (asked["temperature"], asked["repetition_penalty"], asked["max_tokens"]) == (0, 1, 20)


async def test_an_adapter_that_the_server_lost_is_found_before_a_question_is_asked(
    tiny_student: Path, adapter: Path, tmp_path: Path
) -> None:
    with vllm_double(tiny_student, loses_adapters=True) as double:
        with pytest.raises(AdapterNotServed, match="answers as the untaught student"):
            async with open_student(tiny_student, adapter, on("vllm", double), tmp_path / "log"):
                pass
        assert double.answered == 0
        assert double.adapters == {}, "what could not be used is not left on the server"


async def test_a_server_of_another_student_is_found(tiny_student: Path, tmp_path: Path) -> None:
    with vllm_double(tiny_student, off=-0.2) as double, pytest.raises(ServedOtherwise, match="off by 0"):
        async with open_student(tiny_student, None, on("vllm", double), tmp_path / "log"):
            pass


@pytest.mark.parametrize(
    ("faults", "why"),
    [
        ({"loses_adapters": True}, "answers as the untaught student"),
        ({"off": -0.2}, "are off by 0.2"),
        ({"takes_adapters": False}, "VLLM_ALLOW_RUNTIME_LORA_UPDATING"),
        ({"says_tokens": False}, "0.10.2"),
        ({"dies_after": 0}, "does not answer"),
        ({"dies_after": 4}, "does not answer"),
    ],
    ids=["no adapter", "another student", "no runtime adapters", "no tokens", "not there", "dies in the middle"],
)
async def test_auto_goes_on_in_the_students_own_process_and_says_why(
    faults: dict[str, object], why: str, tiny_student: Path, adapter: Path, tmp_path: Path
) -> None:
    notes: list[str] = []
    async with open_student(tiny_student, adapter, SETTINGS, tmp_path / "plain") as plain:
        expected = await plain.answer(QUESTIONS)
    with vllm_double(tiny_student, **faults) as double:
        settings = on("auto", double)
        async with open_student(tiny_student, adapter, settings, tmp_path / "log", notes.append) as student:
            assert await student.answer(QUESTIONS) == expected
            assert student.backend == "transformers"
            assert await student.answer(QUESTIONS[:2]) == expected[:2]
    assert len(notes) == 1
    assert why in notes[0]


async def test_a_server_that_dies_in_the_middle_is_a_typed_error_where_nothing_else_may_answer(
    tiny_student: Path, tmp_path: Path
) -> None:
    with vllm_double(tiny_student, dies_after=4) as double:
        async with open_student(tiny_student, None, on("vllm", double), tmp_path / "log") as student:
            with pytest.raises(StudentServerError, match="does not answer"):
                await student.answer(QUESTIONS)


async def test_a_question_longer_than_the_server_takes_says_what_the_server_said(
    tiny_student: Path, tmp_path: Path
) -> None:
    with vllm_double(tiny_student) as double:
        async with open_student(tiny_student, None, on("vllm", double), tmp_path / "log") as student:
            with pytest.raises(StudentServerError, match="maximum context length is 512"):
                await student.answer([Question(id="long", text="?" * 600)])


async def test_a_server_that_is_insisted_on_is_missed_before_anything_is_spent(tiny_student: Path) -> None:
    with vllm_double(tiny_student) as double:
        await check_server(on("vllm", double))
        gone = on("vllm", double)
    with pytest.raises(StudentError, match="does not answer") as caught:
        await check_server(gone)
    assert caught.value.exit_code == 2
    await check_server(gone.model_copy(update={"backend": "auto"}))


def test_a_server_must_be_named_where_it_is_insisted_on_and_its_url_holds_no_secret() -> None:
    with pytest.raises(ValidationError, match="needs the server's url"):
        AnswerSettings(backend="vllm")
    with pytest.raises(ValidationError, match="pattern"):
        AnswerSettings(url="http://user:secret@127.0.0.1:8000/v1")
