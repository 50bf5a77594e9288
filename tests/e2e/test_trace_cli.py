"""``tutelage trace``, ``fork`` and ``replay`` as they are typed."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.e2e.served import plain, served
from tests.graph.faculty import teacher_file
from tests.graph.simulated import QUICKSTART, Ability, install, run
from tutelage.cli import app
from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.traces.steps import read_steps

Type = Callable[..., Result]
ADDITION = "number/addition"


@pytest.fixture(scope="module")
async def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("cli")
    with pytest.MonkeyPatch.context() as patch:
        install(patch, Ability(default=0.04), found)
        await run(found / "runs" / "one", "limits.rounds=2")
    return found


@pytest.fixture
def typed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Type:
    monkeypatch.chdir(folder)
    install(monkeypatch, Ability(default=0.04), folder)
    return lambda *arguments: CliRunner().invoke(app, [str(a) for a in arguments], prog_name="tutelage")


@pytest.fixture
def call(folder: Path) -> int:
    """A call in which lessons were written."""
    return next(s.number for s in read_steps(Ledgers(folder / "runs" / "one")) if s.role == "tutor")


@pytest.fixture(autouse=True)
def untouched(folder: Path) -> Iterator[None]:
    before = {path: path.read_bytes() for path in (folder / "runs" / "one").rglob("*") if path.is_file()}
    yield
    assert before == {path: path.read_bytes() for path in (folder / "runs" / "one").rglob("*") if path.is_file()}


def test_ls_lists_the_runs_and_the_steps_of_one(typed: Type) -> None:
    runs = typed("trace", "ls")
    assert runs.exit_code == 0
    assert "runs/one" in runs.stdout
    assert "stopped by rounds" in runs.stdout
    steps = typed("trace", "ls", "runs/one")
    assert "node finetune" in steps.stdout
    assert "teacher tutor" not in steps.stdout
    assert "teacher tutor" in typed("trace", "ls", "runs/one", "--all").stdout
    assert len(typed("trace", "ls", "runs/one", "--role", "tutor", "--limit", "3").stdout.splitlines()) == 4
    rows = json.loads(typed("trace", "ls", "runs/one", "--json").stdout)
    assert len(rows) == len(steps.stdout.splitlines()) - 1


def test_show_goes_from_a_step_to_its_prompt_and_reply(typed: Type, call: int) -> None:
    shown = typed("trace", "show", "runs/one", call)
    for part in ("--- user", "--- reply", "--- parsed as lessons", "--- what became of it", "accepted"):
        assert part in shown.stdout
    (facts,) = json.loads(typed("trace", "show", "runs/one", call, "--json").stdout)
    assert facts["call"]["prompt"][-1]["content"] in typed("trace", "show", "runs/one", call, "--prompt").stdout
    why = typed("trace", "show", "runs/one", "--why", "--node", "gate", "--limit", "2").stdout
    assert why.count("decide") >= 2
    assert "more steps" in why


def test_a_student_that_answers_is_among_the_slow(typed: Type) -> None:
    names = {row["name"] for row in json.loads(typed("trace", "ls", "runs/one", "--slow", "--json").stdout)}
    assert {"probe student", "train student"} <= names
    assert not {name for name in names if name.startswith("node ") and name not in ("node approve", "node assemble")}


def test_why_leads_in_one_command_from_a_module_to_the_prompt_that_taught_it(typed: Type) -> None:
    told = typed("trace", "why", "runs/one", ADDITION).stdout
    onward = next(line for line in told.splitlines() if "the prompt that taught it last" in line)
    shown = typed(*onward.split("tutelage ")[1].split())
    assert "--- user" in shown.stdout
    assert ADDITION in shown.stdout
    assert json.loads(typed("trace", "why", "runs/one", ADDITION, "--json").stdout)[0]["kind"] == "probing"


def test_tail_and_diff_speak_to_people_and_machines(typed: Type) -> None:
    assert "ends     node gate" in typed("trace", "tail", "runs/one").stdout
    lines = typed("trace", "tail", "runs/one", "--json").stdout.splitlines()
    assert json.loads(lines[-1])["name"] == "run"
    assert "did the same" in typed("trace", "diff", "runs/one", "runs/one").stdout
    assert json.loads(typed("trace", "diff", "runs/one", "runs/one", "--json").stdout)["first_divergence"] is None


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("trace", "ls", "nowhere"), "not a run directory"),
        (("trace", "show", "runs/one", "99999"), "there is no step 99999"),
        (("trace", "ls", "runs/one", "--node", "gates"), "no node 'gates'; it has diagnose, plan, tutor"),
        (("trace", "show", "runs/one", "--module", "number"), "no module 'number'; it has number/addition"),
        (("trace", "ls", "runs/one", "--role", "pupil"), "no role 'pupil'; it has diagnostician, planner"),
        (("replay", "runs/one", "--step", "4", "--prompt", "nowhere"), "nowhere: cannot read (No such file"),
        (("replay", "runs/one", "--step", "4", "--prompt", "/dev/null"), "/dev/null: is empty; 'tutelage trace show"),
        (("trace", "why", "runs/one", "number/nothing"), "no module 'number/nothing'; it has number/addition"),
        (("trace", "diff", "runs/one", "nowhere"), "not a run directory"),
        (("replay", "runs/one", "--step", "1"), "no call of a teacher"),
        (("fork", "runs/one", "--at", "1", "--into", "never"), "belongs to no checkpoint"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(typed: Type, arguments: tuple[str, ...], complaint: str) -> None:
    result = typed(*arguments)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("tutelage: ")
    assert complaint in line


READERS = (("trace", "ls"), ("trace", "show", "--why"), ("trace", "why", ADDITION), ("trace", "tail", "--once"))


@pytest.mark.parametrize("left", ["{}", "null", "[1]", '{"event": "start"}', "\xff\x00", "[" * 2000])
@pytest.mark.parametrize("command", READERS)
def test_what_somebody_else_left_in_the_span_file_is_passed_over(
    typed: Type, folder: Path, tmp_path: Path, command: tuple[str, ...], left: str
) -> None:
    root = copied(folder, tmp_path)
    with (root / "spans.jsonl").open("ab") as file:
        file.write(left.encode("latin-1") + b"\n")
    result, before = (typed(*command[:2], where, *command[2:]) for where in (root, "runs/one"))
    assert result.exit_code == 0, result.stderr
    assert result.stdout.replace(str(root), "runs/one") == before.stdout


@pytest.mark.parametrize("ledger", ["attempts", "candidates", "decisions", "misconceptions", "trainings"])
def test_a_row_that_is_none_of_ours_is_one_line_that_names_its_file(
    typed: Type, folder: Path, tmp_path: Path, ledger: str
) -> None:
    root = copied(folder, tmp_path)
    broken = min((root / "parts" / ledger).glob("*.jsonl"))
    broken.write_text('{"x": 1}\n')
    told = typed("trace", "why", root, ADDITION)
    assert told.exit_code == 2
    assert told.stderr.startswith(f"tutelage: {broken}: a row has no '")
    reported = typed("report", root)
    assert (reported.exit_code, len(reported.stderr.splitlines())) == (2, 1)
    assert f"{broken}:1: not a row of ours" in reported.stderr


def test_a_broken_database_is_one_line(typed: Type, folder: Path, tmp_path: Path) -> None:
    root = copied(folder, tmp_path)
    (root / "checkpoints.sqlite").write_bytes(b"no database" * 500)
    result = typed("fork", root, "--at", "2", "--into", tmp_path / "two")
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert "its checkpoints cannot be read (file is not a database)" in result.stderr
    assert not (tmp_path / "two").exists()


def copied(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder / "runs" / "one", tmp_path / "copy", symlinks=True))


def test_a_collector_without_the_package_that_speaks_to_it_stops_a_run_before_it_begins(
    typed: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    result = typed("run", QUICKSTART, "--run-dir", tmp_path / "run")
    assert result.exit_code == 2
    assert "pip install 'tutelage[otlp]', or unset the variable" in result.stderr
    assert not (tmp_path / "run").exists()


def test_replay_asks_a_call_again_and_shows_the_difference(typed: Type, call: int, tmp_path: Path) -> None:
    same = typed("replay", "runs/one", "--step", call)
    assert same.exit_code == 0
    assert "the same prompt" in same.stdout
    assert "the same reply, word for word" in same.stdout
    prompt = typed("trace", "show", "runs/one", call, "--prompt").stdout
    (tmp_path / "prompt.txt").write_text(prompt.replace('"count": 5', '"count": 2'))
    other = typed("replay", "runs/one", "--step", call, "--prompt", tmp_path / "prompt.txt", "--json")
    found = json.loads(other.stdout)
    assert '-"count": 5,' in found["prompt_diff"]
    assert found["reply_diff"]
    assert len(found["after"]["parsed"]["lessons"]) == 2


def test_replay_asks_a_member_of_a_pool_that_answers(typed: Type, call: int, tmp_path: Path) -> None:
    with served(plain) as server:
        pool = teacher_file(tmp_path, "pair", pool=["http://127.0.0.1:9/v1", server.base_url])
        result = typed("replay", "runs/one", "--step", call, "--teacher", pool)
    assert result.exit_code == 0, result.stderr
    assert f"now:      m-served at {server.base_url.removeprefix('http://').removesuffix('/v1')}" in result.stdout
    assert "the new reply holds no JSON object" in result.stdout


def test_replay_takes_a_prompt_file_with_the_recorded_context_in_it(typed: Type, call: int, tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "prompts" / "tutor_lessons.txt").read_text()
    (tmp_path / "prompt.txt").write_text(text.replace("short sentences", "very short sentences"))
    diff = json.loads(
        typed("replay", "runs/one", "--step", call, "--prompt", tmp_path / "prompt.txt", "--json").stdout
    )["prompt_diff"]
    changed = [line for line in diff if line[0] in "+-" and not line.startswith(("+++", "---"))]
    assert [("very short" in line, line[0]) for line in changed] == [(False, "-"), (True, "+")]


def test_a_fork_runs_on_from_where_it_is_told_to(typed: Type, folder: Path, call: int) -> None:
    result = typed("fork", "runs/one", "--at", call, "--into", "runs/two", "--set", "limits.rounds=1")
    try:
        assert result.exit_code == 0, result.stderr
        assert "report: runs/two/report.html" in result.stdout
        rows = json.loads(typed("trace", "ls", "--json").stdout)
        assert [row["forked_from"] and row["forked_from"]["run"] for row in rows] == [None, "../one"]
    finally:
        shutil.rmtree(folder / "runs" / "two", ignore_errors=True)
