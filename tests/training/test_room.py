from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from peft import get_peft_model
from transformers import AutoModelForCausalLM

from tutelage.errors import DoesNotFit, StudentError
from tutelage.training.child.lora import lora_config
from tutelage.training.child.memory import free_of_machine
from tutelage.training.contracts import TrainSettings
from tutelage.training.memory import Room, estimate
from tutelage.training.room import memory_line, read_shape

SETTINGS = TrainSettings(device="cpu", precision="float32", threads=1)
ROOM = Room(device="cpu", name="CPU", free=1, precision="float32")


def changed(student: Path, folder: Path, **values: object) -> Path:
    copy = Path(shutil.copytree(student, folder / "changed"))
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, **values}))
    return copy


async def test_a_run_is_told_what_fine_tuning_takes_and_what_is_free(tiny_student: Path) -> None:
    line = await memory_line(tiny_student, SETTINGS)
    assert line.startswith("estimate: fine-tuning takes up to 0.")
    assert "8 rows of 512 tokens a pass, float32" in line


async def test_a_context_beyond_any_memory_is_refused_before_a_model_is_loaded(tiny_student: Path) -> None:
    endless = SETTINGS.model_copy(update={"max_length": 10**7})
    with pytest.raises(DoesNotFit, match=r"set training.max_length=\d+"):
        await memory_line(tiny_student, endless)


async def test_a_device_that_is_not_there_is_found_as_early(tiny_student: Path) -> None:
    with pytest.raises(StudentError, match="float16 needs a CUDA device"):
        await memory_line(tiny_student, SETTINGS.model_copy(update={"precision": "float16"}))


def test_the_shape_and_the_adapters_size_are_the_students_own(tiny_student: Path) -> None:
    shape = read_shape(tiny_student)
    assert shape is not None
    model = AutoModelForCausalLM.from_pretrained(tiny_student)
    assert shape.parameters == model.num_parameters()
    learned, _ = get_peft_model(model, lora_config(model, SETTINGS.lora)).get_nb_trainable_parameters()
    assert estimate(shape, SETTINGS, ROOM).adapter == 16 * learned


async def test_a_student_with_other_words_for_its_shape_is_not_guessed_at(tiny_student: Path, tmp_path: Path) -> None:
    odd = changed(tiny_student, tmp_path, intermediate_size=None)
    assert read_shape(odd) is None
    assert "is not known" in await memory_line(odd, SETTINGS)


async def test_weights_and_configurations_that_cannot_be_read_are_said(tiny_student: Path, tmp_path: Path) -> None:
    torn = changed(tiny_student, tmp_path)
    (torn / "model.safetensors").write_bytes(b"torn")
    with pytest.raises(StudentError, match="weights cannot be read"):
        await memory_line(torn, SETTINGS)
    (torn / "config.json").write_text("{")
    with pytest.raises(StudentError, match="not readable JSON"):
        await memory_line(torn, SETTINGS)


def test_a_container_leaves_what_its_nearest_limit_leaves(tmp_path: Path) -> None:
    mine, job, step = tmp_path / "cgroup", tmp_path / "groups" / "job", tmp_path / "groups" / "job" / "step"
    step.mkdir(parents=True)
    mine.write_text("4:memory:/elsewhere\n0::/job/step\n")
    for group, most, used in ((job, "1000", 700), (step, "max", 300)):
        (group / "memory.max").write_text(f"{most}\n")
        (group / "memory.current").write_text(f"{used}\n")
        (group / "memory.stat").write_text("anon 100\ninactive_file 50\n")
    assert free_of_machine(tmp_path / "groups", mine, available=10_000) == 350
    assert free_of_machine(tmp_path / "groups", mine, available=200) == 200
    assert free_of_machine(tmp_path / "groups", tmp_path / "none", available=10_000) == 10_000
