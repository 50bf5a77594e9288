"""``tutelage benchmark`` as it is typed, on a real run of a tiny random student."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.driver import CommandLine, command_line
from tests.kill.small import write_small_run
from tests.training.tiny import save_tiny_student

TASKS = Path(__file__).parents[1] / "data" / "lm_eval"
QUIET = ("--progress", "quiet")


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CommandLine, Path, Path]]:
    """The command line, a run that was really taught, and the domain of its configuration."""
    folder = tmp_path_factory.mktemp("benchmark")
    config = write_small_run(folder, save_tiny_student(folder / "student"))
    with pytest.MonkeyPatch.context() as patch, command_line(folder) as tutelage:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        begun = tutelage(
            "run", config, "--run-dir", folder / "run", *QUIET, "--set", "limits.rounds=1", "--set", "training.epochs=1"
        )
        assert begun.code == 0, begun.err
        yield tutelage, folder / "run", folder / "domain.yaml"


def results(root: Path) -> dict[tuple[str, str], dict[str, Any]]:
    found = json.loads((root / "benchmarks.json").read_bytes())["results"]
    return {(one["benchmark"], one["metric"]): one for one in found}


def test_a_real_student_is_measured_before_and_after_beside_its_teacher(
    ground: tuple[CommandLine, Path, Path],
) -> None:
    tutelage, root, domain = ground
    done = tutelage("benchmark", root, "--on", domain, "--items", "12", *QUIET)
    assert (done.code, done.torch) == (0, False), done.err
    header, row, *notes = done.out.splitlines()
    assert header.split("  ")[0] == "Benchmark"
    assert row.startswith("everyday_arithmetic  12 of ")
    assert "1.00 ± 0.000 (0.74-1.00)" in row
    assert notes[-1].startswith(f"benchmarks: {root / 'benchmarks.json'}")
    result = results(root)["everyday_arithmetic", "accuracy"]
    assert result["before"]["model"] == "base"
    assert result["after"]["model"] == result["adapter_sha256"]
    assert result["share_retained"] != "undefined"
    parts = {path: path.stat().st_mtime_ns for path in root.glob("benchmarks/*/parts/attempts/*")}
    again = tutelage("benchmark", root, "--on", domain, "--items", "12", *QUIET)
    assert again.out == done.out
    assert {path: path.stat().st_mtime_ns for path in parts} == parts
    assert results(root)["everyday_arithmetic", "accuracy"] == result
    assert tutelage("report", root).code == 0
    assert json.loads((root / "report.json").read_bytes())["benchmarks"] == [result]
    assert "Benchmarks from outside" in (root / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "no benchmark is named"),
        (("--on", "humanevil"), "no benchmark 'humanevil'"),
        (("--lm-eval", "a", "--tasks-folder", "none"), "no such folder"),
        (("--on", "everyday_arithmetic", "--set", "seed=3"), "a benchmark cannot change 'seed'"),
    ],
)
def test_bad_input_is_one_line_with_exit_code_2(
    ground: tuple[CommandLine, Path, Path], options: tuple[str, ...], said: str
) -> None:
    if "--lm-eval" in options:
        pytest.importorskip("lm_eval")
    tutelage, root, _ = ground
    done = tutelage("benchmark", root, *options, *QUIET)
    assert done.code == 2
    assert said in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_a_task_of_the_harness_with_local_data_is_scored_before_and_after_and_kept(
    ground: tuple[CommandLine, Path, Path],
) -> None:
    pytest.importorskip("lm_eval")
    tutelage, root, _ = ground
    command = ("benchmark", root, "--lm-eval", "local_sums", "--tasks-folder", TASKS, *QUIET)
    done = tutelage(*command)
    assert (done.code, done.torch) == (0, False), done.err
    assert "local_sums: the teacher was not run" in done.out
    result = results(root)["local_sums", "acc"]
    assert result["before"]["n"] == result["after"]["n"] == result["available"] == 12
    assert result["before"]["error"] is not None
    assert result["difference"]["value"] == pytest.approx(result["after"]["value"] - result["before"]["value"])
    assert result["items_sha256"]
    assert not list(root.glob("benchmarks/lm-eval-*/*student*"))
    kept = {path: path.stat().st_mtime_ns for path in root.glob("benchmarks/lm-eval-*/*.json")}
    assert len(kept) == 2
    assert tutelage(*command).out == done.out
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    unknown = tutelage("benchmark", root, "--lm-eval", "no_such_task", *QUIET)
    assert unknown.code == 2
    assert "has no task 'no_such_task'" in unknown.err
