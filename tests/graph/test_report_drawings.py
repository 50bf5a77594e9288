"""The drawings of the report: the curriculum as a graph, the mastery curves, numbers as they are written."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.graph.page_text import text_of
from tutelage.graph.page.curriculum import columns_of, draw
from tutelage.graph.page.curves import panels
from tutelage.graph.page.formats import duration, interval, moment, signed
from tutelage.graph.page.model import read_report
from tutelage.graph.page.routes import NODE_HEIGHT
from tutelage.graph.report_page import render_page

Json = dict[str, Any]


def test_columns_are_known_then_stages_then_the_untaught(report: Json) -> None:
    columns = columns_of(read_report(report))
    assert [column.heading for column in columns] == ["Known before", "Stage 1", "Stage 2", "Stage 3", "Not taught"]
    assert [module.id for module in columns[3].modules] == ["word/boxes_and_more"]


def test_edges_run_from_box_to_box_and_through_no_third(report: Json) -> None:
    drawing = draw(read_report(report))
    boxes = {node.module.id: node for node in drawing.nodes}
    assert len(drawing.curves) == len(report["edges"])
    for curve in drawing.curves:
        numbers = [float(number) for number in re.findall(r"-?\d+\.\d+", curve.path)]
        start, end = boxes[curve.edge.prerequisite], boxes[curve.edge.dependent]
        assert numbers[0] == pytest.approx(start.x + drawing.node_width, abs=0.1)
        assert start.y < numbers[1] < start.y + NODE_HEIGHT
        assert numbers[-2] == pytest.approx(end.x, abs=0.1)
        assert end.y < numbers[-1] < end.y + NODE_HEIGHT
        for x, y in levels(curve.path):
            assert not [n for n in drawing.nodes if n.x < x < n.x + drawing.node_width and n.y < y < n.y + NODE_HEIGHT]


def levels(path: str) -> list[tuple[float, float]]:
    """A point in the middle of every level stretch of a path: where it passes through a column."""
    stretches = re.findall(r"([\d.]+),([\d.]+) H([\d.]+)", path)
    return [((float(x) + float(to)) / 2, float(y)) for x, y, to in stretches]


def test_boxes_of_one_column_do_not_overlap_in_a_large_map() -> None:
    modules = [
        {"id": f"m{i}", "name": "A rather long module name " * 2, "stage": i % 6, "verdict": "mastered"}
        for i in range(35)
    ]
    edges = [
        {"from": f"m{i}", "to": f"m{j}", "strength": 0.5}
        for i in range(35)
        for j in range(35)
        if j % 6 > i % 6 and (i + j) % 5 == 0
    ]
    drawing = draw(read_report({"modules": modules, "edges": edges}))
    for one in drawing.nodes:
        assert one.y >= 0
        assert one.y + NODE_HEIGHT <= drawing.height
        for other in drawing.nodes:
            assert one is other or one.x != other.x or abs(one.y - other.y) >= NODE_HEIGHT


def test_a_cycle_or_an_unknown_module_in_the_map_does_not_break_the_page() -> None:
    edges = [{"from": "a", "to": "b"}, {"from": "b", "to": "a"}, {"from": "a", "to": "a"}, {"from": "a", "to": "ghost"}]
    text = text_of(render_page({"modules": [{"id": "a"}, {"id": "b"}], "edges": edges}))
    assert "All 4 prerequisites" in text


def test_curves_tell_taught_from_untaught_rounds(report: Json) -> None:
    panel = next(p for p in panels(read_report(report)) if p.module.id == "number/add_two_digits")
    assert [(dot.pool, dot.taught, dot.verdict) for dot in panel.dots] == [
        ("diagnostic", False, ""),
        ("gate", True, "remediate"),
        ("gate", True, "mastered"),
        ("gate", False, ""),
        ("gate", False, ""),
    ]
    assert len(panel.bands) == 2


def test_the_threshold_of_a_curve_is_a_share_of_what_the_teacher_gets_right(report: Json) -> None:
    curves = {panel.module.id: panel for panel in panels(read_report(report))}
    assert curves["number/add_two_digits"].threshold == pytest.approx(0.9)
    assert curves["calendar/day_of_week"].threshold is None
    gate = next(d for d in report["decisions"] if d["module"] == "time/hours_to_minutes")
    gate["inputs"]["teacher"] = 0.5
    halved = {panel.module.id: panel for panel in panels(read_report(report))}
    assert halved["time/hours_to_minutes"].threshold == pytest.approx(0.45)


def test_two_readings_of_one_round_stand_beside_each_other(report: Json) -> None:
    point = report["curve"][1]
    report["curve"] = [point, {**point, "pool": "gate"}]
    (panel,) = panels(read_report(report))
    assert panel.dots[0].x < panel.dots[1].x


def test_numbers_are_written_one_way() -> None:
    assert [duration(s) for s in (2.13, 59.96, 61, 3600, 7505)] == [
        "2.1 s",
        "1 min 00 s",
        "1 min 01 s",
        "1 h 00 min",
        "2 h 05 min",
    ]
    assert (signed(-0.5), signed(0.25), interval(None, None)) == ("−0.50", "+0.25", "–")
    assert moment("2026-11-24T10:12:04+01:00") == "2026-11-24 09:12 UTC"
    assert moment("yesterday") == "yesterday"
