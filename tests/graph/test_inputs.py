from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.graph.simulated import QUICKSTART, REPOSITORY
from tutelage.configs.load import load_domain, load_run
from tutelage.errors import DomainError, InputError
from tutelage.graph.inputs import read_domain, with_answer_tokens, with_models_located
from tutelage.pedagogy.records import Item
from tutelage.training.grading import ANSWER_TOKENS, GraderName

ADD = {"id": "add", "name": "Addition"}
DOUBLE = {"id": "double", "name": "Doubling", "prerequisites": ["add"]}


def rows(count: int = 6, module: str = "add", start: int = 0) -> list[dict[str, Any]]:
    return [
        {"id": f"{module}{n}", "module": module, "question": f"{module}: {n}?", "reference": str(n), "level": 1}
        for n in range(start, start + count)
    ]


def read(folder: Path, lines: list[Any], *modules: dict[str, Any], seed: int = 0) -> tuple[Item, ...]:
    """Read a domain that needs six items a module: two for every pool."""
    domain = {"name": "d", "description": "", "items": "d.jsonl", "modules": list(modules or (ADD,))}
    (folder / "d.yaml").write_text(json.dumps(domain))
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    (folder / "d.jsonl").write_text(text)
    config = {
        "name": "r", "domain": "d.yaml", "student": {"model": "s"}, "seed": seed,
        "diagnosis": {"probes": 2, "held_out": 2}, "gate": {"items_per_look": 2, "looks": 1, "attempts": 1},
    }  # fmt: skip
    (folder / "run.yaml").write_text(json.dumps(config))
    return read_domain(load_run(folder / "run.yaml"), folder / "run.yaml")[1]


def complaint(folder: Path, lines: list[Any], *modules: dict[str, Any]) -> InputError:
    with pytest.raises(InputError) as caught:
        read(folder, lines, *modules)
    return caught.value


def test_every_item_is_bound_to_one_pool_by_the_seed(tmp_path: Path) -> None:
    items = read(tmp_path, rows(8))
    assert sorted(i.pool for i in items) == ["diagnostic"] * 2 + ["gate"] * 4 + ["held_out"] * 2
    assert read(tmp_path, rows(8)) == items
    assert read(tmp_path, rows(8), seed=1) != items


def test_a_reference_may_be_written_as_a_number(tmp_path: Path) -> None:
    numbered = [{**row, "reference": int(row["reference"])} for row in rows(8)]
    assert read(tmp_path, numbered) == read(tmp_path, rows(8))


def test_the_quickstarts_domain_has_items_enough(tmp_path: Path) -> None:
    domain, items = read_domain(load_run(QUICKSTART), REPOSITORY / "configs" / "quickstart.yaml")
    assert {i.module for i in items} == {m.id for m in domain.modules}


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ({"id": "x", "module": "add", "question": "?", "reference": "about ten"}, "reference of 'x'"),
        ({"id": "x", "module": "add", "question": " ", "reference": "1"}, "question is empty"),
        ({"id": "", "module": "add", "question": "?", "reference": "1"}, "id is empty"),
        ({"id": "x", "module": "sub", "question": "?", "reference": "1"}, "no module 'sub'"),
        ({"id": "add0", "module": "add", "question": "?", "reference": "1"}, "id 'add0' stands on line 1 already"),
        ({"id": "x", "module": "add", "question": "?", "reference": True}, "reference: Input should be"),
        ({"id": "x", "module": "add", "question": "?"}, "reference: Field required"),
        ({"id": "x", "module": "add", "question": "?", "reference": "1", "lvl": 2}, "lvl: Extra inputs"),
        ({"id": "x", "module": "add", "question": "add:  0?", "reference": "5"}, "ask the same and want different"),
        ('{"id": ', "not JSON"),
    ],
)
def test_a_bad_item_is_named_by_its_line(tmp_path: Path, line: Any, what: str) -> None:
    error = complaint(tmp_path, [*rows(), line])
    assert what in error.what
    assert error.where == f"{tmp_path / 'd.jsonl'}:7"


def test_the_same_question_with_the_same_answer_counts_once(tmp_path: Path) -> None:
    double = {**rows(1)[0], "id": "again", "question": "ADD: 0"}
    error = complaint(tmp_path, [*rows(5), double])
    assert "add lacks 1" in error.what
    assert "2 diagnostic, 2 gate, 2 held-out" in (error.do or "")


def test_a_question_of_two_modules_counts_for_the_first(tmp_path: Path) -> None:
    shared = {**rows(1)[0], "id": "x", "module": "double"}
    error = complaint(tmp_path, [*rows(), *rows(5, "double"), shared], ADD, DOUBLE)
    assert "double lacks 1" in error.what


def test_a_module_without_items_is_named(tmp_path: Path) -> None:
    assert "double lacks 6" in complaint(tmp_path, rows(), ADD, DOUBLE).what


def test_no_items_at_all_is_an_error_of_the_file(tmp_path: Path) -> None:
    assert complaint(tmp_path, []).what == "no items in it"


@pytest.mark.parametrize(
    ("modules", "what"),
    [
        ((ADD, ADD), "module add stands twice"),
        ((DOUBLE,), "double: no module 'add' to be a prerequisite"),
        (({**ADD, "prerequisites": ["double"]}, DOUBLE), "the prerequisites have a cycle"),
        (({**ADD, "prerequisites": ["add"]},), "the prerequisites have a cycle: add -> add"),
    ],
)
def test_a_map_that_cannot_be_is_refused(tmp_path: Path, modules: tuple[dict[str, Any], ...], what: str) -> None:
    error = complaint(tmp_path, [*rows(), *rows(6, "double")], *modules)
    assert what in error.what
    assert error.where == str(tmp_path / "d.yaml")


def test_a_missing_domain_says_to_what_its_path_is_relative(tmp_path: Path) -> None:
    read(tmp_path, rows())
    (tmp_path / "d.yaml").unlink()
    with pytest.raises(DomainError, match="relative to that file"):
        read_domain(load_run(tmp_path / "run.yaml"), tmp_path / "run.yaml")


def test_a_missing_file_of_items_is_named(tmp_path: Path) -> None:
    read(tmp_path, rows())
    (tmp_path / "d.jsonl").unlink()
    with pytest.raises(InputError, match=r"d\.jsonl: cannot read"):
        read_domain(load_run(tmp_path / "run.yaml"), tmp_path / "run.yaml")


def test_the_longest_answer_is_what_the_grader_needs_unless_the_run_says_it() -> None:
    config = load_run(QUICKSTART)
    told = config.student.answering.max_new_tokens
    assert told is not None
    answering = config.student.answering.model_copy(update={"max_new_tokens": None})
    silent = config.model_copy(update={"student": config.student.model_copy(update={"answering": answering})})
    domain = load_domain(QUICKSTART.parent / config.domain)
    for grader in get_args(GraderName):
        graded = domain.model_copy(update={"grader": grader})
        assert with_answer_tokens(silent, graded).student.answering.limit == ANSWER_TOKENS[grader]
        assert with_answer_tokens(config, graded) == config


def test_the_models_of_a_run_are_found_from_anywhere_later(tmp_path: Path) -> None:
    for name in ("student", "teacher"):
        (tmp_path / name).mkdir()
    config = load_run(QUICKSTART, ["student.model=student", "training.distil.teacher=teacher"])
    found = with_models_located(config, tmp_path)
    assert found.student.model == str(tmp_path / "student")
    assert found.training.distil is not None
    assert found.training.distil.teacher == str(tmp_path / "teacher")
    assert with_models_located(found, Path("elsewhere")) == found
    assert with_models_located(load_run(QUICKSTART), tmp_path) == load_run(QUICKSTART)
