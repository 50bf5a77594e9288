"""A round's settings in the words of ``transformers.TrainingArguments``."""

from __future__ import annotations

import math

import torch
from transformers import TrainingArguments

from tutelage.training.contracts import TrainJob


def training_arguments(
    job: TrainJob, device: torch.device, dtype: torch.dtype, rows: int, most_steps: int | None = None
) -> TrainingArguments:
    """The arguments of a job on this device, for so many rows.

    ``most_steps``: a round that ends by itself, at the latest then, and knows where it was when it goes on.
    """
    settings = job.settings
    steps = math.ceil(rows / settings.batch_size) * settings.epochs
    return TrainingArguments(
        output_dir=job.output,
        seed=job.seed,
        learning_rate=settings.rate,
        lr_scheduler_type="cosine",
        # Rounded down: the first warm-up step has learning rate 0, which a short round cannot afford.
        warmup_steps=int(settings.warmup * steps),
        num_train_epochs=settings.epochs,
        max_steps=-1 if most_steps is None else most_steps,
        ignore_data_skip=most_steps is not None,
        per_device_train_batch_size=settings.rows_per_pass,
        per_device_eval_batch_size=settings.rows_per_pass,
        gradient_accumulation_steps=settings.passes,
        weight_decay=settings.weight_decay,
        adam_beta1=settings.beta1,
        adam_beta2=settings.beta2,
        max_grad_norm=settings.max_grad_norm,
        use_cpu=device.type == "cpu",
        bf16=dtype == torch.bfloat16,
        fp16=dtype == torch.float16,
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="no",  # Watch asks for checkpoints and for readings
        save_total_limit=2,
        prediction_loss_only=True,
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=device.type == "cuda",
    )
