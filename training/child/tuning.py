"""One fine-tuning job: LoRA on the student, loss on the answers only, an adapter folder at the end.

``transformers.Trainer`` with a loss of our own and not TRL's SFTTrainer: on this loss they agree to four digits, but
SFTTrainer's fused head scores every position of the batch and computes it twice where there is no Triton (a CPU),
which costs a quarter of the speed.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from peft import PeftModel
from safetensors import SafetensorError
from torch.nn.functional import cross_entropy
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments, set_seed

from tutelage.errors import DiskError
from tutelage.pedagogy.records import Record
from tutelage.training.child.chat import template_sha256
from tutelage.training.child.loading import load_model, load_tokenizer, pick_device, pick_precision
from tutelage.training.child.lora import trainable
from tutelage.training.child.rows import IGNORED, TrainingSet, collate, read_examples, training_set
from tutelage.training.contracts import TrainJob, TrainProgress


class Measured(Record):
    """What the child knows of a finished job; the parent adds the hashes of files."""

    template_sha256: str
    rows: int
    truncated_rows: int
    tokens: int
    supervised_tokens: int
    steps: int
    loss_first: float
    loss_last: float
    seconds: float
    threads: int
    device: str
    precision: str


def tune(job: TrainJob, on_progress: Callable[[TrainProgress], None]) -> Measured:
    """Train and save the adapter in ``job.output``.

    Raises:
        NothingToLearn: there is nothing to supervise.
        StudentError: the student cannot be loaded on the device asked for.
        TrainingError: the adapter to continue from has another shape than the job asks for.
        DiskError: the adapter could not be written.
    """
    settings = job.settings
    device = pick_device(settings.device, settings.threads)
    tokenizer = load_tokenizer(job.base_model)
    data = training_set(read_examples(Path(job.dataset)), tokenizer, settings.system_prompt, settings.max_length)
    set_seed(job.seed)
    dtype = pick_precision(settings.precision, device)
    model = trainable(load_model(job.base_model, device, dtype), job)
    watch = _Watch(data.tokens / len(data.rows) * settings.batch_size, on_progress)
    trainer = AnswerTrainer(
        model=model,
        args=_arguments(job, device, dtype, len(data.rows)),
        train_dataset=cast(Any, data.rows),  # a list is all that Trainer's sampler and loader need
        data_collator=partial(collate, pad=cast(int, tokenizer.pad_token_id)),
        callbacks=[watch],
    )
    trainer.train()
    _save(model, job)
    return _measured(data, settings.epochs, watch, template_sha256(tokenizer), device, dtype)


class AnswerTrainer(Trainer):
    """Trainer whose loss asks the model for the logits of the answers' columns only."""

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor:
        """Mean cross-entropy over the supervised tokens of the whole batch, micro-batches together."""
        loss, supervised = answer_loss(model, inputs)
        return loss / (supervised if num_items_in_batch is None else num_items_in_batch)


def answer_loss(model: Any, inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, int]:
    """Summed cross-entropy of the supervised tokens of a left-padded batch, and their number.

    ``logits_to_keep`` spares the vocabulary projection of the prompts' columns, a fifth of a small model's work.
    """
    labels, mask = inputs["labels"], inputs["attention_mask"]
    first = int((labels != IGNORED).any(dim=0).nonzero()[0])
    columns = labels.shape[1] - first
    logits = model(
        input_ids=inputs["input_ids"],
        attention_mask=mask,
        position_ids=(mask.cumsum(dim=1) - 1).clamp(min=0),
        use_cache=False,
        logits_to_keep=columns + 1,
    ).logits[:, :-1]
    answers = labels[:, first:]
    supervised = answers != IGNORED
    return cross_entropy(logits[supervised].float(), answers[supervised], reduction="sum"), int(supervised.sum())


class _Watch(TrainerCallback):
    """Reports each optimiser step and keeps what the result needs. A step is timed once its work is done."""

    def __init__(self, tokens_per_step: float, on_progress: Callable[[TrainProgress], None]) -> None:
        self._tokens_per_step = tokens_per_step
        self._on_progress = on_progress
        self._began = 0.0
        self.losses: list[float] = []
        self.seconds = 0.0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._began = time.perf_counter()

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        logs: dict[str, Any] = kwargs["logs"]
        if "loss" not in logs:  # the summary after the last step
            return
        self.losses.append(float(logs["loss"]))
        self.seconds = time.perf_counter() - self._began
        rate = self._tokens_per_step * state.global_step / self.seconds
        self._on_progress(
            TrainProgress(
                step=state.global_step, steps=state.max_steps, loss=self.losses[-1], tokens_per_second=round(rate, 1)
            )
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
    data: TrainingSet, epochs: int, watch: _Watch, template: str, device: torch.device, dtype: torch.dtype
) -> Measured:
    return Measured(
        template_sha256=template,
        rows=len(data.rows),
        truncated_rows=data.truncated_rows,
        tokens=data.tokens * epochs,
        supervised_tokens=data.supervised_tokens * epochs,
        steps=len(watch.losses),
        loss_first=watch.losses[0],
        loss_last=watch.losses[-1],
        seconds=round(watch.seconds, 3),
        threads=torch.get_num_threads(),
        device=str(device),
        precision=str(dtype).removeprefix("torch."),
    )
