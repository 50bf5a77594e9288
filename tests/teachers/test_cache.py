from __future__ import annotations

from pathlib import Path

import pytest

from tutelage.errors import DiskError
from tutelage.teachers.cache import ReplyCache, default_cache_folder
from tutelage.teachers.client import OpenAITeacher
from tutelage.teachers.contracts import call_id
from tutelage.teachers.meter import Caps, Meter
from tutelage.teachers.replies import ReplyStore

from .hostile import Hostile, hostile, question, says
from .test_replies import reply


def teacher(server: Hostile, folder: Path, run: str, meter: Meter, **changes: object) -> OpenAITeacher:
    return OpenAITeacher(server.endpoint(**changes), ReplyStore(folder / run), meter, ReplyCache(folder / "cache"))


def filled(folder: Path, *call_ids: str) -> ReplyCache:
    store, cache = ReplyStore(folder / "run"), ReplyCache(folder / "cache")
    for call in call_ids:
        store.put(question(user=call), reply(call))
        cache.put(call, store.path(call))
    return cache


async def test_a_second_run_asks_nothing_that_the_first_one_paid_for(tmp_path: Path) -> None:
    async with hostile(says("2")) as server:
        for run in ("first", "second"):
            meter = Meter(Caps(calls=3) if run == "first" else Caps(calls=0))
            async with teacher(server, tmp_path, run, meter) as one:
                replies = [await one.ask(question(sample=n)) for n in range(3)]
        assert len(server.bodies) == 3
    assert [(reply.text, reply.cached, reply.paid) for reply in replies] == [("2", True, False)] * 3
    assert (meter.totals.calls, meter.totals.cached, meter.totals.tokens) == (0, 3, 0)


async def test_a_run_that_took_replies_over_adds_up_the_same_when_it_is_resumed(tmp_path: Path) -> None:
    async with hostile(says("2")) as server:
        async with teacher(server, tmp_path, "first", Meter()) as one:
            await one.ask(question())
        meter = Meter()
        async with teacher(server, tmp_path, "second", meter) as one:
            await one.ask(question())
            await one.ask(question(sample=1))
        resumed = Meter.from_store(ReplyStore(tmp_path / "second"))
    assert resumed.totals == meter.totals
    assert (meter.totals.calls, meter.totals.cached) == (1, 1)


async def test_a_run_keeps_what_it_took_over_when_the_cache_is_cleared(tmp_path: Path) -> None:
    async with hostile(says("2")) as server:
        for run in ("first", "second"):
            async with teacher(server, tmp_path, run, Meter()) as one:
                await one.ask(question())
        assert ReplyCache(tmp_path / "cache").clear() == 1
        async with teacher(server, tmp_path, "second", Meter()) as one:
            assert not (await one.ask(question())).paid
        assert len(server.bodies) == 1


@pytest.mark.parametrize("other", [{"model": "n"}, {"identity": "elsewhere"}, {"extra_body": {"top_k": 1}}])
async def test_another_teachers_answers_are_not_served(other: dict[str, object], tmp_path: Path) -> None:
    async with hostile(says("2")) as server:
        async with teacher(server, tmp_path, "first", Meter()) as one:
            await one.ask(question())
        async with teacher(server, tmp_path, "second", Meter(), **other) as one:
            await one.ask(question())
        assert len(server.bodies) == 2


async def test_a_procedural_teachers_free_answers_are_not_shared(tmp_path: Path) -> None:
    async with (
        hostile(says("2")) as server,
        teacher(server, tmp_path, "first", Meter(), is_language_model=False) as one,
    ):
        await one.ask(question())
    assert ReplyCache(tmp_path / "cache").stats().entries == 0


async def test_a_reply_taken_over_bears_this_runs_name_for_the_endpoint(tmp_path: Path) -> None:
    async with hostile(says("2")) as server:
        async with teacher(server, tmp_path, "first", Meter(), name="old") as one:
            await one.ask(question())
        async with teacher(server, tmp_path, "second", Meter(), name="new") as one:
            assert (await one.ask(question())).endpoint == "new"


def test_a_broken_entry_is_no_entry_and_makes_room(tmp_path: Path) -> None:
    cache = filled(tmp_path, "aa01")
    path = tmp_path / "cache" / "aa" / "aa01.json"
    path.unlink()
    path.write_text("{")
    assert cache.get("aa01") is None
    cache.put("aa01", ReplyStore(tmp_path / "run").path("aa01"))
    assert cache.get("aa01") is not None


def test_a_shared_reply_takes_no_second_place_on_the_disk(tmp_path: Path) -> None:
    filled(tmp_path, "aa01")
    assert (tmp_path / "cache" / "aa" / "aa01.json").samefile(tmp_path / "run" / "aa" / "aa01.json")


def test_stats_add_up_and_clearing_leaves_strangers_files_alone(tmp_path: Path) -> None:
    cache = filled(tmp_path, "aa01", "aa02", "bb03")
    (tmp_path / "cache" / "notes.txt").write_text("mine")
    stats = cache.stats()
    assert stats.entries == 3
    assert [(share.endpoint, share.model, share.entries) for share in stats.shares] == [("a", "m", 3)]
    assert stats.bytes == sum(path.stat().st_size for path in (tmp_path / "cache").rglob("*.json"))
    assert cache.clear() == 3
    assert cache.stats().entries == 0
    assert (tmp_path / "cache" / "notes.txt").exists()


def test_a_cache_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    cache = filled(tmp_path, "aa01")
    cache.folder.joinpath("bb").write_text("")
    with pytest.raises(DiskError):
        cache.put("bb01", ReplyStore(tmp_path / "run").path("aa01"))


def test_the_folder_follows_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache_folder() == tmp_path / "tutelage" / "replies"


def test_the_name_of_an_entry_is_the_call_id(tmp_path: Path) -> None:
    endpoint = Hostile(base_url="http://127.0.0.1:9/v1").endpoint()
    call = call_id(endpoint, question())
    assert filled(tmp_path, call).get(call) is not None
