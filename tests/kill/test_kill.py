"""SIGKILL in every node that takes time: a resume reaches the end of an uninterrupted run and pays nothing twice."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kill.facts import expect_whole_files
from tests.kill.ground import Ground
from tests.kill.real import Tutelage
from tests.kill.small import MAX_CONCURRENCY
from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.traces.steps import Filter, innermost, read_steps
from tutelage.graph.traces.table import shown, step_rows
from tutelage.tracing import names

# Several whole runs each, and the first one waits for the undisturbed run.
pytestmark = pytest.mark.timeout(1200)


def while_answers_arrive(node: str) -> Callable[[Ground, Tutelage, Path], None]:
    """Kill in a node that asks the teacher, when some of its answers are stored and more are on their way."""

    def kill(ground: Ground, process: Tutelage, root: Path) -> None:
        process.wait_until(lambda: node in process.open_nodes(), f"node {node}")
        before = stored(root)
        process.wait_until(lambda: stored(root) > before, "a stored reply")
        with ground.teacher.frozen():
            assert node in process.open_nodes()
            process.kill()

    return kill


def while_training(ground: Ground, process: Tutelage, root: Path) -> None:
    process.wait_until(lambda: "fine-tuning the student 3/" in process.out, "a training step")
    assert process.open_nodes() == ["finetune"]
    adapters = len(list((root / "adapters").glob("round-*")))
    assert len(process.family()) == 2, "the run and its training worker"
    process.kill()
    assert len(list((root / "adapters").glob("round-*"))) == adapters, "the training was over before the kill"


def while_the_student_answers(node: str) -> Callable[[Ground, Tutelage, Path], None]:
    """Kill in a node that probes the student, when its process is there."""

    def kill(ground: Ground, process: Tutelage, root: Path) -> None:
        process.wait_until(lambda: node in process.open_nodes() and len(process.family()) == 2, f"a student at {node}")
        process.kill()

    return kill


KILLS = {
    "diagnose": while_answers_arrive("diagnose"),
    "tutor": while_answers_arrive("tutor"),
    "finetune": while_training,
    "gate": while_the_student_answers("gate"),
    "graduate": while_the_student_answers("graduate"),
}


def stored(root: Path) -> int:
    return sum(1 for _ in (root / "replies").glob("??/*.json"))


def test_the_uninterrupted_run_asks_nothing_twice(ground: Ground) -> None:
    assert max(Counter(ground.asked).values()) == 1
    assert ground.facts["outcome"] == "stopped_by_rounds"
    assert len(ground.facts["adapters"]) == 2
    expect_whole_files(ground.folder / "whole")


# A training is killed in either round: behind the gate there is something to lose.
def test_a_run_killed_in_every_node_that_takes_time_is_resumed_to_the_same_end(ground: Ground, tmp_path: Path) -> None:
    kill_and_resume(ground, tmp_path / "run", ("diagnose", "tutor", "finetune", "gate", "finetune", "graduate"))


@pytest.mark.long
@pytest.mark.parametrize("node", KILLS)
def test_one_kill_in_one_node_is_resumed_to_the_same_end(ground: Ground, tmp_path: Path, node: str) -> None:
    kill_and_resume(ground, tmp_path / "run", (node,))


def kill_and_resume(ground: Ground, root: Path, kills: tuple[str, ...]) -> None:
    earlier = len(ground.teacher.answered())
    process = ground.run(root)
    for number, node in enumerate(kills, 1):
        KILLS[node](ground, process, root)
        expect_seen_dead(root, node)
        process = ground.resume(root, number)
    assert process.wait() == 0, process.err
    process.expect_no_survivor()
    ground.expect_same_end(root)
    expect_nothing_paid_twice(ground, earlier, len(kills))
    expect_one_tree(root, len(kills) + 1)


def expect_seen_dead(root: Path, node: str) -> None:
    """``tutelage trace ls`` shows the open span where the run died."""
    ledgers = Ledgers(root)
    steps = read_steps(ledgers)
    last = next(s for s in reversed(steps) if s.span.name == names.RUN)
    inner = innermost(steps)
    assert {s.node for s in steps if s.span.id in inner and s.number > last.number} == {node}
    rows = step_rows(shown(steps, Filter(), everything=True), steps, ledgers)
    assert {r["node"] for r in rows if r["outcome"] == "died here" and r["step"] > last.number} == {node}


def expect_one_tree(root: Path, processes: int) -> None:
    """Every process of the run hangs on the first one's span, and every call on its node."""
    steps = read_steps(Ledgers(root))
    by_id = {s.span.id: s for s in steps}
    assert len({s.span.trace for s in steps}) == 1
    assert [s.number for s in steps if s.span.parent is None] == [1]
    assert all(s.span.parent in by_id for s in steps if s.span.parent is not None)
    assert [s.span.parent for s in steps if s.span.name == names.RUN][1:] == [steps[0].span.id] * (processes - 1)
    assert all(s.node for s in steps if s.role)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6))
def test_kills_at_random_moments_are_resumed_to_the_same_end(ground: Ground, tmp_path: Path, seed: int) -> None:
    moments = random.Random(seed)
    root, earlier = tmp_path / "run", len(ground.teacher.answered())
    process, kills = ground.run(root), 0
    for number in range(1, 4):
        delay = moments.uniform(0.0, 0.6 * ground.seconds)
        killed_at = time.monotonic() + delay
        process.wait_until((root / "run.yaml").exists, "a run to resume")
        while time.monotonic() < killed_at and process.is_alive():
            time.sleep(0.01)
        if not process.is_alive():
            break
        process.kill()
        kills += 1
        process = ground.resume(root, number)
    assert process.wait() == 0, process.err
    ground.expect_same_end(root)
    expect_nothing_paid_twice(ground, earlier, kills)


def expect_nothing_paid_twice(ground: Ground, earlier: int, kills: int) -> None:
    """Only what was on its way at the moment of a kill may be asked again."""
    answered = Counter(ground.teacher.answered()[earlier:])
    again = sum(times - 1 for times in answered.values())
    assert again <= kills * MAX_CONCURRENCY
    assert len(answered) == len(ground.facts["calls"])
