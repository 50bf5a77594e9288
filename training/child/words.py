"""Questions to tokens and tokens to answers: the same for whatever computes the tokens between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from transformers import GenerationConfig, PreTrainedTokenizerBase

from tutelage.training.child.chat import prompt_text, token_ids
from tutelage.training.contracts import Answer, AnswerSettings, Question


class Words:
    """A student's tokenizer and template, and where its answers end."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, settings: AnswerSettings) -> None:
        self._tokenizer = tokenizer
        self._settings = settings

    def prompt(self, question: Question) -> list[int]:
        """The question as it is put to the student."""
        return token_ids(self._tokenizer, prompt_text(self._tokenizer, question.text, self._settings.system_prompt))

    def answer(self, question: str, tokens: Sequence[int], *, ended: bool, read: int) -> Answer:
        """The answer that these tokens are.

        Args:
            question: Its id.
            tokens: What was generated.
            ended: An end token or a stop string came before the limit.
            read: Tokens of the prompt.
        """
        text = before_stop(self._decode(tokens), self._settings.stop)
        return Answer(id=question, text=text, tokens=len(tokens), truncated=not ended, prompt_tokens=read)

    def stopped(self, tokens: Sequence[int]) -> bool:
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


def end_tokens(config: GenerationConfig | None, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """Every token id that ends an answer: the model's list (chat models may have several) and the tokenizer's."""
    configured = config.eos_token_id if config is not None else None
    listed = configured if isinstance(configured, list) else [configured]
    return frozenset(int(end) for end in (*listed, tokenizer.eos_token_id) if isinstance(end, int))
