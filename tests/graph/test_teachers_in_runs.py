"""Whole runs against several teachers at once: split by role, pooled, by stage, swapped, capped in dollars."""

from __future__ import annotations

import json
import traceback
from pathlib import Path

import pytest

from tests.graph.faculty import expect_every_call_accounted_for, loopback, stored, teacher_file
from tests.graph.simulated import QUICKSTART, SMALL, Ability, Recorder, decisions, install, run
from tutelage.errors import TeacherError
from tutelage.graph import runs
from tutelage.graph.progress import Estimated

SHORT = ("limits.rounds=2", "tutor.examples=6")
PRICES = {"prompt": 1.0, "completion": 4.0}


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


async def test_a_run_split_over_two_endpoints_by_role_attributes_every_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    async with loopback("writer") as writer, loopback("solver") as solver:
        ended, _ = await run(
            tmp_path / "run", f"teachers.default={writer.url}", f"teachers.reference={solver.url}", *SHORT
        )
        expect_every_call_accounted_for(tmp_path / "run", writer, solver)
    models = {(row["role"], row["model"]) for row in ended.report["usage"]}
    assert models == {("diagnostician", "writer"), ("planner", "writer"), ("tutor", "writer"), ("reference", "solver")}
    attempts = [a for a in lines(tmp_path / "run" / "attempts.jsonl") if a["role"] == "teacher"]
    assert {(a["endpoint"], a["model"]) for a in attempts} == {(solver.name, "solver")}
    found = lines(tmp_path / "run" / "candidates.jsonl")
    assert {c["provenance"]["model"] for c in found} == {"writer"}  # type: ignore[index]
    assert {(d["endpoint"], d["model"]) for d in decisions(tmp_path / "run")} == {
        (writer.name, "writer"), (solver.name, "solver"),
    }  # fmt: skip


async def test_a_pool_of_three_goes_on_when_one_dies_in_mid_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    async with loopback("m") as one, loopback("m", dies_after=40) as two, loopback("m") as three:
        path = teacher_file(tmp_path, "trio", pool=[one.url, two.url, three.url], max_retries=0)
        ended, _ = await run(tmp_path / "run", f"teachers.default={path}", *SHORT)
        assert ended.outcome == "stopped_by_rounds"
        assert two.is_dead
        expect_every_call_accounted_for(tmp_path / "run", one, two, three)
        answered = [*one.answered, *two.answered, *three.answered]
        assert len(set(answered)) == len(answered), "two members answered the same question"
        assert min(len(one.answered), len(three.answered)) > 40
    assert {d["endpoint"] for d in decisions(tmp_path / "run")} == {"trio"}
    members = {m for row in ended.report["teachers"] for m in row["members"]}
    assert members == {one.name, two.name, three.name}


async def test_a_ladder_asks_the_teacher_of_the_stage_and_measures_each_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    async with loopback("weak", name="small", errs_every=9) as small, loopback("strong", name="large") as large:
        teacher_file(tmp_path, "small", base_url=small.url)
        teacher_file(tmp_path, "large", base_url=large.url)
        path = teacher_file(
            tmp_path, "up", ladder=[{"from_stage": 1, "teacher": "small"}, {"from_stage": 2, "teacher": "large"}]
        )
        ended, _ = await run(tmp_path / "run", f"teachers.default={path}", "limits.rounds=4", "tutor.examples=10")
        expect_every_call_accounted_for(tmp_path / "run", small, large)
    found = lines(tmp_path / "run" / "candidates.jsonl")
    by_stage = {(c["provenance"]["stage"], c["provenance"]["endpoint"]) for c in found}  # type: ignore[index]
    assert {name for stage, name in by_stage if stage == 1} == {"small"}
    assert {name for stage, name in by_stage if stage > 1} == {"large"}
    assert {d["endpoint"] for d in decisions(tmp_path / "run") if d["verdict"] == "remeasured"} == {"large"}
    assert {row["from_stage"] for row in ended.report["teachers"]} == {1, 2}
    for module in ended.report["modules"]:
        assert {r["model"] for r in module["references"]} >= {"weak", "strong"}


async def test_a_tutor_swapped_in_mid_run_writes_the_lessons_from_then_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    async with loopback("first") as first, loopback("second") as second:
        await run(tmp_path / "run", f"teachers.default={first.url}", "limits.rounds=1", "tutor.examples=6")
        before = len(first.answered)
        change = [f"teachers.tutor={second.url}", "limits.rounds=2"]
        await runs.resume(tmp_path / "run", change, Recorder(), approve=False)
        expect_every_call_accounted_for(tmp_path / "run", first, second)
        assert len(first.answered) > before
    written = {
        (c["provenance"]["round"], c["provenance"]["model"]) for c in lines(tmp_path / "run" / "candidates.jsonl")  # type: ignore[index]
    }  # fmt: skip
    assert written == {(1, "first"), (2, "second")}
    assert not [d for d in decisions(tmp_path / "run") if d["verdict"] == "remeasured"]


async def test_a_new_reference_is_measured_before_anything_is_decided_against_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(default=0.04), tmp_path)
    async with loopback("sure") as sure, loopback("unsure", errs_every=4) as unsure:
        await run(tmp_path / "run", f"teachers.default={sure.url}", "limits.rounds=1", "tutor.examples=20")
        change = [f"teachers.reference={unsure.url}", "limits.rounds=2"]
        ended = await runs.resume(tmp_path / "run", change, Recorder(), approve=False)
        expect_every_call_accounted_for(tmp_path / "run", sure, unsure)
    made = decisions(tmp_path / "run")
    again = [d for d in made if d["verdict"] == "remeasured"]
    modules = {m["id"] for m in ended.report["modules"]}
    assert {d["module"] for d in again} == modules
    assert len(again) == len(modules), "measured once"
    assert all((d["endpoint"], d["model"]) == (unsure.name, "unsure") for d in again)
    measured = {d["module"]: d["inputs"]["teacher"] for d in again}
    assert min(measured.values()) < 1.0
    later = [d for d in made if d["round"] == 2 and d["verdict"] in ("mastered", "remediate", "bridge", "stalled")]
    assert later
    assert all(d["inputs"]["teacher"] == measured[d["module"]] for d in later)
    for module in ended.report["modules"]:
        rates = {(r["model"], r["pool"]): r["rate"] for r in module["references"]}
        assert rates[("sure", "diagnostic")] == 1.0
        assert rates[("unsure", "diagnostic")] == measured[module["id"]]
        assert module["teacher"]["rate"] == rates[("unsure", "held_out")]
    page = (tmp_path / "run" / "report.html").read_text()
    assert "The reference teacher changed" in page


async def test_a_new_reference_cut_off_while_it_is_measured_is_paid_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(default=0.04), tmp_path)
    async with loopback("sure") as sure, loopback("unsure", errs_every=4) as unsure:
        await run(tmp_path / "run", f"teachers.default={sure.url}", "limits.rounds=1", "tutor.examples=6")
        spent = len(stored(tmp_path / "run"))
        change = [f"teachers.reference={unsure.url}", "limits.rounds=2", f"limits.teacher_calls={spent + 20}"]
        cut = await runs.resume(tmp_path / "run", change, Recorder(), approve=False)
        assert cut.outcome == "stopped_by_budget"
        assert len(unsure.answered) == 20
        await runs.resume(tmp_path / "run", ["limits.teacher_calls=null"], Recorder(), approve=False)
        expect_every_call_accounted_for(tmp_path / "run", sure, unsure)
    again = [d for d in decisions(tmp_path / "run") if d["verdict"] == "remeasured"]
    assert len(again) == len({d["module"] for d in again}) > 0


async def test_a_run_that_breaks_after_a_new_reference_was_measured_measures_it_no_second_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(default=0.04), tmp_path)
    async with (
        loopback("sure") as sure,
        loopback("unsure", errs_every=4) as unsure,
        loopback("namer", refusal="no") as refusing,
    ):
        await run(tmp_path / "run", f"teachers.default={sure.url}", "limits.rounds=1", "tutor.examples=6")
        change = [f"teachers.reference={unsure.url}", f"teachers.diagnostician={refusing.url}", "limits.rounds=3"]
        with pytest.raises(ExceptionGroup) as ended:  # of questions that are asked at once
            await runs.resume(tmp_path / "run", change, Recorder(), approve=False)
        refused, others = ended.value.split(TeacherError)
        assert refused is not None and others is None
        measured = list(unsure.answered)
        assert measured
        await runs.resume(tmp_path / "run", [f"teachers.diagnostician={sure.url}"], Recorder(), approve=False)
        assert unsure.answered[: len(measured)] == measured
        expect_every_call_accounted_for(tmp_path / "run", sure, unsure)
    again = [d for d in decisions(tmp_path / "run") if d["verdict"] == "remeasured"]
    assert len(again) == len({d["module"] for d in again}) > 0


async def test_a_question_refused_for_good_throws_no_answer_away_that_other_modules_wait_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    async with loopback("m", refuses=("lessons", 3), thinks_s=0.05) as teacher:
        with pytest.raises((TeacherError, ExceptionGroup)):
            await run(tmp_path / "run", f"teachers.default={teacher.url}", *SHORT)
        assert teacher.schemas["lessons"] > 3, "others were under way"
        assert len(stored(tmp_path / "run")) == len(teacher.answered)
        await runs.resume(tmp_path / "run", [], Recorder(), approve=False)
        expect_every_call_accounted_for(tmp_path / "run", teacher)


async def test_a_cap_on_dollars_ends_a_run_normally_and_a_larger_one_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    async with loopback("m", name="paid") as teacher:
        path = teacher_file(tmp_path, "paid", base_url=teacher.url, prices=PRICES)
        ended, watched = await run(tmp_path / "run", f"teachers.default={path}", "limits.teacher_dollars=0.02", *SHORT)
        assert ended.outcome == "stopped_by_budget"
        spent = ended.report["totals"]["teacher_dollars"]
        assert 0.5 * 0.02 <= spent <= 0.02, "what was in flight was not counted"
        change = ["limits.teacher_dollars=50"]
        again = await runs.resume(tmp_path / "run", change, Recorder(), approve=False)
        assert again.outcome == "stopped_by_rounds"
        expect_every_call_accounted_for(tmp_path / "run", teacher)
    usage = again.report["usage"]
    for row in usage:
        assert row["dollars"] == pytest.approx(row["prompt_tokens"] * 1e-6 + row["completion_tokens"] * 4e-6)
    assert again.report["totals"]["teacher_dollars"] == pytest.approx(sum(row["dollars"] for row in usage))
    said = [event.line for event in watched.events if isinstance(event, Estimated)]
    assert said[0].startswith("estimate: ")
    assert any("the cap of $0.0200" in line for line in said)
    assert again.report["estimate"]["expected"]["dollars"] > 0
    page = (tmp_path / "run" / "report.html").read_text()
    assert "Against the estimate" in page
    assert "resumed with other teachers or limits" in page


async def test_a_cap_on_seconds_stops_the_asking_and_a_larger_one_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    async with loopback("m") as teacher:
        ended, _ = await run(tmp_path / "run", f"teachers.default={teacher.url}", "limits.seconds=0.0001", *SHORT)
        assert (ended.outcome, teacher.answered) == ("stopped_by_budget", [])
        again = await runs.resume(tmp_path / "run", ["limits.seconds=null"], Recorder(), approve=False)
        assert again.outcome == "stopped_by_rounds"
        expect_every_call_accounted_for(tmp_path / "run", teacher)


async def test_a_warm_run_of_the_same_configuration_asks_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    async with loopback("m") as teacher:
        settings = (f"teachers.default={teacher.url}", *SHORT)
        await run(tmp_path / "one", *settings)
        asked = len(teacher.answered)
        warm, _ = await run(tmp_path / "two", *settings)
        assert len(teacher.answered) == asked
        assert warm.report["totals"]["teacher_calls"] == 0
        cold = await runs.start(QUICKSTART, tmp_path / "three", [*SMALL, *settings], Recorder(), use_cache=False)
        assert len(teacher.answered) == 2 * asked
    assert decisions_without_tokens(tmp_path / "one") == decisions_without_tokens(tmp_path / "two")
    assert cold.outcome == warm.outcome


def decisions_without_tokens(root: Path) -> list[dict[str, object]]:
    return [{k: v for k, v in d.items() if k != "tokens_so_far"} for d in decisions(root)]


@pytest.mark.parametrize("refused", [False, True])
async def test_no_secret_of_an_endpoint_reaches_a_file_of_the_run_or_an_error(
    refused: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    key, team = "sk-canary-3f9b1c77e2", "team-canary-88d1c0aa"
    monkeypatch.setenv("CANARY_KEY", key)
    monkeypatch.setenv("CANARY_TEAM", team)
    install(monkeypatch, Ability(), tmp_path)
    said = ""
    async with loopback("m", name="guarded", refusal=f"bad key {key} of {team}" if refused else None) as teacher:
        headers = {"X-Team-Key": {"env": "CANARY_TEAM"}, "X-Plain": "tutors"}
        path = teacher_file(tmp_path, "guarded", base_url=teacher.url, api_key_env="CANARY_KEY", headers=headers)
        work = run(tmp_path / "run", f"teachers.default={path}", "limits.rounds=1", "tutor.examples=6")
        if refused:
            with pytest.raises((TeacherError, ExceptionGroup)) as caught:
                await work
            said = "".join(traceback.format_exception(caught.value))
        else:
            await work
        sent = "".join(teacher.heads).lower()
        assert f"x-team-key: {team}" in sent
        assert "x-plain: tutors" in sent
        assert f"bearer {key}" in sent
    files = [p for p in (tmp_path / "run").rglob("*") if p.is_file()]
    assert {"run.yaml", "checkpoints.sqlite", "spans.jsonl"} <= {p.name for p in files}
    for secret in (key, team):
        assert [p for p in files if secret.encode() in p.read_bytes()] == []
        assert secret not in "".join(capfd.readouterr()) + said
    assert "CANARY_TEAM" in (tmp_path / "run" / "run.yaml").read_text()
