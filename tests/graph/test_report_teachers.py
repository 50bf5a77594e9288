"""What the page says of teachers: costs beside their estimate, by module, and a reference that changed."""

from __future__ import annotations

import json
from pathlib import Path

from tests.graph.page_text import text_of
from tutelage.graph.page.model import Report, read_report
from tutelage.graph.page.tallies import beside_estimate, changed_references, usage_of_modules
from tutelage.graph.report_page import render_page

SAMPLE = json.loads((Path(__file__).parent / "sample_report.json").read_text())


def test_every_role_stands_beside_what_was_expected_of_it_and_the_sums_are_sums() -> None:
    *rows, whole = beside_estimate(read_report(SAMPLE))
    assert {row.estimate.role for row in rows} == {usage["role"] for usage in SAMPLE["usage"]}
    assert whole.actual.calls == sum(row.actual.calls for row in rows) == sum(u["calls"] for u in SAMPLE["usage"])
    assert whole.estimate.expected.calls == sum(row.estimate.expected.calls for row in rows)
    text = text_of(render_page(SAMPLE))
    assert "Against the estimate made before the run" in text
    assert f"All {whole.estimate.expected.calls:,} {whole.actual.calls:,} {whole.estimate.most.calls:,}" in text


def test_costs_by_module_are_sorted_dearest_first_and_the_whole_domain_comes_last() -> None:
    found = usage_of_modules(read_report(SAMPLE))
    assert [(name, usage.calls) for name, usage in found] == [("One-digit multiplication", 10), ("the whole domain", 2)]
    assert "One-digit multiplication 10 1,000 1,250 2,250 $0.0024" in text_of(render_page(SAMPLE))


def test_a_changed_reference_is_shown_under_both_and_an_unchanged_one_not_at_all() -> None:
    report = read_report(SAMPLE)
    assert [(name, rate.model, rate.rate) for name, rate in changed_references(report)] == [
        ("One-digit multiplication", "big-one", 1.0), ("One-digit multiplication", "other-one", 0.8),
    ]  # fmt: skip
    assert "The reference teacher changed" in text_of(render_page(SAMPLE))
    same = {**SAMPLE, "modules": [{**m, "references": m.get("references", [])[:1]} for m in SAMPLE["modules"]]}
    assert changed_references(read_report(same)) == ()
    assert "The reference teacher changed" not in text_of(render_page(same))


def test_dollars_are_shown_only_where_every_price_was_known() -> None:
    usage = [{**u, "dollars": None} for u in SAMPLE["usage"][:1]] + SAMPLE["usage"][1:]
    *_, whole = beside_estimate(read_report({**SAMPLE, "usage": usage}))
    assert whole.actual.dollars is None
    assert beside_estimate(Report()) == ()
