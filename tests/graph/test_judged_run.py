"""A whole run of a judged domain: the judge is a teacher like any other, pooled, estimated, metered and reported."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.graph import faculty
from tests.graph.faculty import expect_every_call_accounted_for, loopback, teacher_file
from tests.graph.simulated import REPOSITORY, Ability, install, run
from tutelage.teachers.offline.answers import Prompt, answer
from tutelage.teachers.offline.skills import solve


def judged_domain(folder: Path) -> Path:
    """The quickstart's domain, graded by a judge."""
    source = REPOSITORY / "configs" / "domains" / "everyday_arithmetic.yaml"
    text = source.read_text(encoding="utf-8").replace("grader: numeric", "grader: judge")
    path = folder / "judged.yaml"
    path.write_text(text.replace("items: ", f"items: {source.parent}/"), encoding="utf-8")
    return path


def say(prompt: Prompt) -> str:
    """The offline teacher's answers, and judgements: by the result, but of boxes by the place alone."""
    if prompt.schema_name != "judgement":
        return answer(prompt)
    asked = json.loads(prompt.texts[0].split("```json\n")[1].split("\n```")[0])
    problem = solve(asked["question"].split("\n")[0])
    assert problem is not None
    a, b = (str(problem.working.answer) in re.findall(r"-?\d+", asked[f"answer_{letter}"]) for letter in "AB")
    better = "A" if problem.skill == "word/boxes" or (a and not b) else "B" if b and not a else "same"
    return json.dumps({"reason": "by the result", "better": better})


async def test_a_judged_run_with_a_pool_of_judges_reports_agreement_and_every_call_beside_its_estimate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    monkeypatch.setattr(faculty, "answer", say)
    async with loopback("writer") as writer, loopback("judge") as one, loopback("judge") as two:
        pool = teacher_file(tmp_path, "bench", pool=[one.url, two.url])
        ended, _ = await run(
            tmp_path / "run", f"domain={judged_domain(tmp_path)}", f"teachers.default={writer.url}",
            f"teachers.judge={pool}", "limits.rounds=1", "tutor.examples=4", "diagnosis.probes=6",
            "diagnosis.held_out=6", "gate.items_per_look=12",
        )  # fmt: skip
        expect_every_call_accounted_for(tmp_path / "run", writer, one, two)
    report = ended.report
    assert one.answered
    assert two.answered
    calls = sum(row["calls"] for row in report["usage"] if row["role"] == "judge")
    assert calls == len(one.answered) + len(two.answered)
    assert {row["model"] for row in report["usage"] if row["role"] == "judge"} == {"judge"}
    assert {row["endpoint"] for row in report["teachers"] if row["role"] == "judge"} == {"bench"}
    (expected,) = [row for row in report["estimate"]["roles"] if row["role"] == "judge"]
    assert 0 < calls <= expected["most"]["calls"]
    found = report["judge"]
    assert found["answers"] == found["agreed"] + found["disagreed"] + found["unjudged"] > 0
    assert found["disagreed"] > 0
    assert found["unjudged"] == 0
    spans = [json.loads(line) for line in (tmp_path / "run" / "spans.jsonl").read_text().splitlines()]
    traced = [s for s in spans if s.get("attributes", {}).get("tutelage.judge.agreed")]
    assert sum(s["attributes"]["tutelage.judge.agreed"] for s in traced) == found["agreed"]
