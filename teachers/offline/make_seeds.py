"""``python -m tutelage.teachers.offline.make_seeds DOMAIN PATH``: a domain's seed items, always the same."""

from __future__ import annotations

import argparse
from pathlib import Path
from random import Random

from tutelage.files import write_jsonl
from tutelage.pedagogy.records import Record
from tutelage.teachers.offline.skills import DOMAINS, LEVELS, Skill

ITEMS_A_MODULE = 480


class SeedRow(Record):
    """One row of a domain's seed file."""

    id: str
    module: str
    question: str
    reference: str
    level: int


def seed_rows(skill: Skill) -> list[SeedRow]:
    """The seed items of one skill: distinct questions over the numbers kept for probes, the levels in turn."""
    rng = Random(f"everyday_arithmetic:{skill.id}")  # noqa: S311 - the same items every time, no secret
    seen: set[str] = set()
    rows: list[SeedRow] = []
    while len(rows) < ITEMS_A_MODULE:
        problem = skill.draw(rng, LEVELS[len(rows) % len(LEVELS)], probe=True)
        if problem.question in seen:
            continue
        seen.add(problem.question)
        rows.append(
            SeedRow(
                id=f"{skill.id}/{len(rows) + 1:04d}",
                module=skill.id,
                question=problem.question,
                reference=str(problem.working.answer),
                level=problem.level,
            )
        )
    return rows


def all_rows(domain: str) -> list[SeedRow]:
    """The seed items of the whole domain."""
    return [row for skill in DOMAINS[domain] for row in seed_rows(skill)]


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(prog="python -m tutelage.teachers.offline.make_seeds", description=__doc__)
    parser.add_argument("domain", choices=sorted(DOMAINS))
    parser.add_argument("path", type=Path)
    said = parser.parse_args()
    write_jsonl(said.path, all_rows(said.domain))


if __name__ == "__main__":
    main()
