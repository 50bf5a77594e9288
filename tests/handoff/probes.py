"""A hundred prompts, and the plainest greedy answers that transformers gives to them, by ``generate``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from tutelage.training.child.chat import prompt_text, token_ids
from tutelage.training.child.greedy import greedy, left_pad
from tutelage.training.child.loading import load_tokenizer

Tokens = list[int]
QUESTIONS = [f"What is {a} + {b}?" + " Explain." * (a % 3) for a in range(2, 12) for b in range(7, 17)]


def prompts(student: Path, questions: Sequence[str] = QUESTIONS) -> list[Tokens]:
    """The questions as they are put to the student."""
    tokenizer = load_tokenizer(str(student))
    return [token_ids(tokenizer, prompt_text(tokenizer, question, "")) for question in questions]


def by_transformers(model: Path, asked: Sequence[Tokens], limit: int, adapter: Path | None = None) -> list[Tokens]:
    """Greedy answers in float32, the adapter beside the weights and not merged into them."""
    loaded: Any = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    if adapter is not None:
        loaded = PeftModel.from_pretrained(loaded, adapter)
    loaded.train(False)
    answers: list[Tokens] = []
    for batch in _batches(asked):
        ids, mask = left_pad(batch, 2, torch.device("cpu"))
        said = loaded.generate(
            input_ids=ids, attention_mask=mask, max_new_tokens=limit, do_sample=False, pad_token_id=2
        )
        answers += [[token for token in row if token != 2] for row in said[:, ids.shape[1] :].tolist()]
    return answers


def by_greedy(model: Path, asked: Sequence[Tokens], limit: int, adapter: Path | None = None) -> list[Tokens]:
    """As ``by_transformers``, but a row that has ended costs nothing more: what a real student's answers need."""
    loaded: Any = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    if adapter is not None:
        loaded = PeftModel.from_pretrained(loaded, adapter)
    loaded.train(False)
    return [row.tokens for batch in _batches(asked) for row in greedy(loaded, batch, 2, {2}, limit)]


def _batches(asked: Sequence[Tokens]) -> list[Sequence[Tokens]]:
    return [asked[start : start + 25] for start in range(0, len(asked), 25)]
