"""How far two forms of the student agree on a hundred items of the quickstart's domain: in texts and in grades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel

from tests.handoff.probes import Tokens, prompts
from tutelage.configs.load import load_domain
from tutelage.files import read_json_lines
from tutelage.pedagogy.lesson import with_instruction
from tutelage.training.child.loading import load_model, load_tokenizer
from tutelage.training.graders import NumericGrader

DOMAIN = Path(__file__).parents[2] / "configs" / "domains" / "everyday_arithmetic.yaml"


@dataclass(frozen=True)
class Probe:
    """An item as it is put to the student, and its reference."""

    question: str
    reference: str


def hundred() -> list[Probe]:
    """A hundred items, spread evenly over the domain's modules and levels."""
    domain = load_domain(DOMAIN)
    rows = [row for _, row in read_json_lines(DOMAIN.with_suffix(".jsonl"))]
    chosen = [rows[index * len(rows) // 100] for index in range(100)]
    return [Probe(with_instruction(row["question"], domain.answer_instruction), row["reference"]) for row in chosen]


PROBES = hundred()


def asked_of(base: Path) -> list[Tokens]:
    """The probes as tokens."""
    return prompts(base, [probe.question for probe in PROBES])


@dataclass(frozen=True)
class Agreement:
    """Of how many probes two forms gave the same text and the same grade, and where they part."""

    texts: int
    grades: int
    right: int
    parted: list[str]

    def lines(self, form: str) -> str:
        """For the log."""
        head = f"{form}: {self.texts} of 100 texts the same, {self.grades} of 100 grades, {self.right} right"
        return "\n".join(["", head, *(f"  {one}" for one in self.parted), ""])


def compare(base: Path, adapter: Path, said: Sequence[Tokens], beside: Sequence[Tokens]) -> Agreement:
    """Set a form's answers beside those of transformers with the adapter beside the weights."""
    assert len(said) == len(beside) == len(PROBES)
    tokenizer, grade = load_tokenizer(str(base)), NumericGrader().grade
    texts, others = [[tokenizer.decode(one) for one in answers] for answers in (said, beside)]
    marks, expected = [
        [grade(str(text), probe.reference) for text, probe in zip(answers, PROBES, strict=True)]
        for answers in (texts, others)
    ]
    differing = [index for index, (one, other) in enumerate(zip(said, beside, strict=True)) if one != other]
    model = _taught(base, adapter) if differing else None
    asked = asked_of(base)
    return Agreement(
        texts=100 - len(differing),
        grades=sum(a == b for a, b in zip(marks, expected, strict=True)),
        right=marks.count("right"),
        parted=[
            f"{PROBES[index].question.splitlines()[0]!r}: {_parting(model, asked[index], said[index], beside[index])}; "
            f"{texts[index]!r} ({marks[index]}) and {others[index]!r} ({expected[index]})"
            for index in differing
        ],
    )


def _taught(base: Path, adapter: Path) -> Any:
    model = PeftModel.from_pretrained(load_model(str(base), torch.device("cpu")), adapter)
    return model.train(False)


@torch.inference_mode()
def _parting(model: Any, prompt: Tokens, one: Tokens, other: Tokens) -> str:
    """At which token two answers part, and how far apart transformers finds the two tokens there."""
    ended = 2
    pairs = list(zip([*one, ended], [*other, ended], strict=False))
    place = next(n for n, (a, b) in enumerate(pairs) if a != b)
    scores = model(input_ids=torch.tensor([[*prompt, *one[:place]]])).logits[0, -1].float().log_softmax(-1)
    return f"part at token {place + 1}, {abs(float(scores[pairs[place][0]] - scores[pairs[place][1]])):.6f} nats apart"
