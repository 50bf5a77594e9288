"""Reading a run's trace joined with its ledgers: a finished run, a killed one, a hostile one, a long one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.graph.reading import rows_of, steps_of
from tests.graph.simulated import Ability, Recorder, install, run
from tutelage.errors import InputError, RunDirError
from tutelage.graph import runs
from tutelage.graph.rundir import RunDir
from tutelage.graph.traces.detail import detail, detail_lines
from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.traces.listing import run_rows
from tutelage.graph.traces.steps import Filter, find_step
from tutelage.graph.traces.story import advice, story, story_lines
from tutelage.graph.traces.table import step_lines, step_rows
from tutelage.graph.traces.tail import follow, tail_line
from tutelage.tracing import names

ADDITION = "number/addition"
TITLE = "\x1b]0;pwned\x07"


def killed(finished: Path, tmp_path: Path, node: str) -> Path:
    """A copy of the run as a SIGKILL within its first such node would have left it."""
    root = tmp_path / "killed"
    shutil.copytree(finished, root, symlinks=True)
    lines = (root / "spans.jsonl").read_bytes().splitlines(keepends=True)
    start = next(n for n, one in enumerate(lines) if json.loads(one)["name"] == f"{names.NODE}{node}")
    (root / "spans.jsonl").write_bytes(b"".join(lines[: start + 1]) + b'{"event": "end", "na')
    (root / "report.json").unlink()
    return root


def test_the_steps_are_listed_with_their_cost_and_outcome(finished: Path) -> None:
    rows = rows_of(finished)
    first, *rest = rows
    report = json.loads((finished / "report.json").read_text())
    assert (first["name"], first["outcome"]) == ("run", "stopped by rounds")
    assert first["calls"] == sum(row["calls"] for row in report["usage"])
    assert first["tokens"] == sum(row["prompt_tokens"] + row["completion_tokens"] for row in report["usage"])
    nodes = [row for row in rest if row["name"].startswith("node ")]
    assert sum(row["calls"] for row in nodes) == first["calls"]
    assert sum(row["tokens"] for row in nodes) == first["tokens"]
    by_name = {row["name"]: row["outcome"] for row in rows}
    assert by_name["node diagnose"] == "6 deficient"
    assert "lessons accepted" in by_name["node tutor"]
    assert "right" in by_name["probe student"]
    assert by_name["train student"].startswith("loss 1.000 to 0.100")
    text = "\n".join(step_lines(rows, indent=True))
    assert "node gate" in text
    assert not any(row["name"].startswith(("teacher", "decide")) for row in rows)


def test_what_runs_at_the_same_time_is_listed_branch_by_branch(finished: Path) -> None:
    rows = rows_of(finished)
    for n, row in enumerate(rows):
        if row["name"] == "node tutor":
            assert [r["name"] for r in rows[n + 1 : n + 3]] == [names.WRITE_LESSONS, names.VERIFY_LESSONS]
            assert {r["module"] for r in rows[n + 1 : n + 3]} == {row["module"]}


def test_filters_leave_what_they_name(finished: Path) -> None:
    calls = rows_of(finished, Filter(role="tutor", module=ADDITION, node="tutor"))
    assert calls
    assert {(r["module"], r["node"], r["name"]) for r in calls} == {(ADDITION, "tutor", "teacher tutor")}
    why = rows_of(finished, Filter(why=True))
    assert len(why) == len((finished / "decisions.jsonl").read_text().splitlines())
    slow = [r["seconds"] for r in rows_of(finished, Filter(slow=True))]
    assert slow == sorted(slow, reverse=True)
    assert rows_of(finished, Filter(failed=True)) == []


@pytest.mark.parametrize("node", ["diagnose", "plan", "tutor", "assemble", "finetune", "gate", "graduate"])
def test_a_killed_run_shows_where_it_died(finished: Path, tmp_path: Path, node: str) -> None:
    root = killed(finished, tmp_path, node)
    died = [row for row in rows_of(root) if row["outcome"] == "died here"]
    assert [row["name"] for row in died] == [f"node {node}"]
    _, steps = steps_of(root)
    assert f"  the run died in 'node {node}' (step {steps[-1].number}): tutelage resume DIR" in advice([], steps, "DIR")
    (listed,) = run_rows(tmp_path)
    assert listed["standing"].startswith(f"died in node {node} (step ")
    assert [r["name"] for r in rows_of(root, Filter(failed=True))] == ["run", f"node {node}"]


def test_a_running_run_is_not_dead(finished: Path, tmp_path: Path) -> None:
    root = killed(finished, tmp_path, "gate")
    with RunDir(root).locked():
        assert rows_of(root)[-1]["outcome"] == "running"
        (listed,) = run_rows(tmp_path)
        assert listed["standing"].startswith("running: node gate")


async def test_a_resumed_run_lists_both_processes_as_one_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Ability(), tmp_path)
    await run(tmp_path / "run", "limits.rounds=1")
    await runs.resume(tmp_path / "run", ["limits.rounds=2"], Recorder(), approve=False)
    rows = rows_of(tmp_path / "run")
    assert [(r["name"], r["outcome"]) for r in rows if r["name"] == "run"] == [
        ("run", "stopped"), ("run", "mastered"),
    ]  # fmt: skip


def test_a_call_is_shown_with_its_prompt_its_reply_and_what_became_of_it(finished: Path) -> None:
    ledgers, steps = steps_of(finished)
    call = next(s for s in steps if s.role == "tutor" and s.module == ADDITION)
    facts = detail(call, steps, ledgers)
    stored = json.loads((finished / "replies" / (call.call_id or "")[:2] / f"{call.call_id}.json").read_text())
    assert facts["call"]["prompt"][-1]["content"] == stored["request"]["user"]
    assert facts["call"]["parsed"] == json.loads(stored["reply"]["text"])
    mine = [c for c in ledgers.candidates if c["provenance"]["call_id"] == call.call_id]
    assert len(facts["call"]["became"]) == len(mine) > 0
    text = "\n".join(detail_lines(facts, "DIR"))
    assert stored["reply"]["text"] in text
    assert f"tutelage replay DIR --step {call.number}" in text
    for name in (str(call.number), call.span.id, (call.call_id or "")[:12]):
        assert find_step(steps, name) == call


def test_an_independent_solution_and_a_probe_say_what_they_were_for(finished: Path) -> None:
    ledgers, steps = steps_of(finished)
    solved = next(s for s in steps if s.role == "reference" and s.node == "tutor")
    asked = next(s for s in steps if s.role == "reference" and s.node == "diagnose")
    assert detail(solved, steps, ledgers)["call"]["became"][0].startswith("solved independently: r001/")
    assert "graded right; wanted" in detail(asked, steps, ledgers)["call"]["became"][0]


def test_a_decision_is_shown_with_the_numbers_it_was_made_on(finished: Path) -> None:
    ledgers, steps = steps_of(finished)
    decision = next(s for s in steps if s.is_decision and s.node == "gate" and s.module == ADDITION)
    text = "\n".join(detail_lines(detail(decision, steps, ledgers), "DIR"))
    assert f"{ADDITION}: remediate:" in text
    assert "interval" in text
    assert "threshold 0.9" in text


def test_a_step_that_is_not_there_is_an_input_error(finished: Path, tmp_path: Path) -> None:
    _, steps = steps_of(finished)
    for name, complaint in (("0", "no step 0"), ("zzz", "begins with 'zzz'")):
        with pytest.raises(InputError, match=complaint):
            find_step(steps, name)
    with pytest.raises(RunDirError, match="not a run directory"):
        Ledgers(tmp_path)


def test_the_story_of_a_module_holds_all_that_happened_to_it_in_order(finished: Path) -> None:
    ledgers, steps = steps_of(finished)
    chapters = story(ADDITION, ledgers, steps)
    decided = [c.facts[0]["verdict"] for c in chapters if c.kind == "decision"]
    assert decided[0] == "deficient"
    assert decided[-1] in ("remediate", "stalled")
    lessons = [c for c in chapters if c.kind == "lessons"]
    mine = [c for c in ledgers.candidates if c["module"] == ADDITION]
    assert sum(len(c.facts) for c in lessons) == len(mine)
    for chapter in lessons:
        good = sum(row["accepted"] for row in chapter.facts)
        assert f"{good} of {len(chapter.facts)} lessons accepted" in chapter.text
    attempts = [json.loads(row) for row in (finished / "attempts.jsonl").read_text().splitlines()]
    probes = {item for item, row in ledgers.items.items() if row["module"] == ADDITION}
    told = [row for c in chapters if c.kind == "probing" for row in c.facts]
    assert len(told) == sum(a["probe"] in probes for a in attempts)
    text = "\n".join(story_lines(ADDITION, chapters))
    for part in ("Before any lesson", "Round 1", "names a misconception", "loss 1.000 to 0.100", "95% interval"):
        assert part in text
    assert all(0 < (c.step or 1) <= len(steps) for c in chapters)


def test_the_story_ends_with_commands_that_lead_on(finished: Path) -> None:
    ledgers, steps = steps_of(finished)
    lines = advice(story(ADDITION, ledgers, steps), steps, "DIR")
    shows = [line.split()[-1] for line in lines if "trace show DIR" in line]
    assert len(shows) == 2
    assert find_step(steps, shows[0]).span.name == names.PROBE_STUDENT
    assert find_step(steps, shows[1]).role == "tutor"
    assert any("tutelage fork DIR --at" in line for line in lines)
    with pytest.raises(InputError, match="no module 'x'"):
        story("x", ledgers, steps)


def test_following_a_run_tells_its_steps_and_its_decisions(finished: Path) -> None:
    told = [tail_line(one, everything=False) for one in follow(Ledgers(finished), once=False)]
    lines = [line for line in told if line]
    assert lines[0].endswith("begins   run")
    assert "ends     run:" in lines[-1]
    assert sum("decided" in line for line in lines) == len((finished / "decisions.jsonl").read_text().splitlines())
    assert not any("teacher reference" in line for line in lines)


def test_a_live_run_is_followed_line_by_line_until_its_process_is_gone(finished: Path, tmp_path: Path) -> None:
    root = killed(finished, tmp_path, "plan")
    lines = (finished / "spans.jsonl").read_bytes().splitlines(keepends=True)
    there = (root / "spans.jsonl").read_bytes().count(b"\n")
    with RunDir(root).locked():
        following = follow(Ledgers(root), once=False)
        seen = [next(following) for _ in range(there)]
        (root / "spans.jsonl").write_bytes(b"".join(lines[: there + 2]))
        seen += [next(following), next(following)]
    assert seen == [json.loads(one) for one in lines[: there + 2]]
    assert list(following) == []


def test_a_run_that_has_hardly_begun_has_no_step(finished: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    shutil.copy(finished / "run.yaml", tmp_path / "new")
    assert step_lines(rows_of(tmp_path / "new"), indent=True) == ["no step"]
    assert [row["standing"] for row in run_rows(tmp_path)] == ["not begun"]


def test_what_a_teacher_or_a_domain_wrote_is_shown_as_text_and_steers_nothing(finished: Path, tmp_path: Path) -> None:
    root = tmp_path / "hostile"
    shutil.copytree(finished, root, symlinks=True)
    for path in (*root.rglob("*.jsonl"), *root.glob("replies/*/*.json")):
        rows = (
            path.read_text()
            .replace("What is", f"{json.dumps(TITLE)[1:-1]}[bold]What is")
            .replace("Ones:", "\\u001b[31mOnes\\u202e:")
        )
        path.write_text(rows)
    ledgers, steps = steps_of(root)
    pages = [
        step_lines(step_rows(steps, steps, ledgers), indent=True),
        *(detail_lines(detail(s, steps, ledgers), "DIR") for s in steps if s.role or names.PART in s.span.attributes),
    ]
    text = "\n".join(line for page in pages for line in page)
    assert "\\x1b]0;pwned\\x07[bold]What is" in text
    assert not [c for c in text if (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 or c == "\u202e"]
