"""What a whole run leaves in its trace: one tree, and every call of a teacher under the node that made it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.graph.simulated import Ability, Recorder, decisions, install, run
from tutelage.graph import runs, teaching
from tutelage.teachers.meter import Meter
from tutelage.teachers.offline import OfflineTeacher
from tutelage.teachers.replies import ReplyStore
from tutelage.tracing import names
from tutelage.tracing.reader import span_lines

NODES = ("diagnose", "plan", "approve", "tutor", "assemble", "finetune", "gate", "graduate")
Spans = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Whole:
    """A finished run."""

    root: Path
    spans: Spans

    def all(self, wanted: Callable[[str], bool]) -> list[dict[str, Any]]:
        return [span for span in self.spans.values() if wanted(span["name"])]

    def node_of(self, span: dict[str, Any]) -> str:
        while not span["name"].startswith(names.NODE):
            span = self.spans[span["parent_id"]]
        return str(span["name"].removeprefix(names.NODE))


def read_spans(root: Path) -> Spans:
    return {line["span_id"]: line for line in span_lines(root / "spans.jsonl") if line["event"] == "end"}


@pytest.fixture(scope="module")
def server_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server") / "answered.jsonl"


@contextmanager
def patched(server_log: Path, folder: Path, ability: Ability) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        install(patch, ability, folder)
        patch.setattr(teaching, "OfflineTeacher", lambda log: OfflineTeacher(server_log))
        yield


@pytest.fixture(scope="module")
async def whole(tmp_path_factory: pytest.TempPathFactory, server_log: Path) -> Whole:
    folder = tmp_path_factory.mktemp("traced")
    with patched(server_log, folder, Ability(default=0.04)):
        await run(folder / "run", "limits.rounds=3", "diagnosis.probes=40")  # enough wrong ones to be explained
    return Whole(folder / "run", read_spans(folder / "run"))


def test_the_spans_are_one_tree_with_the_run_at_its_root(whole: Whole) -> None:
    assert len({span["trace_id"] for span in whole.spans.values()}) == 1
    roots = [span["name"] for span in whole.spans.values() if span["parent_id"] is None]
    assert roots == [names.RUN]
    assert all(span["parent_id"] in whole.spans for span in whole.spans.values() if span["parent_id"])


def test_every_branch_of_the_fan_out_hangs_on_the_run_and_keeps_its_own_calls(whole: Whole) -> None:
    branches = whole.all(lambda name: name == f"{names.NODE}tutor")
    assert len(branches) > 2
    for branch in branches:
        assert whole.spans[branch["parent_id"]]["name"] == names.RUN
        module = branch["attributes"][names.MODULE]
        steps = [s for s in whole.spans.values() if s["parent_id"] == branch["span_id"]]
        # Once, and once more for each time that rejected candidates had to be made up for.
        passes = len(steps) // 2
        assert passes >= 1
        assert [s["name"] for s in steps] == [names.WRITE_LESSONS, names.VERIFY_LESSONS] * passes
        calls = [s for s in whole.spans.values() if s["parent_id"] in {step["span_id"] for step in steps}]
        assert {c["attributes"][names.MODULE] for c in calls} == {module}


def test_every_node_says_which_checkpoint_and_task_it_is(whole: Whole) -> None:
    nodes = whole.all(lambda name: name.startswith(names.NODE))
    assert {n["name"].removeprefix(names.NODE) for n in nodes} == set(NODES)
    for node in nodes:
        found = node["attributes"]
        assert found[names.CHECKPOINT_NS] == f"{node['name'].removeprefix(names.NODE)}:{found[names.TASK_ID]}"
        assert found[names.ATTEMPT] == 1
    by_checkpoint: dict[str, set[str]] = {}
    for node in nodes:
        by_checkpoint.setdefault(node["attributes"][names.CHECKPOINT_ID], set()).add(node["name"])
    assert all(len(found) == 1 for found in by_checkpoint.values()), "branches of one step share its checkpoint"
    assert len({n["attributes"][names.TASK_ID] for n in nodes}) == len(nodes)


def test_every_call_is_under_its_node_and_the_counts_are_the_meter_s_and_the_server_s(
    whole: Whole, server_log: Path
) -> None:
    calls = whole.all(lambda name: name.startswith(names.TEACHER))
    assert {whole.node_of(call) for call in calls} == {"diagnose", "plan", "tutor", "gate", "graduate"}
    paid = [c for c in calls if not c["attributes"][names.CACHED]]
    report = json.loads((whole.root / "report.json").read_text())
    meter = Meter.from_store(ReplyStore(whole.root / "replies")).totals
    answered = len(server_log.read_text().splitlines())
    assert len(paid) == len({c["attributes"][names.CALL_ID] for c in calls}) == meter.calls == answered
    assert sum(row["calls"] for row in report["usage"]) == answered
    for name, total in ((names.INPUT_TOKENS, meter.prompt_tokens), (names.OUTPUT_TOKENS, meter.completion_tokens)):
        assert sum(c["attributes"][name] for c in paid) == total
    assert {c["attributes"][names.RETRIES] for c in calls} == {0}


def test_every_span_is_of_a_kind_that_openinference_knows(whole: Whole) -> None:
    kinds = {s["name"].split(" ")[0]: s["attributes"][names.SPAN_KIND] for s in whole.spans.values()}
    assert kinds["node"] == "CHAIN"
    assert kinds["teacher"] == "LLM"
    assert {kinds[agent] for agent in ("run", "diagnostician", "planner", "tutor")} == {"AGENT"}
    assert {kinds["probe"], kinds["train"]} == {"TOOL"}
    assert {kinds["grade"], kinds["decide"], kinds["verify"]} == {"EVALUATOR"}


def test_every_decision_is_a_span_under_its_node_with_verdict_and_reason(whole: Whole) -> None:
    spans = whole.all(lambda name: name.startswith(names.DECIDE))
    found = [(s["attributes"][names.EVALUATION_LABEL], s["attributes"][names.EVALUATION_WHY]) for s in spans]
    assert found == [(d["verdict"], d["reason"]) for d in decisions(whole.root)]
    assert {whole.node_of(span) for span in spans} <= {"diagnose", "plan", "gate"}


def test_probing_is_graded_and_training_tells_its_loss(whole: Whole) -> None:
    for span in whole.all(lambda name: name == names.GRADE):
        found = span["attributes"]
        assert found[names.RIGHT] + found[names.WRONG] + found[names.UNPARSEABLE] == found[names.ITEMS]
        assert whole.spans[span["parent_id"]]["name"] in (names.PROBE_STUDENT, names.PROBE_TEACHER)
    trainings = whole.all(lambda name: name == names.TRAIN)
    assert len(trainings) == 3
    for span in trainings:
        assert span["attributes"][names.LOSSES] == [0.1]
        assert (span["attributes"][names.LOSS_FIRST], span["attributes"][names.LOSS_LAST]) == (1.0, 0.1)


def test_no_prompt_or_reply_is_in_the_trace(whole: Whole) -> None:
    text = (whole.root / "spans.jsonl").read_text()
    for stored in ReplyStore(whole.root / "replies"):
        assert stored.request.user[:40] not in text
        assert len(stored.reply.text) < 20 or stored.reply.text[:40] not in text


async def test_a_resumed_run_joins_the_tree_and_shows_what_it_read_again(tmp_path: Path, server_log: Path) -> None:
    log = tmp_path / "answered.jsonl"
    with patched(log, tmp_path, Ability(default=0.04)):
        await run(tmp_path / "run", "limits.teacher_calls=120")
        await runs.resume(tmp_path / "run", ["limits.teacher_calls=null", "limits.rounds=1"], Recorder(), approve=False)
    whole = Whole(tmp_path / "run", read_spans(tmp_path / "run"))
    first, second = whole.all(lambda name: name == names.RUN)
    first, second = sorted((first, second), key=lambda span: int(span["start_ns"]))
    assert second["parent_id"] == first["span_id"]
    calls = whole.all(lambda name: name.startswith(names.TEACHER))
    answered = [c for c in calls if names.CACHED in c["attributes"]]
    # A call that was cancelled while its reply was being kept is paid, and shows as one that was read again.
    questions = {c["attributes"][names.CALL_ID] for c in answered}
    server = [json.loads(line)["sha256"] for line in log.read_text().splitlines()]
    assert len(questions) == len(set(server))
    # What the server answered twice was in flight when the budget ended a branch, and the trace says so.
    cancelled = [c for c in calls if c["error"] == "cancelled"]
    # Of the calls cancelled with it, at most as many as the endpoint takes at once had been sent.
    assert len(server) - len(set(server)) <= min(8, len(cancelled))
    assert len(questions) == Meter.from_store(ReplyStore(whole.root / "replies")).totals.calls
    assert len(questions) < len(answered), "a resumed tutor reads again what was paid for"
    assert any(c["status"] == "ERROR" and "budget" in c["error"] for c in calls)


async def test_a_plan_that_waits_for_a_person_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Ability(), tmp_path)
    await run(tmp_path / "run", "curriculum.approve=true", "limits.rounds=1")
    spans = Whole(tmp_path / "run", read_spans(tmp_path / "run"))
    (approve,) = spans.all(lambda name: name == f"{names.NODE}approve")
    assert approve["status"] == "OK"
    assert approve["attributes"][names.WAITING] is True
