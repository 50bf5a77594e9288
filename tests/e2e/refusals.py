"""Spoiling a good input, and what a refusal must look like."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.driver import CommandLine, Outcome


def edit(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a YAML file."""
    value = yaml.safe_load(path.read_text())
    change(value)
    path.write_text(yaml.safe_dump(value, sort_keys=False))


def edit_items(config: Path, change: Callable[[list[str]], list[str]]) -> Path:
    """Change the lines of the domain's items."""
    path = config.parent / "items.jsonl"
    path.write_text("".join(f"{line}\n" for line in change(path.read_text().splitlines())))
    return path


def expect(outcome: Outcome, code: int, *words: str) -> None:
    """One line on stderr with these words, and no torch."""
    assert outcome.crash is None, outcome.crash
    assert outcome.code == code, outcome.err
    lines = outcome.err.splitlines()
    assert len(lines) == 1, outcome.err
    assert lines[0].startswith("tutelage: ")
    for word in words:
        assert word in lines[0]
    assert not outcome.torch, "torch was imported"


def refuse(tutelage: CommandLine, config: Path, code: int, *words: str, options: tuple[str, ...] = ()) -> None:
    """``tutelage run`` ends with this code and leaves its folder as it was."""
    before = sorted(config.parent.rglob("*"))
    expect(tutelage("run", config, "--run-dir", config.parent / "runs" / "new", *options), code, *words)
    assert sorted(config.parent.rglob("*")) == before
