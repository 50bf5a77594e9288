"""The one place where a message becomes tokens: training, probing and serving share it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from jinja2.exceptions import TemplateError
from transformers import PreTrainedTokenizerBase

from tutelage.errors import StudentError, TemplateUnfit
from tutelage.files import sha256_text


def prompt_text(tokenizer: PreTrainedTokenizerBase, user: str, system: str) -> str:
    """The chat template up to where the assistant begins."""
    return _render(tokenizer, [{"role": "user", "content": user}], system, open_turn=True)


def whole_text(tokenizer: PreTrainedTokenizerBase, user: str, assistant: str, system: str) -> str:
    """The chat template with the assistant's answer and its end."""
    turns = [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]
    return _render(tokenizer, turns, system, open_turn=False)


def token_ids(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """Token ids of rendered text. The template has written the special tokens already, so none is added."""
    return cast(list[int], tokenizer(text, add_special_tokens=False)["input_ids"])


def training_ids(
    tokenizer: PreTrainedTokenizerBase, user: str, assistant: str, system: str, row: str
) -> tuple[list[int], int]:
    """Token ids of a training row, and how many of them are the prompt.

    Args:
        tokenizer: the student's.
        user: the user message.
        assistant: the answer to learn.
        system: the system prompt, which may be empty.
        row: what to call this row in an error.

    Raises:
        TemplateUnfit: the template or the tokenizer does not continue the prompt as it would when answering, so
            the answer's tokens cannot be told from the prompt's; or the answer is not there as it stands, or nothing
            ends it.
    """
    asked, told = prompt_text(tokenizer, user, system), whole_text(tokenizer, user, assistant, system)
    prompt, whole = token_ids(tokenizer, asked), token_ids(tokenizer, told)
    if whole[: len(prompt)] != prompt:
        raise TemplateUnfit(
            "the prompt's tokens are not the beginning of the whole row's",
            where=row,
            do="use a chat template that renders a turn the same way with and without its answer",
        )
    if assistant.strip() not in told[len(asked) :]:
        raise TemplateUnfit(
            "the chat template leaves out or changes part of the answer",
            where=row,
            do="use a chat template that renders the assistant's whole message",
        )
    if special_tokens(tokenizer).isdisjoint(whole[len(prompt) :]):
        raise TemplateUnfit(
            "the chat template writes no end token after the answer, so a student would never learn to stop",
            where=row,
            do="use a chat template that ends every turn",
        )
    return whole, len(prompt)


def special_tokens(tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """Ids of the tokens that are no text; every end of turn is among them."""
    added: dict[int, Any] = tokenizer.added_tokens_decoder
    return frozenset(id for id, token in added.items() if token.special)


def template_sha256(tokenizer: PreTrainedTokenizerBase) -> str:
    """Hash of the chat template in use."""
    return sha256_text(str(tokenizer.chat_template))


def _render(
    tokenizer: PreTrainedTokenizerBase, turns: Sequence[dict[str, str]], system: str, *, open_turn: bool
) -> str:
    """Render with the system prompt as a message of its own, even when empty.

    An absent system message is not an empty one: SmolLM2's template would put its default prompt there. A template
    that refuses system messages (Gemma's) is rendered without one as long as there is nothing to say in it.
    """
    with_system = [{"role": "system", "content": system}, *turns]
    try:
        return _apply(tokenizer, with_system, open_turn=open_turn)
    except TemplateError as error:
        if system:
            raise StudentError(
                f"the chat template refuses a system message ({error})", do="leave system_prompt empty"
            ) from error
    return _apply(tokenizer, list(turns), open_turn=open_turn)


def _apply(tokenizer: PreTrainedTokenizerBase, messages: list[dict[str, str]], *, open_turn: bool) -> str:
    rendered: Any = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=open_turn)
    return cast(str, rendered)
