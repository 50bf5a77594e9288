"""A module that no item exercises gets probes that the Tutor writes, each verified."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.graph.test_mapping import ADDITION, ARITHMETIC, draw, named, sketch
from tests.teachers.hostile import Answer, completion, hostile, json_answer
from tutelage.configs.load import load_domain
from tutelage.errors import DomainError
from tutelage.files import read_rows
from tutelage.graph.mapping import map_lines
from tutelage.graph.written import WrittenProbe


def without(folder: Path, module: str) -> Path:
    """A sketch whose items are of all modules but one."""
    path = sketch(folder)
    rows = [json.loads(line) for line in ARITHMETIC.read_text().splitlines()[::40]]
    kept = [{**row, "module": "?"} for row in rows if row["module"] != module]
    (folder / "seeds.jsonl").write_text("".join(json.dumps(row) + "\n" for row in kept))
    return path


async def test_a_module_without_items_gets_probes_that_the_grader_and_an_independent_solution_agree_on(
    tmp_path: Path,
) -> None:
    drawn = await draw(tmp_path, path=without(tmp_path, ADDITION), least_items=6, write_probes=6)
    kept = [probe for probe in drawn.written if probe.kept]
    assert {probe.module for probe in kept} == {ADDITION}
    assert len(kept) >= 6
    assert ADDITION in {m.id for m in load_domain(drawn.domain).modules}
    rows = [json.loads(line) for line in (tmp_path / "out" / "items.jsonl").read_text().splitlines()]
    written = [row for row in rows if row["id"].startswith("written/")]
    assert [row["module"] for row in written] == [ADDITION] * len(kept)
    assert all(int(row["reference"]) == sum(_numbers(row["question"])) for row in written)
    assert any(line.startswith(f"written for {ADDITION}: ") for line in map_lines(drawn))


def _numbers(question: str) -> list[int]:
    return [int(word) for word in question.replace("?", " ").replace(".", " ").split() if word.isdigit()]


async def test_without_leave_no_probe_is_written(tmp_path: Path) -> None:
    drawn = await draw(tmp_path, path=without(tmp_path, ADDITION), least_items=6)
    assert drawn.written == ()
    assert drawn.left_out == {ADDITION: 0}
    assert not (tmp_path / "out" / "written.jsonl").exists()


PROBES = [
    {"question": "What is 2 + 3?", "reference": "5"},
    {"question": "What is 2 + 3 ?", "reference": "5"},
    {"question": "What is 4 + 4?", "reference": "9"},
    {"question": "What is 1 + 1?", "reference": "two"},
    {"question": "What is 6 + 1?", "reference": "7"},
]


def careless(body: dict[str, Any]) -> Answer:
    """A teacher whose probes are right, repeated, wrong, ungradable and of another module."""
    if not body:
        return json_answer({"data": [{"id": "m"}]})
    text = str(body["messages"][-1]["content"])
    if "```json" not in text:
        numbers = _numbers(text)
        return json_answer(completion(f"Answer: {sum(numbers)}"))
    context = json.loads(text[text.index("```json") + 7 : text.rindex("```")])
    if "items" in context and "count" not in context:
        other = [i["id"] for i in context["items"] if not i["question"].startswith("What is 2 + 3")]
        tags = [{"item": i["id"], "modules": ["a/b" if i["id"] in other else "c/d"]} for i in context["items"]]
        return json_answer(completion(json.dumps({"tags": tags})))
    if "module" in context:
        return json_answer(completion(json.dumps({"probes": PROBES})))
    return json_answer(completion(json.dumps({"modules": named("a/b", "c/d")})))


async def test_every_probe_that_is_not_kept_has_a_typed_reason_and_the_counts_add_up(tmp_path: Path) -> None:
    async with hostile(careless) as server:
        drawn = await draw(tmp_path, server.base_url, least_items=3, write_probes=3)
    found = read_rows(tmp_path / "out" / "written.jsonl", WrittenProbe)
    assert tuple(found) == drawn.written
    assert [probe.reason for probe in found] == [None, "duplicate", "wrong_answer", "unverifiable", "off_module"]
    assert {probe.module for probe in found} == {"c/d"}
    assert drawn.left_out == {"c/d": 1}, "one probe is fewer than three"
    line = "written for c/d: 5 probes, 1 kept (duplicate 1, off_module 1, unverifiable 1, wrong_answer 1)"
    assert line in map_lines(drawn)


async def test_probes_are_not_written_where_no_grader_can_verify_them(tmp_path: Path) -> None:
    with pytest.raises(DomainError, match="'rouge' cannot"):
        await draw(tmp_path, path=sketch(tmp_path, grader="rouge"), write_probes=3)
