"""Bad input: one line that says what and where, the right exit code, nothing written, no model loaded."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.driver import CommandLine, Outcome, command_line
from tests.kill.real import TeacherByHand, teacher_by_hand
from tests.kill.small import MODULES, write_small_run
from tutelage.graph.rundir import RunDir

ADDITION, MULTIPLICATION = MODULES


@pytest.fixture(scope="module")
def tutelage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    with command_line(tmp_path_factory.mktemp("driver")) as driver:
        yield driver


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TeacherByHand]:
    with teacher_by_hand(tmp_path_factory.mktemp("teacher")) as by_hand:
        yield by_hand


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A good configuration, whose student is complete by its file names: errors are found before loading."""
    student = tmp_path / "student"
    student.mkdir()
    for name in ("config.json", "tokenizer.json", "model.safetensors", "chat_template.jinja"):
        (student / name).write_text("{}")
    return write_small_run(tmp_path, student)


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


# The configuration's file.


def test_an_unknown_key_is_named_with_its_line(tutelage: CommandLine, config: Path) -> None:
    with config.open("a") as file:
        file.write("colour: blue\n")
    line = len(config.read_text().splitlines())
    refuse(tutelage, config, 2, f"run.yaml:{line}", "unknown key 'colour'", "known here")


def test_a_misspelt_key_gets_a_suggestion(tutelage: CommandLine, config: Path) -> None:
    edit(config, lambda c: c["gate"].update(treshold=0.9))
    refuse(tutelage, config, 2, "run.yaml:", "gate.treshold", "did you mean 'threshold'?")


@pytest.mark.parametrize("threshold", [0, 1.2, -1, ".nan", "high"])
def test_a_threshold_outside_its_range_is_refused(tutelage: CommandLine, config: Path, threshold: object) -> None:
    edit(config, lambda c: c["gate"].update(threshold=yaml.safe_load(str(threshold))))
    refuse(tutelage, config, 2, "run.yaml:", "gate.threshold")


def test_a_threshold_of_the_command_line_is_checked_too(tutelage: CommandLine, config: Path) -> None:
    refuse(tutelage, config, 2, "gate.threshold", options=("--set", "gate.threshold=0"))


def test_a_key_that_stands_twice_is_named_with_its_line(tutelage: CommandLine, config: Path) -> None:
    with config.open("a") as file:
        file.write("name: again\n")
    line = len(config.read_text().splitlines())
    refuse(tutelage, config, 2, f"run.yaml:{line}", "'name' stands twice")


@pytest.mark.parametrize("text", ["a: [1, 2", "\tname: x", "- just\n- a list\n", "", "a: b: c", "\x00", "&a [*a]"])
def test_what_is_not_yaml_of_keys_is_refused(tutelage: CommandLine, config: Path, text: str) -> None:
    config.write_text(text)
    refuse(tutelage, config, 2, "run.yaml")


def test_a_configuration_that_is_not_utf8_is_refused(tutelage: CommandLine, config: Path) -> None:
    config.write_bytes(config.read_bytes() + b"# caf\xe9\n")
    refuse(tutelage, config, 2, "run.yaml", "UTF-8")


def test_a_configuration_that_does_not_exist_or_is_a_folder_is_refused(tutelage: CommandLine, config: Path) -> None:
    expect(tutelage("run", config.with_name("none.yaml")), 2, "none.yaml", "No such file")
    expect(tutelage("run", config.parent), 2, str(config.parent), "directory")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("seed", ("seed", "key=value")),
        ("=3", ("key=value",)),
        ("sead=3", ("sead", "did you mean 'seed'?")),
        ("gate.treshold=1", ("gate.treshold", "did you mean 'threshold'?")),
        ("name.first=x", ("'name' holds a value",)),
        ("seed=[1", ("seed", "not a YAML value")),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_is_refused(
    tutelage: CommandLine, config: Path, setting: str, words: tuple[str, ...]
) -> None:
    refuse(tutelage, config, 2, *words, options=("--set", setting))


# The domain.


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


# The teacher.


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def test_a_teacher_that_does_not_answer_ends_with_4(tutelage: CommandLine, config: Path) -> None:
    url = f"http://127.0.0.1:{closed_port()}/v1"
    refuse(tutelage, config, 4, url, "no teacher answers", options=("--teacher", url))


def test_a_teacher_without_the_named_model_ends_with_4_and_says_what_it_has(
    tutelage: CommandLine, config: Path, teacher: TeacherByHand
) -> None:
    options = ("--teacher", teacher.url, "--set", "teachers.model=nope")
    refuse(tutelage, config, 4, teacher.url, "'nope'", "tutelage-offline-arithmetic-v1", options=options)


@pytest.mark.parametrize("url", ["banana", "ftp://x/v1", "http://", "127.0.0.1:8000/v1", "http://[::1/v1", ""])
def test_a_teacher_that_is_no_url_is_refused(tutelage: CommandLine, config: Path, url: str) -> None:
    refuse(tutelage, config, 2, "teacher", options=("--teacher", url))


# The student.


def test_a_student_folder_without_weights_is_refused(tutelage: CommandLine, config: Path) -> None:
    (config.parent / "student" / "model.safetensors").unlink()
    refuse(tutelage, config, 2, str(config.parent / "student"), "no model.safetensors")


@pytest.mark.parametrize("student", ["./no/such/folder", "nobody", "a/b/c"])
def test_a_student_that_does_not_exist_is_refused(tutelage: CommandLine, config: Path, student: str) -> None:
    refuse(tutelage, config, 2, "no such student", options=("--set", f"student.model='{student}'"))


# The run directory.


@pytest.fixture
def begun(tutelage: CommandLine, config: Path) -> Path:
    """A run that its budget ended before a student was loaded."""
    root = config.parent / "run"
    outcome = tutelage("run", config, "--run-dir", root, "--set", "limits.teacher_calls=1")
    assert outcome.code == 3, outcome
    assert not outcome.torch
    return root


def test_a_run_directory_that_exists_is_left_as_it_is(tutelage: CommandLine, config: Path, begun: Path) -> None:
    before = {path: path.read_bytes() for path in begun.rglob("*") if path.is_file()}
    same = ("--run-dir", str(begun), "--set", "limits.teacher_calls=1")
    expect(tutelage("run", config, *same), 2, str(begun), "this run exists already", f"tutelage resume {begun}")
    expect(tutelage("run", config, *same, "--set", "seed=5"), 2, str(begun), "another configuration")
    expect(tutelage("resume", begun, "--set", "seed=5"), 2, "cannot change 'seed'")
    assert {path: path.read_bytes() for path in begun.rglob("*") if path.is_file()} == before


def test_a_directory_that_is_not_a_runs_is_left_as_it_is(tutelage: CommandLine, config: Path) -> None:
    folder = config.parent / "mine"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    expect(tutelage("run", config, "--run-dir", folder), 2, str(folder), "not an empty directory")
    expect(tutelage("run", config, "--run-dir", folder / "thesis.txt"), 2, "thesis.txt")
    for command in ("resume", "status", "report"):
        expect(tutelage(command, folder), 2, str(folder), "not a run directory")
        expect(tutelage(command, folder / "none"), 2, "none", "not a run directory")
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


def test_a_run_directory_in_use_is_refused(tutelage: CommandLine, config: Path, begun: Path) -> None:
    with RunDir(begun).locked():
        expect(tutelage("resume", begun), 2, str(begun), "locked by a live run (process ")
    young = config.parent / "young"
    with RunDir(young).locked():
        expect(tutelage("run", config, "--run-dir", young), 2, str(young), "locked by a live run (process ")


def test_a_manifest_that_cannot_be_read_is_named(tutelage: CommandLine, begun: Path) -> None:
    (begun / "run.yaml").write_text("schema_version: 99\n")
    for command in ("resume", "status", "report"):
        expect(tutelage(command, begun), 2, "run.yaml", "schema version")
