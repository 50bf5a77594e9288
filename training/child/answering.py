"""The student that answers: base model with its adapter merged, greedy, in batches sorted by length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self, cast

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from tutelage.training.child.greedy import drawn, greedy, likeliest
from tutelage.training.child.loading import load_tokenizer, pick_device, pick_precision
from tutelage.training.child.taught import taught_model
from tutelage.training.child.words import Words, end_tokens
from tutelage.training.contracts import Answer, AnswerSettings, Question, Sampling


class LoadedStudent:
    """A model in memory, ready to answer."""

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, settings: AnswerSettings) -> None:
        self._model = model
        self._model.train(False)
        self._tokenizer = tokenizer
        self._settings = settings
        self._words = Words(tokenizer, settings)
        self._ends = end_tokens(model.generation_config, tokenizer)

    @classmethod
    def load(cls, model: str, adapter: str | None, settings: AnswerSettings) -> Self:
        """Load the folder ``model``; an adapter is merged, since it would halve the speed."""
        device = pick_device(settings.device, settings.threads)
        loaded = taught_model(model, adapter, device, pick_precision(settings.precision, device))
        return cls(loaded, load_tokenizer(model), settings)

    def answer(
        self, questions: Sequence[Question], sampling: Sampling | None = None
    ) -> Iterator[list[tuple[int, Answer]]]:
        """Answer batch by batch: each answer with its question's index in the input.

        Longest prompts first, so that a batch holds prompts of like length and memory runs out at once or never.
        """
        prompts = [self._words.prompt(question) for question in questions]
        order = sorted(range(len(prompts)), key=lambda index: -len(prompts[index]))
        size = self._settings.batch_size
        choose = likeliest if sampling is None else drawn(sampling, self._model.device)
        for start in range(0, len(order), size):
            batch = order[start : start + size]
            decoded = greedy(
                self._model,
                [prompts[index] for index in batch],
                cast(int, self._tokenizer.pad_token_id),
                self._ends,
                self._settings.limit,
                self._words.stopped,
                choose,
            )
            yield [
                (index, self._words.answer(questions[index].id, row.tokens, ended=row.ended, read=len(prompts[index])))
                for index, row in zip(batch, decoded, strict=True)
            ]
