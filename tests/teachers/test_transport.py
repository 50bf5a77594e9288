from __future__ import annotations

import pytest

from tutelage.teachers.client import OpenAITeacher
from tutelage.teachers.contracts import Endpoint
from tutelage.teachers.meter import Meter
from tutelage.teachers.replies import ReplyStore

from .hostile import hostile, question, says

FAR = "http://teacher.invalid/v1"


async def test_a_teacher_elsewhere_is_asked_through_the_proxy_that_the_environment_names(
    store: ReplyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hostile(says("2")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.base_url.removeprefix("http://").removesuffix("/v1"))
        monkeypatch.delenv("no_proxy", raising=False)
        endpoint = Endpoint(name="far", base_url=FAR, model="m", max_retries=0)
        async with OpenAITeacher(endpoint, store, Meter()) as teacher:
            assert (await teacher.ask(question())).text == "2"
    assert proxy.headers[0].startswith(f"POST {FAR}/chat/completions ")
