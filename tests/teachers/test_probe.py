from __future__ import annotations

import pytest

from tutelage.errors import TeacherModelMissing, TeacherRefused, TeacherUnreachable
from tutelage.teachers.client import probe_endpoint
from tutelage.teachers.contracts import NOT_A_LANGUAGE_MODEL, Endpoint

from .hostile import Answer, hostile, http, json_answer, refuses


def serves(*ids: str, **entry: object) -> Answer:
    return json_answer({"object": "list", "data": [{"id": id_, **entry} for id_ in ids]})


async def test_the_only_model_is_filled_in_with_its_context_length() -> None:
    async with hostile(serves("alone", max_model_len=2048)) as server:
        endpoint = await probe_endpoint(server.endpoint(model=None))
        assert server.headers[0].startswith("GET /v1/models ")
    assert (endpoint.model, endpoint.context_tokens, endpoint.is_language_model) == ("alone", 2048, True)


async def test_a_named_model_is_found_among_several() -> None:
    async with hostile(serves("m", "n")) as server:
        assert (await probe_endpoint(server.endpoint(model="n", context_tokens=7))).context_tokens == 7


@pytest.mark.parametrize("model", [None, "gone"])
async def test_a_missing_or_unnamed_model_lists_what_is_there(model: str | None) -> None:
    async with hostile(serves("m", "n")) as server:
        with pytest.raises(TeacherModelMissing, match="it serves: m, n"):
            await probe_endpoint(server.endpoint(model=model))


async def test_a_server_without_models_says_so() -> None:
    async with hostile(serves()) as server:
        with pytest.raises(TeacherModelMissing, match="it serves: none"):
            await probe_endpoint(server.endpoint(model=None))


async def test_a_model_that_is_no_language_model_is_marked() -> None:
    async with hostile(serves("m", owned_by=NOT_A_LANGUAGE_MODEL)) as server:
        assert not (await probe_endpoint(server.endpoint())).is_language_model


async def test_nobody_there_is_unreachable_and_names_the_address() -> None:
    with pytest.raises(TeacherUnreachable, match=r"http://127\.0\.0\.1:9/v1"):
        await probe_endpoint(Endpoint(name="gone", base_url="http://127.0.0.1:9/v1"))


@pytest.mark.parametrize(
    "answer", [http(200, b"hello"), json_answer({"data": 3}), json_answer([]), refuses(503, "up?")]
)
async def test_something_else_at_the_address_is_unreachable(answer: Answer) -> None:
    async with hostile(answer) as server:
        with pytest.raises(TeacherUnreachable):
            await probe_endpoint(server.endpoint())


async def test_a_wrong_key_is_refused() -> None:
    async with hostile(refuses(401, "no")) as server:
        with pytest.raises(TeacherRefused, match="401"):
            await probe_endpoint(server.endpoint())
