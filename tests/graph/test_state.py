from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.types import Send

from tests.graph.simulated import Ability, install, run
from tests.graph.test_runs import ADDITION
from tutelage.graph.advance import THREAD
from tutelage.graph.state import (
    State,
    dump_edges,
    dump_standings,
    edges_of,
    merge,
    order_data,
    standings_of,
)
from tutelage.pedagogy.lesson import LessonRequest
from tutelage.pedagogy.records import Edge
from tutelage.pedagogy.standing import Standing

STRICT = JsonPlusSerializer(allowed_msgpack_modules=[])


def is_plain(value: Any) -> bool:
    """Whether JSON gives the value back as it is: no tuple, no record, no number for a key."""
    return bool(json.loads(json.dumps(value, allow_nan=False)) == value) and type(value) in (
        dict, list, str, int, float, bool, type(None)
    )  # fmt: skip


async def checkpoints(root: Path) -> list[tuple[dict[str, Any], list[Any]]]:
    """Every checkpoint of a run: its channels, and the values written after it; read without trusting any class."""
    async with AsyncSqliteSaver.from_conn_string(str(root / "checkpoints.sqlite")) as saver:
        saver.serde = STRICT
        return [
            (dict(found.checkpoint["channel_values"]), [value for _, _, value in found.pending_writes or ()])
            async for found in saver.alist(THREAD)
        ]


async def test_every_value_of_every_checkpoint_is_plain_and_survives_the_serializer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A run that stalls a module, loses another and rolls back sees every channel in use.
    fade = {(ADDITION, 2): 0.9}
    ability = Ability(gain={"word/boxes": 0.0}, fade=lambda module, number: fade.get((module, number), 0.0))
    install(monkeypatch, ability, tmp_path)
    await run(tmp_path / "run", "tutor.replay_share=0", "limits.rounds=6")
    found = await checkpoints(tmp_path / "run")
    assert len(found) > 10
    seen: set[str] = set()
    for channels, writes in found:
        for name, value in channels.items():
            assert STRICT.loads_typed(STRICT.dumps_typed(value)) == value, name
            if name in State.__annotations__:
                seen.add(name)
                assert is_plain(value), (name, value)
        for write in writes:
            if isinstance(write, Send):
                assert write.node == "tutor"
                assert is_plain(write.arg)
    assert seen == set(State.__annotations__)


async def test_no_checkpoint_names_a_folder_of_this_machine_or_holds_a_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    await run(tmp_path / "run", "limits.rounds=2")
    for channels, _ in await checkpoints(tmp_path / "run"):
        text = json.dumps({k: v for k, v in channels.items() if k in State.__annotations__})
        assert str(tmp_path) not in text
        assert "Answer:" not in text


standings = st.dictionaries(
    st.sampled_from(["a", "b/c"]),
    st.builds(
        Standing,
        status=st.sampled_from(["waiting", "learning", "mastered"]),
        student=st.just((1, 10)),
        teacher=st.just((9, 10)),
        ratios=st.lists(st.floats(0, 2)).map(tuple),
        edge=st.none() | st.integers(1, 9),
        levels=st.lists(st.integers(1, 9)).map(tuple),
        profile=st.none() | st.text(),
    ),
)
edges = st.lists(st.floats(0, 1).map(lambda x: Edge(prerequisite="a", dependent="b", strength=x, source="observed")))


@given(standings, edges)
def test_records_become_plain_data_and_come_back(found: dict[str, Standing], arrows: list[Edge]) -> None:
    state = State(standings=dump_standings(found), edges=dump_edges(tuple(arrows)))
    assert is_plain(state.get("standings"))
    assert is_plain(state.get("edges"))
    assert standings_of(state) == found
    assert edges_of(state) == tuple(arrows)


@pytest.mark.parametrize("levels", [None, (1, 2)])
def test_an_order_is_plain_data(levels: tuple[int, ...] | None) -> None:
    data = order_data(LessonRequest("a", "core", 5, levels))
    assert is_plain(dict(data))
    assert data["levels"] == (None if levels is None else [1, 2])


def test_branches_come_together_key_by_key_and_the_later_one_wins() -> None:
    left = {"a": 1, "b": 1}
    assert merge(left, {"b": 2, "c": 2}) == {"a": 1, "b": 2, "c": 2}
    assert left == {"a": 1, "b": 1}
    assert "merge" in str(get_type_hints(State, include_extras=True)["standings"])
