from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tutelage.errors import TrainingError
from tutelage.training.child.loading import load_model
from tutelage.training.child.lora import lora_config, trainable
from tutelage.training.contracts import LoraSettings, TrainJob, TrainSettings

LINEAR = {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}


def job(student: Path, adapter: Path | None, lora: LoraSettings) -> TrainJob:
    return TrainJob(
        base_model=str(student),
        adapter=None if adapter is None else str(adapter),
        dataset="",
        output="",
        seed=1,
        settings=TrainSettings(lora=lora),
    )


def test_every_linear_layer_but_the_head_is_adapted(tiny_student: Path) -> None:
    config = lora_config(load_model(str(tiny_student), torch.device("cpu")), LoraSettings())
    assert set(config.target_modules or ()) == LINEAR
    assert config.layers_to_transform is None


def test_first_layer_leaves_the_lower_layers_alone(tiny_student: Path) -> None:
    lora = LoraSettings(first_layer=0.5)
    model = trainable(load_model(str(tiny_student), torch.device("cpu")), job(tiny_student, None, lora))
    learning = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert len(learning) == 2 * len(LINEAR)
    assert all(".layers.1." in name for name in learning)


def test_an_adapter_of_another_shape_is_refused_with_what_differs(tiny_student: Path, tmp_path: Path) -> None:
    device = torch.device("cpu")
    first = trainable(load_model(str(tiny_student), device), job(tiny_student, None, LoraSettings(r=4)))
    first.save_pretrained(str(tmp_path))
    again = trainable(load_model(str(tiny_student), device), job(tiny_student, tmp_path, LoraSettings(r=4)))
    assert any(weight.requires_grad for weight in again.parameters())
    with pytest.raises(TrainingError, match="has r 4, the settings ask for 8"):
        trainable(load_model(str(tiny_student), device), job(tiny_student, tmp_path, LoraSettings(r=8)))
