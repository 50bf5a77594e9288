"""Writes every ready domain's seed items."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

from tutelage.configs.domain import SeedRow
from tutelage.configs.seeds import academic, code, instructions, mathematics
from tutelage.files import canonical_json, write_text

MAKERS: dict[str, Callable[[], Iterable[SeedRow]]] = {
    "mathematics": mathematics.rows,
    "code": code.rows,
    "instructions": instructions.rows,
    "academic": academic.rows,
}


def text(rows: Iterable[SeedRow]) -> str:
    """The rows as JSON Lines; what a row does not say is left out."""
    return "".join(canonical_json(row.model_dump(mode="json", exclude_none=True)) + "\n" for row in rows)


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(prog="python -m tutelage.configs.seeds", description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for name, rows in MAKERS.items():
        write_text(folder / f"{name}.jsonl", text(rows()))


if __name__ == "__main__":
    main()
