"""One fine-tuning job: LoRA on the student, loss on the answers only, an adapter folder at the end."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from peft import PeftModel
from safetensors import SafetensorError
from transformers import PreTrainedModel, TrainingArguments, set_seed

from tutelage.errors import AdapterNotFinite, DiskError, TokenizerMismatch
from tutelage.pedagogy.records import Record
from tutelage.training.checks import check_tokens, loss_warnings
from tutelage.training.child.chat import template_sha256
from tutelage.training.child.loading import load_model, load_tokenizer, pick_device, pick_precision
from tutelage.training.child.lora import trainable
from tutelage.training.child.rows import TrainingSet, collate, read_examples, training_set
from tutelage.training.child.trainer import AnswerTrainer
from tutelage.training.child.watch import Watch
from tutelage.training.contracts import TrainJob, TrainProgress, TrainWarning, some_of


class Measured(Record):
    """What the child knows of a finished job; the parent adds the hashes of files."""

    template_sha256: str
    rows: int
    left_out: int
    tokens: int
    supervised_tokens: int
    lowest_share: float
    steps: int
    loss_first: float
    loss_last: float
    gradient_norm: float
    seconds: float
    threads: int
    device: str
    precision: str
    warnings: tuple[TrainWarning, ...]


def tune(job: TrainJob, on_progress: Callable[[TrainProgress], None]) -> Measured:
    """Train and save the adapter in ``job.output``.

    Raises:
        StudentError: the student cannot be loaded on the device asked for.
        TrainingError: the rows, the template, the adapter to continue from, or the training itself is nonsense; each
            has a class of its own.
        DiskError: the adapter could not be written.
    """
    settings = job.settings
    device = pick_device(settings.device, settings.threads)
    tokenizer = load_tokenizer(job.base_model)
    data = training_set(read_examples(Path(job.dataset)), tokenizer, settings)
    set_seed(job.seed)
    dtype = pick_precision(settings.precision, device)
    model = trainable(load_model(job.base_model, device, dtype), job)
    check_vocabulary(model, data, job.base_model)
    watch = Watch(data.tokens / len(data.rows) * settings.batch_size, on_progress)
    trainer = AnswerTrainer(
        model=model,
        args=_arguments(job, device, dtype, len(data.rows)),
        train_dataset=cast(Any, data.rows),  # a list is all that Trainer's sampler and loader need
        data_collator=partial(collate, pad=cast(int, tokenizer.pad_token_id)),
        callbacks=[watch],
        names=data.names,
    )
    trainer.train()
    check_tokens(trainer.tokens_seen, data.tokens * settings.epochs)
    check_learned(model)
    _save(model, job)
    return _measured(data, settings.epochs, watch, template_sha256(tokenizer), device, dtype)


def check_vocabulary(model: PreTrainedModel | PeftModel, data: TrainingSet, where: str) -> None:
    """The model must have an embedding for every token of the rows.

    Raises:
        TokenizerMismatch: it has not.
    """
    known = cast(Any, model).get_input_embeddings().weight.shape[0]
    highest = max(max(row["input_ids"]) for row in data.rows)
    if highest >= known:
        raise TokenizerMismatch(
            f"the tokenizer names token {highest} and the model has {known} embeddings",
            where=where,
            do="use the tokenizer that belongs to the model",
        )


def check_learned(model: PeftModel) -> None:
    """What was trained must be finite.

    Raises:
        AdapterNotFinite: it is not; names the tensors.
    """
    learned = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    if broken := [name for name, weight in learned.items() if not torch.isfinite(weight).all()]:
        raise AdapterNotFinite(
            f"after training {len(broken)} of {len(learned)} tensors hold NaN or infinity ({some_of(broken)})",
            do="lower the learning rate",
        )


def _arguments(job: TrainJob, device: torch.device, dtype: torch.dtype, rows: int) -> TrainingArguments:
    settings = job.settings
    steps = math.ceil(rows / settings.batch_size) * settings.epochs
    return TrainingArguments(
        output_dir=job.output,
        seed=job.seed,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine",
        # Rounded down: the first warm-up step has learning rate 0, which a short round cannot afford.
        warmup_steps=int(settings.warmup * steps),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.rows_per_pass,
        gradient_accumulation_steps=settings.batch_size // settings.rows_per_pass,
        weight_decay=settings.weight_decay,
        adam_beta1=settings.beta1,
        adam_beta2=settings.beta2,
        max_grad_norm=settings.max_grad_norm,
        use_cpu=device.type == "cpu",
        bf16=dtype == torch.bfloat16,
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=device.type == "cuda",
    )


def _save(model: PeftModel, job: TrainJob) -> None:
    """Save the adapter; its configuration names the base model by folder name, so that no machine's path leaks."""
    model.peft_config["default"].base_model_name_or_path = Path(job.base_model).name
    try:
        # Without the option peft would ask the hub for the base model's vocabulary size.
        model.save_pretrained(job.output, save_embedding_layers=False)
        (Path(job.output) / "README.md").unlink(missing_ok=True)
    except (OSError, SafetensorError) as error:
        raise DiskError(
            f"cannot write the adapter ({error})", where=job.output, do="free some space, then resume the run"
        ) from error


def _measured(
    data: TrainingSet, epochs: int, watch: Watch, template: str, device: torch.device, dtype: torch.dtype
) -> Measured:
    return Measured(
        template_sha256=template,
        rows=len(data.rows),
        left_out=data.left_out,
        tokens=data.tokens * epochs,
        supervised_tokens=data.supervised_tokens * epochs,
        lowest_share=round(data.lowest_share, 4),
        steps=len(watch.losses),
        loss_first=watch.losses[0],
        loss_last=watch.losses[-1],
        gradient_norm=max(watch.norms),
        seconds=round(watch.seconds, 3),
        threads=torch.get_num_threads(),
        device=str(device),
        precision=str(dtype).removeprefix("torch."),
        warnings=(*data.warnings, *loss_warnings(watch.losses, watch.norms)),
    )
