"""SIGKILL in nodes that last milliseconds: where it died is seen, and the resumed run ends as an undisturbed one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.kill.facts import SAME_BYTES, expect_whole_files, visible
from tests.kill.real import open_nodes
from tests.kill.test_kill import expect_one_tree, expect_seen_dead
from tutelage.tracing.reader import span_lines

REPOSITORY = Path(__file__).parents[2]
NODES = ("diagnose", "plan", "approve", "tutor", "assemble", "finetune", "gate", "rollback", "graduate")
SHORT = ("plan", "approve", "assemble", "rollback")


def live(root: Path, *where: str) -> int:
    """One life of the run: to its end, or to where it kills itself. Returns the exit code."""
    command = [sys.executable, "-m", "tests.kill.dying", str(root), *where]
    environment = {**os.environ, "XDG_CACHE_HOME": str(root.parent / "cache")}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    root = tmp_path_factory.mktemp("undisturbed") / "run"
    assert live(root) == 0
    return outcome(root)


def outcome(root: Path) -> dict[str, Any]:
    return {
        **{name: (root / name).read_bytes() for name in SAME_BYTES},
        "datasets": {path.name: path.read_bytes() for path in visible(root / "datasets")},
        "adapters": [path.name for path in visible(root / "adapters")],
        "current": (root / "adapters" / "current").readlink(),
        "calls": sorted(path.name for path in (root / "replies").rglob("*.json")),
    }


def die_and_go_on(root: Path, undisturbed: dict[str, Any], *places: tuple[str, str]) -> None:
    for node, moment in places:
        assert live(root, node, moment) == -signal.SIGKILL
        assert node in open_nodes(span_lines(root / "spans.jsonl"))
        expect_seen_dead(root, node)
    assert live(root) == 0
    expect_whole_files(root)
    assert outcome(root) == undisturbed
    expect_one_tree(root, len(places) + 1)


def test_a_run_killed_in_every_short_node_in_turn_ends_as_an_undisturbed_one(
    tmp_path: Path, undisturbed: dict[str, Any]
) -> None:
    die_and_go_on(tmp_path / "run", undisturbed, *((node, "ends") for node in SHORT))


@pytest.mark.long
@pytest.mark.parametrize("moment", ["begins", "ends"])
@pytest.mark.parametrize("node", NODES)
def test_one_kill_in_any_node_changes_nothing(
    node: str, moment: str, tmp_path: Path, undisturbed: dict[str, Any]
) -> None:
    die_and_go_on(tmp_path / "run", undisturbed, (node, moment))
