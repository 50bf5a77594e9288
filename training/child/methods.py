"""What is trained: an adapter on the student, an adapter on the student in 4 bits, or every weight of it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any, cast

import torch
from peft import PeftModel, prepare_model_for_kbit_training
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, PreTrainedModel

from tutelage.errors import StudentError, TrainingError
from tutelage.files import disk_errors
from tutelage.training.adapters import holds_whole_model
from tutelage.training.child.loading import load_model
from tutelage.training.child.lora import trainable
from tutelage.training.child.saving import torch_disk_errors
from tutelage.training.child.taught import Weights, as_stored, save_whole, stored_precision, taught_model
from tutelage.training.contracts import TrainJob


def student_to_train(job: TrainJob, device: torch.device, dtype: torch.dtype) -> PreTrainedModel | PeftModel:
    """The student with a trainable adapter, a new one or the job's to continue from; or with every weight trainable.

    Raises:
        StudentError: the method cannot be had on this device.
        TrainingError: the adapter to continue from has another shape than the job asks for, or is a whole model.
    """
    if job.settings.method == "full":
        # What is learned is float32, whatever is computed in: half a precision would swallow small steps.
        whole = taught_model(job.base_model, job.adapter, device, torch.float32)
        whole.requires_grad_(True)  # merging an adapter leaves them frozen
        return whole
    if job.adapter is not None and holds_whole_model(Path(job.adapter)):
        raise TrainingError(
            f"the last round trained every weight, and method {job.settings.method} continues adapters only",
            where=job.adapter,
            do="keep training.method full, or set training.start_from to base",
        )
    if job.settings.method == "qlora":
        return trainable(_in_four_bits(job, device, dtype), job)
    return trainable(load_model(job.base_model, device, dtype), job)


def save_taught(model: PreTrainedModel | PeftModel, job: TrainJob, weights: Weights | None) -> None:
    """Save what was trained: an adapter, or the whole model in the precision that its base is stored in.

    ``weights`` are all of them, where each process holds a share.

    Raises:
        DiskError: it could not be written.
    """
    base, output = Path(job.base_model), Path(job.output)
    if isinstance(model, PeftModel):
        save_adapter(model, job, weights)
    elif weights is None:
        save_whole(as_stored(model, job.base_model), base, output)
    else:
        stored = stored_precision(job.base_model)
        save_whole(model, base, output, {name: weight.to(stored) for name, weight in weights.items()})


def save_adapter(model: PeftModel, job: TrainJob, weights: Weights | None = None) -> None:
    """Save the adapter; its configuration names the base model by folder name, so that no machine's path leaks.

    Raises:
        DiskError: it could not be written.
    """
    model.peft_config["default"].base_model_name_or_path = Path(job.base_model).name
    with disk_errors(Path(job.output)), torch_disk_errors(Path(job.output)):
        # Without the option peft would ask the hub for the base model's vocabulary size.
        model.save_pretrained(job.output, save_embedding_layers=False, state_dict=weights)
        (Path(job.output) / "README.md").unlink(missing_ok=True)


def _in_four_bits(job: TrainJob, device: torch.device, dtype: torch.dtype) -> PreTrainedModel:
    """The base in NF4 with double quantisation, as the QLoRA paper has it. Needs a GPU."""
    if device.type != "cuda":
        raise StudentError("method qlora needs a CUDA device", where="training.method", do="use lora on the CPU")
    if importlib.util.find_spec("bitsandbytes") is None:
        raise StudentError(
            "method qlora needs bitsandbytes", where="training.method", do='pip install "tutelage[qlora]"'
        )
    quantised = BitsAndBytesConfig(  # type: ignore[no-untyped-call]  # untyped in transformers
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype
    )
    model = cast(Any, AutoModelForCausalLM.from_pretrained(
        job.base_model, quantization_config=quantised, device_map={"": device}, dtype=dtype, local_files_only=True
    ))  # fmt: skip
    prepare = cast(Any, prepare_model_for_kbit_training)  # untyped in peft
    return cast(PreTrainedModel, prepare(model, use_gradient_checkpointing=False))
