from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tutelage.errors import StudentError
from tutelage.training.bundled import ALIAS
from tutelage.training.source import check_student, describe_student, located, prepare_student


@pytest.fixture
def copied(tiny_student: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_student, tmp_path / "copy"))


def test_a_local_folder_is_taken_as_it_is(tiny_student: Path, tmp_path: Path) -> None:
    assert prepare_student(str(tiny_student), tmp_path / "cache") == tiny_student


def test_a_folder_is_found_where_the_command_runs_or_beside_the_file_and_said_from_the_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, beside = tmp_path / "here", tmp_path / "beside"
    for folder in (here / "both/student", beside / "both/student", beside / "mine/student", here / ALIAS):
        folder.mkdir(parents=True)
    monkeypatch.chdir(here)
    assert located("both/student", beside) == str(here / "both/student")
    assert located("mine/student", beside) == str(beside / "mine/student")
    assert located("org/name", beside) == "org/name"
    assert located(ALIAS, beside) == ALIAS


def test_everything_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(StudentError, match=r"no config.json, no model.safetensors, no tokenizer.json"):
        prepare_student(str(tmp_path), tmp_path / "cache")


def test_a_missing_shard_is_named(copied: Path) -> None:
    (copied / "model.safetensors").rename(copied / "model-1.safetensors")
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (copied / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(StudentError, match=r"no model-2.safetensors"):
        check_student(copied)


def test_a_missing_chat_template_is_named(copied: Path) -> None:
    (copied / "chat_template.jinja").unlink()
    with pytest.raises(StudentError, match="no chat template"):
        check_student(copied)


def test_a_broken_configuration_is_a_student_error(copied: Path) -> None:
    (copied / "config.json").write_text("{")
    with pytest.raises(StudentError, match="not readable JSON"):
        describe_student(copied)


@pytest.mark.parametrize("spec", ["no such thing", "/no/such/folder", ""])
def test_what_is_neither_folder_nor_hub_id_is_a_student_error(spec: str, tmp_path: Path) -> None:
    with pytest.raises(StudentError):
        prepare_student(spec, tmp_path)


def test_a_hub_student_that_cannot_be_had_is_a_student_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(StudentError, match="nobody/nothing: cannot be had from the hub"):
        prepare_student("nobody/nothing", tmp_path)


def test_the_identity_is_of_the_contents(tiny_student: Path, copied: Path) -> None:
    first = describe_student(tiny_student)
    assert first.name == "tiny"
    assert describe_student(copied).sha256 == first.sha256
    config = json.loads((copied / "config.json").read_text())
    (copied / "config.json").write_text(json.dumps({**config, "transformers_version": "9"}))
    assert describe_student(copied).sha256 == first.sha256
    (copied / "config.json").write_text(json.dumps({**config, "rms_norm_eps": 0.5}))
    assert describe_student(copied).sha256 != first.sha256
    (copied / "chat_template.jinja").write_text("other")
    assert describe_student(copied).template_sha256 != first.template_sha256


def test_a_changed_weight_changes_the_identity(copied: Path) -> None:
    before = describe_student(copied).sha256
    weights = bytearray((copied / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (copied / "model.safetensors").write_bytes(weights)
    assert describe_student(copied).sha256 != before


def test_a_hub_snapshot_keeps_its_hub_name(tiny_student: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models--org--name" / "snapshots" / "abc"
    shutil.copytree(tiny_student, folder)
    assert describe_student(folder).name == "org/name"


def test_the_parent_side_never_imports_torch() -> None:
    code = (
        "import sys, tutelage.training.source, tutelage.training.student, tutelage.training.finetune\n"
        "import tutelage.training.graders, tutelage.training.replay\n"
        "assert not {'torch', 'transformers', 'peft', 'datasets', 'math_verify'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
