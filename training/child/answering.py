"""The student that answers: base model with its adapter merged, greedy, in batches sorted by length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self, cast

from peft import PeftModel
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from tutelage.training.child.chat import prompt_text, token_ids
from tutelage.training.child.greedy import Decoded, greedy
from tutelage.training.child.loading import load_model, load_tokenizer, pick_device, pick_precision
from tutelage.training.contracts import Answer, AnswerSettings, Question


class LoadedStudent:
    """A model in memory, ready to answer."""

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, settings: AnswerSettings) -> None:
        self._model = model
        self._model.train(False)
        self._tokenizer = tokenizer
        self._settings = settings
        self._ends = end_tokens(model, tokenizer)

    @classmethod
    def load(cls, model: str, adapter: str | None, settings: AnswerSettings) -> Self:
        """Load the folder ``model``; an adapter is merged, since it would halve the speed."""
        device = pick_device(settings.device, settings.threads)
        loaded = load_model(model, device, pick_precision(settings.precision, device))
        if adapter is not None:
            merged = PeftModel.from_pretrained(loaded, adapter).merge_and_unload()
            loaded = cast(PreTrainedModel, merged)
        return cls(loaded, load_tokenizer(model), settings)

    def answer(self, questions: Sequence[Question]) -> Iterator[list[tuple[int, Answer]]]:
        """Answer batch by batch: each answer with its question's index in the input.

        Longest prompts first, so that a batch holds prompts of like length and memory runs out at once or never.
        """
        prompts = [self._prompt(question) for question in questions]
        order = sorted(range(len(prompts)), key=lambda index: -len(prompts[index]))
        size = self._settings.batch_size
        for start in range(0, len(order), size):
            batch = order[start : start + size]
            decoded = greedy(
                self._model,
                [prompts[index] for index in batch],
                cast(int, self._tokenizer.pad_token_id),
                self._ends,
                self._settings.max_new_tokens,
                self._stopped,
            )
            yield [(index, self._answer(questions[index].id, row)) for index, row in zip(batch, decoded, strict=True)]

    def _prompt(self, question: Question) -> list[int]:
        return token_ids(self._tokenizer, prompt_text(self._tokenizer, question.text, self._settings.system_prompt))

    def _answer(self, question: str, row: Decoded) -> Answer:
        text = before_stop(self._decode(row.tokens), self._settings.stop)
        return Answer(id=question, text=text, tokens=len(row.tokens), truncated=not row.ended)

    def _stopped(self, tokens: Sequence[int]) -> bool:
        """Whether the newest token completes a stop string. No more tokens than the longest has bytes can be in it."""
        stop = self._settings.stop
        if not stop:
            return False
        tail = self._decode(tokens[-max(len(one.encode()) for one in stop) :])
        return any(one in tail for one in stop)

    def _decode(self, tokens: Sequence[int]) -> str:
        return cast(str, self._tokenizer.decode(list(tokens), skip_special_tokens=True))


def before_stop(text: str, stop: Sequence[str]) -> str:
    """The text up to where the first stop string begins."""
    return text[: min((text.index(one) for one in stop if one in text), default=len(text))]


def end_tokens(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """Every token id that ends an answer: the model's list (chat models may have several) and the tokenizer's."""
    configured = model.generation_config.eos_token_id if model.generation_config is not None else None
    listed = configured if isinstance(configured, list) else [configured]
    return frozenset(int(end) for end in (*listed, tokenizer.eos_token_id) if isinstance(end, int))
