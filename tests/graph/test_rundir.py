from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutelage.errors import RunDirError
from tutelage.files import sha256_file
from tutelage.graph.records import StageRecord
from tutelage.graph.rundir import RunDir, digest, part_name

NODES = ("diagnose", "plan", "tutor", "assemble", "finetune", "gate", "rollback", "graduate")


def stage(number: int) -> StageRecord:
    return StageRecord(stage=number, round=number, modules=("a",), reason="ä")


def test_a_public_ledger_is_its_parts_in_order_whatever_order_they_were_written_in(tmp_path: Path) -> None:
    rundir = RunDir(tmp_path)
    sha = rundir.write_part("decisions", "002-5-gate", [stage(2)])
    rundir.write_part("decisions", "001-5-gate", [stage(1)])
    assert sha == sha256_file(rundir.part("decisions", "002-5-gate"))
    assert [row.stage for row in rundir.rows("decisions", StageRecord)] == [1, 2]
    text = (tmp_path / "decisions.jsonl").read_text(encoding="utf-8")
    assert text == "".join(rundir.part("decisions", f"00{n}-5-gate").read_text(encoding="utf-8") for n in (1, 2))


def test_writing_a_part_again_replaces_it(tmp_path: Path) -> None:
    rundir = RunDir(tmp_path)
    rundir.write_part("decisions", "001-1-plan", [stage(1), stage(2)])
    rundir.write_part("decisions", "001-1-plan", [stage(3)])
    assert [row.stage for row in rundir.rows("decisions", StageRecord)] == [3]
    assert len((tmp_path / "decisions.jsonl").read_text(encoding="utf-8").splitlines()) == 1


def test_a_private_ledger_has_no_public_file(tmp_path: Path) -> None:
    RunDir(tmp_path).write_part("stages", "001-1-plan", [stage(1)])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["parts"]


def test_a_ledger_without_parts_has_no_rows(tmp_path: Path) -> None:
    assert RunDir(tmp_path).rows("stages", StageRecord) == []


@given(st.lists(st.tuples(st.integers(0, 998), st.sampled_from(NODES)), max_size=20))
def test_parts_sort_by_round_and_then_by_the_order_of_the_graph_with_graduation_last(
    places: list[tuple[int, str]],
) -> None:
    def place(at: tuple[int, str]) -> tuple[bool, int, int]:
        number, node = at
        return node == "graduate", 0 if node == "graduate" else number, NODES.index(node)

    assert sorted(part_name(*at) for at in places) == [part_name(*at) for at in sorted(places, key=place)]


def test_a_part_is_named_after_its_module_without_a_folder() -> None:
    assert part_name(3, "tutor", "number/addition") == "003-2-tutor-number.addition"


def test_a_digest_depends_on_every_value_and_its_order() -> None:
    assert len({digest("a", "b"), digest("b", "a"), digest("a"), digest("a", "b", "c")}) == 4


def test_a_path_is_kept_relative_so_that_the_directory_may_move(tmp_path: Path) -> None:
    rundir = RunDir(tmp_path)
    assert rundir.relative(rundir.part("attempts", "x")) == "parts/attempts/x.jsonl"


def test_a_directory_in_use_is_refused_and_free_again_afterwards(tmp_path: Path) -> None:
    rundir = RunDir(tmp_path)
    with (
        rundir.locked(),
        pytest.raises(RunDirError, match=rf"locked by a live run \(process {os.getpid()}\)"),
        RunDir(tmp_path).locked(),
    ):
        pass
    with rundir.locked():
        pass
