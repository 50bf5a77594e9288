"""Put a trainable adapter on the student: a new one, or one to continue from."""

from __future__ import annotations

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import PreTrainedModel

from tutelage.errors import TrainingError
from tutelage.training.contracts import LoraSettings, TrainJob

_SHAPE = ("r", "lora_alpha", "lora_dropout", "layers_to_transform")


def trainable(model: PreTrainedModel, job: TrainJob) -> PeftModel:
    """The student with a trainable adapter.

    Raises:
        TrainingError: the adapter to continue from has another shape than the job's settings ask for.
    """
    config = lora_config(model, job.settings.lora)
    if job.adapter is None:
        return get_peft_model(model, config)
    loaded = PeftModel.from_pretrained(model, job.adapter, is_trainable=True)
    found = loaded.peft_config["default"]
    # The folder names its base by name only; saving a checkpoint would look for it on the hub.
    found.base_model_name_or_path = job.base_model
    for key in _SHAPE:
        asked, has = getattr(config, key), getattr(found, key)
        if asked != has:
            raise TrainingError(
                f"the adapter to continue from has {key} {has}, the settings ask for {asked}",
                where=job.adapter,
                do="keep the lora settings of the run, or start a new adapter",
            )
    return loaded


def lora_config(model: PreTrainedModel, settings: LoraSettings) -> LoraConfig:
    """LoRA on every linear layer but the output head, from ``first_layer`` upwards.

    The names are listed rather than ``"all-linear"``, which peft cannot combine with a choice of layers.
    """
    head = model.get_output_embeddings()  # type: ignore[no-untyped-call]  # untyped in transformers
    names = sorted(
        {
            name.rpartition(".")[2]
            for name, module in model.named_modules()
            if isinstance(module, torch.nn.Linear) and module is not head
        }
    )
    layers = int(model.config.num_hidden_layers)
    first = int(settings.first_layer * layers)
    return LoraConfig(
        r=settings.r,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=names,
        layers_to_transform=list(range(first, layers)) if first else None,
        task_type="CAUSAL_LM",
    )
