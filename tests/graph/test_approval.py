"""A plan waits for a person, who may change it; what cannot be taught is said, and asked again."""

from __future__ import annotations

import asyncio
import json
import stat
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tests.graph.simulated import Ability, Recorder, decisions, install, run
from tutelage.cli_approve import edited_plan
from tutelage.configs.plan_file import PlanFile
from tutelage.errors import InputError, RunDirError
from tutelage.graph import runs
from tutelage.graph.approval import changes, laid_over, plan_of, plan_text, read_plan
from tutelage.graph.state import OrderData, State, dump_standings, standings_of
from tutelage.pedagogy.standing import Standing

ADDITION, MULTIPLICATION = "number/addition", "number/multiplication"


def standing(status: str, **more: object) -> Standing:
    return Standing.model_validate(
        {"status": status, "student": (2, 12), "teacher": (12, 12), "levels": (1, 2), **more}
    )


STATE = State(
    stage=1,
    round=1,
    standings=dump_standings(
        {"a/one": standing("learning"), "a/two": standing("learning"), "a/wait": standing("waiting"),
         "a/done": standing("mastered")}
    ),
    orders={
        "a/one": OrderData(module="a/one", kind="core", count=20, levels=[1, 2]),
        "a/two": OrderData(module="a/two", kind="core", count=20, levels=None),
    },
)  # fmt: skip


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text)
    return path


def test_a_plan_left_as_it_is_comes_back_as_it_was(tmp_path: Path) -> None:
    plan = read_plan(written(tmp_path, plan_text(STATE)), STATE)
    assert plan == plan_of(STATE)
    assert changes(plan_of(STATE), plan) == []
    assert laid_over(STATE, plan) == {"standings": STATE["standings"], "orders": STATE["orders"]}


def test_the_file_shows_what_was_measured_and_who_waits() -> None:
    text = plan_text(STATE)
    assert "a/one: {kind: core, count: 20, levels: [1, 2]}  # 2 of 12 right, teacher 12 of 12" in text
    assert "# waits: a/wait" in text
    assert "a/done" not in text


def test_who_is_left_out_waits_who_is_added_learns_and_each_change_is_said() -> None:
    plan = PlanFile.model_validate(
        {"stage": 1, "round": 1, "teach": {"a/one": {"kind": "bridging", "count": 5, "levels": [2]},
                                           "a/wait": {"kind": "core", "count": 7}}}
    )  # fmt: skip
    update = laid_over(STATE, plan)
    after = standings_of(State(standings=update["standings"]))
    assert {k: s.status for k, s in after.items()} == {
        "a/done": "mastered", "a/one": "learning", "a/two": "waiting", "a/wait": "learning",
    }  # fmt: skip
    assert after["a/one"].kind == "bridging"
    assert update["orders"]["a/one"] == {"module": "a/one", "kind": "bridging", "count": 5, "levels": [2]}
    assert set(update["orders"]) == {"a/one", "a/wait"}
    assert changes(plan_of(STATE), plan) == [
        "a/two is left out of this round",
        "a/one: 20 core lessons, levels 1, 2 becomes 5 bridging lessons, levels 2",
        "a/wait is added: 7 core lessons, all levels",
    ]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("count: 20, levels: [1, 2]", "count: 0, levels: [1, 2]", ("mine.yaml:7", "teach.a/one.count", "not 0")),
        ("kind: core, count: 20, levels: [1", "kind: easy, count: 20, levels: [1", ("mine.yaml:7", "kind", "'easy'")),
        ("levels: [1, 2]", "levels: [1, 7]", ("teach.a/one: no level 7", "its levels are 1, 2")),
        ("a/two:", "a/three:", ("teach.a/three: no such module", "a/one, a/two, a/wait")),
        ("a/two:", "a/done:", ("teach.a/done: it is mastered and takes no lessons",)),
        ("round: 1\n", "round: 4\n", ("plan of stage 1, round 4; the run waits with that of stage 1, round 1",)),
        ("teach:", "tech:", ("mine.yaml", "teach")),
        ("teach:", "teach: [", ("mine.yaml", "not YAML")),
    ],
)
def test_a_plan_that_cannot_be_taught_is_refused_with_where_and_what(
    tmp_path: Path, before: str, after: str, words: tuple[str, ...]
) -> None:
    text = plan_text(STATE)
    assert before in text
    with pytest.raises(InputError) as found:
        read_plan(written(tmp_path, text.replace(before, after, 1)), STATE)
    assert all(word in found.value.line for word in words), found.value.line


async def test_a_run_waits_refuses_a_bad_answer_and_teaches_what_the_person_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    root = tmp_path / "run"
    ended, _ = await run(root, "curriculum.approve=true", "limits.rounds=2")
    assert ended.outcome == "waiting"
    assert ended.plan is not None
    assert ended.plan == (root / "plan.yaml").read_text()
    with pytest.raises(InputError, match="no such module"):
        bad = written(tmp_path, ended.plan.replace(ADDITION, "number/none"))
        await runs.resume(root, [], Recorder(), approve=False, plan=bad)
    mine = PlanFile.model_validate(
        {"stage": 1, "round": 1, "teach": {ADDITION: {"kind": "remedial", "count": 6, "levels": None}}}
    )
    path = written(tmp_path, json.dumps(mine.model_dump(mode="json")))
    # Days may lie between: a resume knows nothing but the directory.
    ended = await runs.resume(root, [], Recorder(), approve=False, plan=path)
    first = [json.loads(line) for line in (root / "candidates.jsonl").read_text().splitlines()]
    assert {(c["module"], c["kind"], c["provenance"]["round"]) for c in first} == {(ADDITION, "remedial", 1)}
    reasons = [d["reason"] for d in decisions(root) if "a person changed the plan" in d["reason"]]
    assert any(MULTIPLICATION in reason and "left out" in reason for reason in reasons)
    assert any(ADDITION in reason and "6 remedial lessons" in reason for reason in reasons)
    assert ended.outcome == "waiting", "the next plan is asked about, too"
    with pytest.raises(InputError, match="round 1; the run waits with that of"):
        await runs.resume(root, [], Recorder(), approve=False, plan=path)


def test_in_the_editor_a_bad_plan_is_said_and_opened_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Ability(), tmp_path)
    root = tmp_path / "run"
    asyncio.run(run(root, "curriculum.approve=true", "limits.rounds=1"))
    editor = tmp_path / "editor"
    editor.write_text(
        f"#!{sys.executable}\n"
        "import pathlib, sys\n"
        "path = pathlib.Path(sys.argv[1]); text = path.read_text()\n"
        "bad = 'count: 0' in text\n"
        "path.write_text(text.replace('count: 0', 'count: 3') if bad else text.replace('count: 20', 'count: 0'))\n"
    )
    editor.chmod(editor.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("VISUAL", str(editor))
    app = typer.Typer()
    app.command()(lambda: typer.echo(edited_plan(root)))
    done = CliRunner().invoke(app, [], input="y\n")
    assert done.exit_code == 0, done.output
    assert "count" in done.stderr
    assert "not 0" in done.stderr
    assert "count: 3" in (root / "plan.yaml").read_text()
    monkeypatch.setenv("VISUAL", str(tmp_path / "no-such-editor"))
    done = CliRunner().invoke(app, [])
    assert (done.exit_code, "$EDITOR" in done.stderr) == (2, True)


async def test_a_run_that_does_not_wait_takes_no_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Ability(), tmp_path)
    await run(tmp_path / "run", "limits.rounds=1", "tutor.examples=4")
    with pytest.raises(RunDirError, match="no plan waits"):
        await runs.resume(tmp_path / "run", [], Recorder(), approve=False, plan=written(tmp_path, "x"))
