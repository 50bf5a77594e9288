"""A domain without modules becomes one with them, whatever its teacher answers."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.graph.simulated import REPOSITORY
from tests.teachers.hostile import Answer, completion, hostile, json_answer
from tutelage.configs.load import load_domain
from tutelage.errors import ConfigError, DomainError, RunDirError, TeacherFailed
from tutelage.graph.mapping import Drawn, draw_domain, map_lines

ARITHMETIC = REPOSITORY / "configs" / "domains" / "everyday_arithmetic.jsonl"
ADDITION = "number/addition"


def sketch(folder: Path, every: int = 40, **said: Any) -> Path:
    """Items of every module, their modules forgotten."""
    rows = [json.loads(line) for line in ARITHMETIC.read_text().splitlines()[::every]]
    (folder / "seeds.jsonl").write_text("".join(json.dumps({**r, "module": "?"}) + "\n" for r in rows))
    path = folder / "sketch.yaml"
    domain = {
        "name": "sums",
        "description": "Everyday arithmetic.",
        "items": "seeds.jsonl",
        "grader": "numeric",
        **said,
    }
    path.write_text(yaml.safe_dump(domain))
    return path


async def draw(
    folder: Path, teacher: str = "offline", least_items: int = 1, path: Path | None = None, write_probes: int = 0
) -> Drawn:
    return await draw_domain(
        path or sketch(folder), folder / "out", teacher, modules=(25, 35), least_items=least_items,
        write_probes=write_probes, use_cache=False,
    )  # fmt: skip


def scripted(modules: list[dict[str, Any]], tag: str | None) -> Any:
    """A teacher with this map, who tags every item alike."""

    def answer(body: dict[str, Any]) -> Answer:
        if not body:
            return json_answer({"data": [{"id": "m"}]})
        text = body["messages"][-1]["content"] if len(body["messages"]) < 3 else body["messages"][1]["content"]
        context = json.loads(text[text.index("```json") + 7 : text.rindex("```")])
        if "items" in context:
            tags = [{"item": i["id"], "modules": [tag] if tag else []} for i in context["items"]]
            return json_answer(completion(json.dumps({"tags": tags})))
        return json_answer(completion(json.dumps({"modules": modules})))

    return answer


def named(*ids: str) -> list[dict[str, Any]]:
    return [{"id": k, "name": f"Skill {k}", "description": f"all of {k}", "difficulty": "advanced"} for k in ids]


async def test_the_offline_teacher_maps_arithmetic_and_finds_each_items_module_again(tmp_path: Path) -> None:
    drawn = await draw(tmp_path)
    domain = load_domain(drawn.domain)
    assert drawn.coverage.covered == 1.0
    assert {m.id for m in domain.modules} == {m.id for m in drawn.modules}
    assert all(m.prerequisites is None for m in domain.modules), "the run's teacher is to propose them"
    true = {r["id"]: r["module"] for r in map(json.loads, ARITHMETIC.read_text().splitlines())}
    rows = [json.loads(line) for line in (tmp_path / "out" / "items.jsonl").read_text().splitlines()]
    assert len(rows) == 72
    assert all(row["module"] == true[row["id"]] for row in rows)
    assert Counter(row["module"] for row in rows)[ADDITION] == drawn.coverage.items[ADDITION]


async def test_modules_with_too_few_items_are_left_out_and_said(tmp_path: Path) -> None:
    async with hostile(scripted(named("a/b", "c/d"), "a/b")) as server:
        drawn = await draw(tmp_path, server.base_url)
    assert [m.id for m in drawn.modules] == ["a/b"]
    assert drawn.left_out == {"c/d": 0}
    assert "left out: c/d, 0 items" in map_lines(drawn)
    facts = json.loads((tmp_path / "out" / "map.json").read_text())
    assert facts["items"] == {"a/b": 72, "c/d": 0}


async def test_modules_that_no_item_fits_are_refused_with_the_counts(tmp_path: Path) -> None:
    async with hostile(scripted(named("a/b", "c/d"), None)) as server:
        with pytest.raises(DomainError, match="no module of the map has 1 items; the fullest has 0, and 72 of 72"):
            await draw(tmp_path, server.base_url)
    assert not (tmp_path / "out" / "domain.yaml").exists()
    assert (tmp_path / "out" / "map.json").exists(), "what was paid for is kept"


@pytest.mark.parametrize("count", [0, 500])
async def test_no_module_and_five_hundred_are_asked_for_again_and_then_refused(tmp_path: Path, count: int) -> None:
    async with hostile(scripted(named(*(f"a/m{n}" for n in range(count))), None)) as server:
        with pytest.raises(TeacherFailed, match="cannot be used"):
            await draw(tmp_path, server.base_url)
        assert len(server.bodies) == 2
    assert not (tmp_path / "out" / "domain.yaml").exists()


async def test_a_domain_that_names_modules_is_not_mapped(tmp_path: Path) -> None:
    path = sketch(tmp_path, modules=[{"id": "a", "name": "A"}])
    with pytest.raises(ConfigError, match="names its modules already"):
        await draw(tmp_path, path=path)


async def test_a_folder_with_a_domain_is_left_alone(tmp_path: Path) -> None:
    await draw(tmp_path)
    with pytest.raises(RunDirError, match="lies there already"):
        await draw(tmp_path)


async def test_the_same_teacher_draws_the_same_domain(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        drawn = await draw(tmp_path / name)
        found.append((drawn.domain.read_text(), (drawn.domain.parent / "items.jsonl").read_text()))
    assert found[0] == found[1]
