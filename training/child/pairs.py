"""The student's own wrong answers as tokens: what a row's answer is to be preferred to."""

from __future__ import annotations

from collections.abc import Sequence

from transformers import PreTrainedTokenizerBase

from tutelage.errors import TemplateUnfit
from tutelage.training.checks import PairFacts, judge_pairs
from tutelage.training.child.chat import training_ids
from tutelage.training.contracts import Example, TrainSettings, TrainWarning


def rejected_ids(
    examples: Sequence[Example], tokenizer: PreTrainedTokenizerBase, settings: TrainSettings
) -> tuple[list[list[int]], list[TrainWarning]]:
    """Token ids of each example's prompt and rejected answer, and which of these were left out.

    None for an example without one, and for all where no preference is to be learned.
    """
    found: list[list[int]] = [[] for _ in examples]
    if settings.preference is None:
        return found, []
    places = [place for place, example in enumerate(examples) if example.rejected is not None]
    told = [_ids(tokenizer, examples[place], settings.system_prompt) for place in places]
    facts = [_facts(examples[place], ids) for place, ids in zip(places, told, strict=True)]
    kept, warnings = judge_pairs(facts, settings.max_length)
    for one in kept:
        found[places[one]] = told[one]
    return found, warnings


def _ids(tokenizer: PreTrainedTokenizerBase, example: Example, system: str) -> list[int]:
    """None where the template has no form for it: a student may say anything, and that is no fault of the round."""
    rejected = example.rejected or ""
    if not rejected.strip():
        return []
    try:
        return training_ids(tokenizer, example.prompt, rejected, system, f"row {example.candidate}")[0]
    except TemplateUnfit:
        return []


def _facts(example: Example, ids: Sequence[int]) -> PairFacts:
    same = (example.rejected or "").strip() == example.completion.strip()
    return PairFacts(name=example.candidate, tokens=len(ids), same=same)
