from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tutelage.files import jsonl, read_rows
from tutelage.teachers.offline.make_seeds import ITEMS_A_MODULE, SeedRow, all_rows
from tutelage.teachers.offline.skills import DOMAINS, SKILLS

FOLDER = Path(__file__).parents[2] / "configs" / "domains"


@pytest.fixture(params=sorted(DOMAINS))
def domain(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def rows(domain: str) -> list[SeedRow]:
    return read_rows(FOLDER / f"{domain}.jsonl", SeedRow)


def test_the_maker_reproduces_the_committed_file(domain: str) -> None:
    assert jsonl(all_rows(domain)) == (FOLDER / f"{domain}.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize("grown", ["everyday_errands", "everyday_measures"])
def test_a_grown_domain_begins_with_all_that_everyday_arithmetic_has(grown: str) -> None:
    assert all_rows(grown)[: len(all_rows("everyday_arithmetic"))] == all_rows("everyday_arithmetic")


def test_the_solver_agrees_with_every_reference_and_level(rows: list[SeedRow]) -> None:
    for row in rows:
        problem = SKILLS[row.module].solve(row.question)
        assert problem is not None
        assert (str(problem.working.answer), problem.level) == (row.reference, row.level)


def test_every_module_has_its_items_in_three_even_levels(rows: list[SeedRow], domain: str) -> None:
    assert Counter(row.module for row in rows) == dict.fromkeys((s.id for s in DOMAINS[domain]), ITEMS_A_MODULE)
    assert set(Counter((row.module, row.level) for row in rows).values()) == {ITEMS_A_MODULE // 3}


def test_ids_and_questions_are_distinct(rows: list[SeedRow]) -> None:
    assert len({row.id for row in rows}) == len({row.question for row in rows}) == len(rows)
    assert rows[0].id == "number/counting_on/0001"
