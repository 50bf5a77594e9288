"""Two runs side by side."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.graph.reading import rows_of, steps_of
from tests.graph.simulated import Ability, Recorder, install
from tutelage.graph import runs
from tutelage.graph.fork import make_fork
from tutelage.graph.traces.compare import compare, compare_lines
from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.traces.listing import run_rows


def test_two_equal_runs_differ_in_nothing(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "two", symlinks=True)
    found = compare(Ledgers(finished), Ledgers(tmp_path / "two"))
    assert found["first_divergence"] is None
    assert (found["settings"], found["decisions"], found["data"], found["differing"]) == ([], [], [], [])
    assert "did the same" in "\n".join(compare_lines(found))


async def test_a_fork_differs_from_its_origin_from_the_fork_on(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(default=0.04), finished.parent)
    _, steps = steps_of(finished)
    at = next(s for s in steps if s.is_node and s.node == "tutor" and s.round == 2)
    make_fork(finished, str(at.number), tmp_path / "fork", ["tutor.examples=25", "limits.rounds=2"])
    assert rows_of(tmp_path / "fork")[0]["outcome"] == "shared with the run this one was forked from"
    assert [row["standing"] for row in run_rows(tmp_path)] == ["forked, not begun"]
    await runs.resume(tmp_path / "fork", [], Recorder(), approve=False)
    found = compare(Ledgers(finished), Ledgers(tmp_path / "fork"))
    assert {s["key"] for s in found["settings"]} == {"tutor.examples", "limits.rounds"}
    assert found["first_divergence"] is not None
    assert found["first_divergence"]["where"].endswith("round 2")
    assert not any("round 1" in d["where"] for d in found["differing"])
    assert found["data"]
    assert found["decisions"]
    assert "B was forked from" in "\n".join(compare_lines(found))


def test_another_training_is_a_divergence_even_where_every_decision_is_the_same(finished: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(finished, other, symlinks=True)
    (path,) = (other / "parts" / "trainings").glob("002*")
    row = json.loads(path.read_text())
    path.write_text(json.dumps({**row, "adapter_sha256": "0", "loss_last": 0.2}) + "\n")
    first = compare(Ledgers(finished), Ledgers(other))["first_divergence"]
    assert (first["where"], first["what"]) == ("finetune, round 2", ["training"])
    assert "loss 1.000 to 0.100 in A" in first["how"][1]
    assert "loss 1.000 to 0.200 in B" in first["how"][1]
