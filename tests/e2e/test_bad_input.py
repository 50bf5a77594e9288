"""Bad input: one line that says what and where, the right exit code, nothing written, no model loaded."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import yaml

from tests.e2e.driver import CommandLine
from tests.e2e.refusals import edit, expect, refuse
from tests.kill.real import TeacherByHand
from tutelage.graph.rundir import RunDir

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


@pytest.mark.parametrize("student", ["./no/such/folder", "./folder", "../folder", "nobody", "a/b/c"])
def test_a_student_that_does_not_exist_is_refused(tutelage: CommandLine, config: Path, student: str) -> None:
    refuse(tutelage, config, 2, "no such student", options=("--set", f"student.model='{student}'"))


# The run directory.


@pytest.fixture
def begun(tutelage: CommandLine, config: Path) -> Path:
    """A run that got as far as its student, which is a folder without a model."""
    root = config.parent / "run"
    outcome = tutelage("run", config, "--run-dir", root)
    assert outcome.code == 1, outcome
    assert (root / "run.yaml").exists()
    assert not outcome.torch
    return root


def test_a_run_directory_that_exists_is_left_as_it_is(tutelage: CommandLine, config: Path, begun: Path) -> None:
    before = {path: path.read_bytes() for path in begun.rglob("*") if path.is_file()}
    same = ("--run-dir", str(begun))
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
