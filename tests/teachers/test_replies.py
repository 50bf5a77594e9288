from __future__ import annotations

from pathlib import Path

import pytest

from tutelage.errors import DiskError, InputError
from tutelage.teachers.contracts import Reply
from tutelage.teachers.replies import ReplyStore

from .hostile import question


def reply(call_id: str, **changes: object) -> Reply:
    settings: dict[str, object] = {
        "call_id": call_id, "text": "2", "reasoning": None, "finish_reason": "stop", "prompt_tokens": 5,
        "completion_tokens": 1, "endpoint": "a", "model": "m", "seconds": 0.5, "cached": False,
    }  # fmt: skip
    return Reply.model_validate(settings | changes)


def test_a_stored_reply_is_found_again_and_marked_as_cached(tmp_path: Path) -> None:
    ReplyStore(tmp_path).put(question(), reply("abcd"))
    assert (tmp_path / "ab" / "abcd.json").is_file()
    assert ReplyStore(tmp_path).get("abcd") == reply("abcd", cached=True)
    assert ReplyStore(tmp_path).get("abce") is None


def test_a_scan_finds_every_reply_with_its_question_and_no_temporary_file(tmp_path: Path) -> None:
    store = ReplyStore(tmp_path)
    for call_id in ("bb02", "aa01", "aa00"):
        store.put(question(user=call_id), reply(call_id))
    (tmp_path / "aa" / ".aa01.json.x.tmp").write_text("half")
    assert [(stored.reply.call_id, stored.request.user) for stored in store] == [
        ("aa00", "aa00"), ("aa01", "aa01"), ("bb02", "bb02"),
    ]  # fmt: skip


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    store = ReplyStore(tmp_path)
    store.put(question(), reply("abcd"))
    store.path("abcd").write_text("{")
    with pytest.raises(InputError, match=r"abcd\.json"):
        store.get("abcd")


def test_a_store_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError):
        ReplyStore(tmp_path / "file").put(question(), reply("abcd"))
