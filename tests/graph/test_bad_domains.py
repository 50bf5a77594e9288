"""Bad maps and bad domains: each has a stated outcome (docs/diagnosis.md), and none of them is silence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.graph.faculty import loopback
from tests.graph.simulated import Ability, decisions, install, run, verdicts
from tutelage.configs.load import load_run
from tutelage.errors import ConfigError, DomainError, InputError
from tutelage.graph.inputs import read_domain
from tutelage.pedagogy.records import KnowledgeMap
from tutelage.pedagogy.stages import stages

MODULES = ("number/addition", "number/multiplication", "number/subtraction", "time/minutes", "word/boxes")
ADDITION, SUBTRACTION = MODULES[0], MODULES[2]
BRIEF = ("limits.rounds=1", "tutor.examples=4", "diagnosis.held_out=4")
Rows = list[dict[str, Any]]


def mapped(**prerequisites: dict[str, float]) -> str:
    """A teacher's map of these modules; ``__`` stands for the slash."""
    modules = [
        {"id": k.replace("__", "/"), "difficulty": "advanced",
         "prerequisites": [{"module": p, "confidence": c} for p, c in found.items()]}
        for k, found in prerequisites.items()
    ]  # fmt: skip
    return json.dumps({"modules": modules})


def notes(root: Path) -> list[str]:
    return [d["reason"] for d in decisions(root) if d["verdict"] == "note"]


async def mapped_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str) -> KnowledgeMap:
    install(monkeypatch, Ability(), tmp_path)
    async with loopback("m", instead={"knowledge_map": answer}) as teacher:
        ended, _ = await run(tmp_path / "run", *BRIEF, f"teachers.default={teacher.url}")
    assert ended.outcome == "stopped_by_rounds"
    assert ended.report["candidates"]["accepted"] > 0, "the run teaches all the same"
    return KnowledgeMap.model_validate_json((tmp_path / "run" / "knowledge_map.json").read_bytes())


async def test_a_cyclic_map_loses_its_weakest_edge_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    others: dict[str, dict[str, float]] = {k.replace("/", "__"): {} for k in MODULES[1:] if k != SUBTRACTION}
    answer = mapped(number__addition={SUBTRACTION: 0.4}, number__subtraction={ADDITION: 0.9}, **others)
    found = await mapped_run(tmp_path, monkeypatch, answer)
    assert [(e.prerequisite, e.dependent, e.strength) for e in found.edges] == [(ADDITION, SUBTRACTION, 0.9)]
    assert notes(tmp_path / "run") == [f"the edge {SUBTRACTION} -> {ADDITION} closed a cycle and is dropped"]
    assert len(stages([m.id for m in found.modules], found.edges)) == 2


async def test_a_map_of_no_modules_leaves_the_domains_own_without_edges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await mapped_run(tmp_path, monkeypatch, mapped())
    assert ([m.id for m in found.modules], found.edges) == (list(dict.fromkeys(m.id for m in found.modules)), ())
    assert set(notes(tmp_path / "run")) == {f"the teacher left a module out: {k}" for k in MODULES}


async def test_a_map_of_five_hundred_strange_modules_changes_nothing_and_is_one_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strange = {f"strange__m{n}": {ADDITION: 1.0} for n in range(500)}
    found = await mapped_run(tmp_path, monkeypatch, mapped(**{k.replace("/", "__"): {} for k in MODULES}, **strange))
    assert {m.id for m in found.modules} == set(MODULES)
    (note,) = notes(tmp_path / "run")
    assert note.startswith("the teacher named an unknown module, 500 times: strange/m0, ")


async def test_a_module_that_its_teacher_never_gets_right_is_excluded_and_what_stands_on_it_held_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(), tmp_path)
    async with loopback("m", cannot=ADDITION) as teacher:
        ended, _ = await run(tmp_path / "run", *BRIEF, f"teachers.default={teacher.url}")
    root = tmp_path / "run"
    assert verdicts(root, ADDITION) == ["excluded"]
    assert verdicts(root, SUBTRACTION)[-1] == "held_back"
    (decision,) = [d for d in decisions(root) if d["module"] == ADDITION]
    assert "answers none of its probes" in decision["reason"]
    assert ADDITION not in {json.loads(x)["module"] for x in (root / "candidates.jsonl").read_text().splitlines()}
    assert {m["id"]: m["verdict"] for m in ended.report["modules"]}[ADDITION] == "excluded"


async def test_modules_that_the_student_masters_already_are_taught_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, Ability(start=1.0), tmp_path)
    ended, _ = await run(tmp_path / "run")
    assert ended.outcome == "mastered"
    assert {m["verdict"] for m in ended.report["modules"]} == {"known"}
    assert not (tmp_path / "run" / "candidates.jsonl").exists()


def domain(folder: Path, spoil: Callable[[dict[str, Any], Rows], None], count: int = 20) -> Path:
    """A domain of two modules, spoiled."""
    said = {
        "name": "d", "description": "d", "items": "items.jsonl", "grader": "numeric",
        "modules": [{"id": "a/one", "name": "One"}, {"id": "a/two", "name": "Two"}],
    }  # fmt: skip
    rows = [
        {"id": f"{k}{n}", "module": k, "question": f"{k}: what is {n} + 1?", "reference": str(n + 1)}
        for k in ("a/one", "a/two")
        for n in range(count)
    ]
    spoil(said, rows)
    (folder / "domain.yaml").write_text(yaml.safe_dump(said))
    (folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = folder / "run.yaml"
    path.write_text(yaml.safe_dump({"name": "r", "domain": "domain.yaml", "student": {"model": "s"}}))
    return path


SIZES = ("diagnosis.probes=4", "diagnosis.held_out=4", "gate.items_per_look=4", "gate.looks=1", "gate.attempts=3")


def contradict(said: dict[str, Any], rows: Rows) -> None:
    rows.append({**rows[0], "id": "other", "reference": "77"})


def alike(said: dict[str, Any], rows: Rows) -> None:
    for row in rows:
        row |= {"question": "What is 1 + 1?", "reference": "2"}


def no_modules(said: dict[str, Any], rows: Rows) -> None:
    said["modules"] = []


def unfitted(said: dict[str, Any], rows: Rows) -> None:
    said["modules"].append({"id": "a/none", "name": "No item is of this module"})


def many(said: dict[str, Any], rows: Rows) -> None:
    said["modules"] += [{"id": f"a/m{n}", "name": f"M{n}"} for n in range(498)]


@pytest.mark.parametrize(
    ("spoil", "kind", "words"),
    [
        (contradict, DomainError, ("items.jsonl:41", "'other' and 'a/one0' ask the same and want different answers")),
        (alike, DomainError, ("too few items", "a/one lacks 19", "a/two lacks 20", "20 distinct items")),
        (no_modules, ConfigError, ("modules", "at least 1 item")),
        (unfitted, DomainError, ("too few items", "a/none lacks 20")),
        (many, DomainError, ("too few items", "a/m0 lacks 20")),
    ],
    ids=["contradictory", "all-identical", "no-modules", "no-item-fits", "five-hundred"],
)
def test_a_bad_domain_is_refused_with_what_is_wrong(
    tmp_path: Path, spoil: Callable[[dict[str, Any], Rows], None], kind: type[InputError], words: tuple[str, ...]
) -> None:
    path = domain(tmp_path, spoil)
    with pytest.raises(kind) as found:
        read_domain(load_run(path, SIZES), path)
    assert all(word in found.value.line for word in words), found.value.line


def test_five_hundred_modules_with_items_are_a_domain_like_any_other(tmp_path: Path) -> None:
    def fill(said: dict[str, Any], rows: Rows) -> None:
        many(said, rows)
        rows += [
            {"id": f"{n}-{k}", "module": f"a/m{n}", "question": f"{n}: what is {k} + 2?", "reference": str(k + 2)}
            for n in range(498)
            for k in range(20)
        ]

    path = domain(tmp_path, fill)
    found, items = read_domain(load_run(path, SIZES), path)
    assert (len(found.modules), len(items)) == (500, 10_000)
