"""A bad domain: one line that says what and where, exit code 2, nothing written, no model loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.driver import CommandLine
from tests.e2e.refusals import edit, edit_items, refuse
from tests.kill.small import MODULES

ADDITION, MULTIPLICATION = MODULES


def test_a_cycle_of_prerequisites_is_shown(tutelage: CommandLine, config: Path) -> None:
    def tie(domain: dict[str, Any]) -> None:
        domain["modules"][0]["prerequisites"] = [domain["modules"][1]["id"]]
        domain["modules"][1]["prerequisites"] = [domain["modules"][0]["id"]]

    edit(config.with_name("domain.yaml"), tie)
    refuse(tutelage, config, 2, "domain.yaml", "cycle", ADDITION, MULTIPLICATION)


def test_a_module_that_is_its_own_prerequisite_is_a_cycle(tutelage: CommandLine, config: Path) -> None:
    edit(config.with_name("domain.yaml"), lambda d: d["modules"][0].update(prerequisites=[ADDITION]))
    refuse(tutelage, config, 2, "domain.yaml", "cycle", ADDITION)


def test_a_prerequisite_that_is_no_module_is_named(tutelage: CommandLine, config: Path) -> None:
    edit(config.with_name("domain.yaml"), lambda d: d["modules"][0].update(prerequisites=["number/none"]))
    refuse(tutelage, config, 2, "domain.yaml", ADDITION, "number/none")


def test_a_domain_file_that_is_missing_is_named(tutelage: CommandLine, config: Path) -> None:
    config.with_name("domain.yaml").unlink()
    refuse(tutelage, config, 2, "domain.yaml", "no such domain file")


def test_items_that_are_missing_are_named(tutelage: CommandLine, config: Path) -> None:
    config.with_name("items.jsonl").unlink()
    refuse(tutelage, config, 2, "items.jsonl", "No such file")


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_items_that_are_empty_are_refused(tutelage: CommandLine, config: Path, text: str) -> None:
    config.with_name("items.jsonl").write_text(text)
    refuse(tutelage, config, 2, "items.jsonl", "no items")


def test_an_id_that_stands_twice_is_named_with_both_lines(tutelage: CommandLine, config: Path) -> None:
    edit_items(config, lambda lines: [*lines, lines[2]])
    total = len(config.with_name("items.jsonl").read_text().splitlines())
    refuse(tutelage, config, 2, f"items.jsonl:{total}", "line 3")


def test_a_byte_that_is_not_utf8_is_found(tutelage: CommandLine, config: Path) -> None:
    path = config.with_name("items.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b"What", b"Wh\xe9t", 1)
    assert b"\xe9" in lines[1]
    path.write_bytes(b"".join(lines))
    refuse(tutelage, config, 2, "items.jsonl:2", "0xe9", "UTF-8")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reference": None}, ("reference",)),
        ({"reference": " "}, ("reference is empty",)),
        ({"reference": "a few"}, ("reference",)),
        ({"question": ""}, ("question is empty",)),
        ({"module": "number/none"}, ("number/none", "modules here", ADDITION)),
        ({"refrence": "3"}, ("refrence",)),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_used_is_named_with_its_line(
    tutelage: CommandLine, config: Path, change: dict[str, Any], words: tuple[str, ...]
) -> None:
    def spoil(lines: list[str]) -> list[str]:
        row = {k: v for k, v in {**json.loads(lines[4]), **change}.items() if v is not None}
        return [*lines[:4], json.dumps(row), *lines[5:]]

    edit_items(config, spoil)
    refuse(tutelage, config, 2, "items.jsonl:5", *words)


def test_a_line_that_is_not_json_is_named(tutelage: CommandLine, config: Path) -> None:
    edit_items(config, lambda lines: [lines[0], lines[1][:-5], *lines[2:]])
    refuse(tutelage, config, 2, "items.jsonl:2", "not JSON")


def test_rows_that_contradict_each_other_are_named(tutelage: CommandLine, config: Path) -> None:
    def contradict(lines: list[str]) -> list[str]:
        row = json.loads(lines[0])
        return [*lines, json.dumps({**row, "id": "other", "reference": str(int(row["reference"]) + 1)})]

    edit_items(config, contradict)
    refuse(tutelage, config, 2, "items.jsonl:", "'other'", "different answers")


def test_too_few_items_are_counted_for_every_module(tutelage: CommandLine, config: Path) -> None:
    def few(lines: list[str]) -> list[str]:
        kept: dict[str, list[str]] = {}
        for line in lines:
            kept.setdefault(json.loads(line)["module"], []).append(line)
        return [*kept[ADDITION][:17], *kept[MULTIPLICATION][:5]]

    edit_items(config, few)
    # 4 diagnostic, 4 held-out, 3 attempts of one look at 4 items
    refuse(tutelage, config, 2, "items.jsonl", f"{ADDITION} lacks 3", f"{MULTIPLICATION} lacks 15", "needs 20")


def test_what_an_error_cites_cannot_steer_the_terminal(tutelage: CommandLine, config: Path) -> None:
    hostile = {"module": "\x1b]0;owned\x07\u202e"}
    edit_items(config, lambda lines: [json.dumps({**json.loads(lines[0]), **hostile}), *lines[1:]])
    refuse(tutelage, config, 2, "items.jsonl:1", r"no module '\x1b]0;owned\x07\u202e'")
