"""One fine-tuning job: rows, student and trainer put together, and an adapter folder at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from transformers import set_seed

from tutelage.errors import AdapterNotFinite, StudentError, TokenizerMismatch
from tutelage.training.checks import check_tokens, loss_warnings
from tutelage.training.child.arguments import training_arguments
from tutelage.training.child.chat import template_sha256
from tutelage.training.child.distil import LocalTeacher
from tutelage.training.child.interpolation import held, trained
from tutelage.training.child.loading import load_tokenizer, pick_device, pick_precision
from tutelage.training.child.loss import Loss, answer_loss
from tutelage.training.child.memory import memory_errors
from tutelage.training.child.methods import save_taught, student_to_train
from tutelage.training.child.paced import paced_round
from tutelage.training.child.packing import check_packing, pack
from tutelage.training.child.preference import Preferring, with_margins
from tutelage.training.child.rows import TrainingSet, collate, read_examples, spend, split, training_set
from tutelage.training.child.setting_back import SetBack, cost_of, lessons_to_read, set_back
from tutelage.training.child.trainer import AnswerTrainer
from tutelage.training.child.watch import Watch
from tutelage.training.contracts import Measured, TrainJob, TrainProgress, TrainSettings, some_of


def tune(job: TrainJob, checkpoints: Path, on_progress: Callable[[TrainProgress], None]) -> Measured:
    """Train, on from the newest of the job's ``checkpoints``, and save the adapter in ``job.output``.

    Raises:
        OutOfMemory: a pass was too large for the device.
        StudentError: the student cannot be loaded on the device asked for, or not for the method.
        TrainingError: the rows, the template, the adapter to continue from, or the training itself is nonsense; each
            has a class of its own.
        DiskError: a checkpoint or the adapter could not be written.
    """
    settings = job.settings
    device = pick_device(settings.device, settings.threads)
    if settings.accelerate is not None and device.type == "cpu":
        # accelerate would leave such settings aside without a word.
        raise StudentError("it needs GPUs", where="training.accelerate", do="leave it out on a CPU")
    tokenizer = load_tokenizer(job.base_model)
    whole = training_set(read_examples(Path(job.dataset)), tokenizer, settings)
    data, held_back = split(whole, settings.early_stop, job.seed)
    lessons = lessons_to_read(data, job)
    if job.budget is not None:
        job = job.model_copy(update={"budget": job.budget.without(cost_of(lessons))})
    if job.budget is not None and job.pacing is None:
        data = spend(data, job.budget, settings.epochs, job.seed)
        job = job.model_copy(update={"settings": settings.model_copy(update={"epochs": 1})})
        settings = job.settings
    set_seed(job.seed)
    dtype = pick_precision(settings.precision, device)
    model = student_to_train(job, device, dtype)
    began = held(model) if job.interpolation < 1 else None
    check_vocabulary(model, whole, job.base_model)
    pad = cast(int, tokenizer.pad_token_id)
    if settings.packing:
        check_packing(model, data.rows[: settings.rows_per_pass], pad)
    if data.pairs:
        with memory_errors(settings.rows_per_pass):
            data = with_margins(data, model, pad, settings.rows_per_pass, dtype)
    collator = pack if settings.packing else partial(collate, pad=pad)
    paced = None if job.pacing is None else paced_round(data, job, job.pacing, collator)
    per_step = data.tokens / len(data.rows) * settings.batch_size
    watch = Watch(settings, per_step, on_progress, None if paced is None else paced.likely_steps(per_step))
    trainer = AnswerTrainer(
        model=model,
        args=training_arguments(job, device, dtype, len(data.rows), None if paced is None else paced.most_steps),
        rows=data.rows,
        names=data.names,
        eval_dataset=cast(Any, held_back.rows) if held_back.rows else None,
        data_collator=collator,
        checkpoints=checkpoints,
        watch=watch,
        loss=_loss(settings, device, dtype) if paced is None else paced.loss,
        paced=paced,
    )
    with memory_errors(settings.rows_per_pass):
        trainer.train_on()
    seen = trainer.tokens_seen()
    if paced is not None:
        check_tokens(seen, paced.tokens)
    elif trainer.state.global_step == trainer.state.max_steps:
        check_tokens(seen, data.tokens * settings.epochs)
    weights = trainer.gathered()
    check_learned(trained(model) if weights is None else weights)
    back = SetBack()
    if began is not None:
        back = set_back(model, began, job.interpolation, lessons, settings.rows_per_pass, pad)
    if trainer.is_world_process_zero():
        save_taught(model, job, weights)
    return Measured(
        template_sha256=template_sha256(tokenizer),
        rows=len(data.rows) if paced is None else sum(paced.dealt.values()),
        held_back=len(held_back.rows),
        left_out=data.left_out,
        pairs=data.pairs,
        tokens=seen,
        dealt={} if paced is None else paced.dealt,
        foreseen={} if paced is None else paced.foreseen(),
        interpolation=back.interpolation,
        read=back.read,
        learned=back.learned,
        lost=back.lost,
        supervised_tokens=data.supervised_tokens * seen // data.tokens,
        lowest_share=round(data.lowest_share, 4),
        steps=len(watch.losses),
        loss_first=watch.losses[0],
        loss_last=watch.losses[-1],
        gradient_norm=max(watch.norms),
        best_step=trainer.state.best_global_step,
        validation_loss=trainer.state.best_metric,
        seconds=round(watch.seconds, 3),
        micro_batch=settings.rows_per_pass,
        processes=trainer.args.world_size,
        threads=torch.get_num_threads(),
        device=str(device),
        precision=str(dtype).removeprefix("torch."),
        warnings=(*data.warnings, *loss_warnings(watch.losses, watch.norms)),
    )


def _loss(settings: TrainSettings, device: torch.device, dtype: torch.dtype) -> Loss:
    if settings.distil is not None:
        return LocalTeacher(settings.distil, device, dtype).loss
    return answer_loss if settings.preference is None else Preferring(settings.preference).loss


def check_vocabulary(model: torch.nn.Module, data: TrainingSet, where: str) -> None:
    """The model must have an embedding for every token of the rows.

    Raises:
        TokenizerMismatch: it has not.
    """
    known = cast(Any, model).get_input_embeddings().weight.shape[0]
    highest = max(max(*row["input_ids"], *row["rejected"]) for row in data.rows)
    if highest >= known:
        raise TokenizerMismatch(
            f"the tokenizer names token {highest} and the model has {known} embeddings",
            where=where,
            do="use the tokenizer that belongs to the model",
        )


def check_learned(learned: Mapping[str, torch.Tensor]) -> None:
    """What was trained must be finite.

    Raises:
        AdapterNotFinite: it is not; names the tensors.
    """
    if broken := [name for name, weight in learned.items() if not torch.isfinite(weight).all()]:
        raise AdapterNotFinite(
            f"after training {len(broken)} of {len(learned)} tensors hold NaN or infinity ({some_of(broken)})",
            do="lower the learning rate",
        )
