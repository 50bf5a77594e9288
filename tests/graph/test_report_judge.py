"""What the report says of a judge: how often its two orders agreed."""

from __future__ import annotations

import json
from pathlib import Path

from tests.graph.page_text import text_of
from tutelage.graph.records import JudgementRecord
from tutelage.graph.report_page import render_page
from tutelage.graph.report_teachers import judge_facts
from tutelage.graph.rundir import RunDir

SAMPLE = json.loads((Path(__file__).parent / "sample_report.json").read_text())


def test_agreement_is_counted_over_all_answers_and_absent_where_no_answer_was_judged(tmp_path: Path) -> None:
    rundir = RunDir(tmp_path)
    assert judge_facts(rundir) is None
    for part, agreed in (("one", (True, True, None)), ("two", (False,))):
        rows = [
            JudgementRecord(probe=f"{part}-{n}", response_first=None, reference_first=None, agreed=a)
            for n, a in enumerate(agreed)
        ]
        rundir.write_part("judgements", part, rows)
    assert judge_facts(rundir) == {"answers": 4, "agreed": 2, "disagreed": 1, "unjudged": 1}


def test_the_page_says_how_often_both_orders_agreed_and_nothing_of_a_judge_where_there_was_none() -> None:
    found = {"answers": 1200, "agreed": 1100, "disagreed": 90, "unjudged": 10}
    text = text_of(render_page({**SAMPLE, "judge": found}))
    assert "of 1,200, both orders agreed on 1,100 and not on 90, which count as wrong; 10 got no judgement." in text
    assert "graded by a judge" not in text_of(render_page(SAMPLE))
