"""Whether a candidate lesson may be taught: decided without taking the teacher's word for it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from tutelage.pedagogy.contamination import Seen
from tutelage.pedagogy.lesson import completion
from tutelage.pedagogy.neighbours import Neighbours, similarity, trigrams
from tutelage.pedagogy.pools import content_hash
from tutelage.pedagogy.records import Contact, Lesson, RejectionReason

POOLS = "pools"
"""The source of a contact with the run's own gate and held-out items."""

_NUMBER = r"-?\d+(?:,\d{3})*(?:\.\d+)?"
# Neither side may be a piece of something longer: of a time (2:45), a power (2^3), a decimal, a chain of equations,
# or a quotient with its remainder.
_EQUATION = re.compile(
    rf"(?<![\w.:^])(?P<left>{_NUMBER}(?:\s*[-+x×*÷/]\s*{_NUMBER})+)\s*=\s*"
    rf"(?P<right>{_NUMBER})(?![.,:]?\d|\s*[-+x×*÷/=^]|\s*(?i:r|rem|remainder)\b"
    rf"|,?\s*(?:(?i:and|with)\s+)?(?:(?i:a|remainder)\s+)*(?:(?i:remainder)\b|\d+\s+(?i:left|over|remain)))"
)
_CHAINED = re.compile(r"[=+\-x×*÷/]\s*$")


@dataclass(frozen=True)
class Rejection:
    """Why a candidate may not be taught, and what was found."""

    reason: RejectionReason
    detail: str
    contact: Contact | None = None


@dataclass(frozen=True)
class Guard:
    """What candidates are checked against.

    Attributes:
        seen: What the student will be measured on: the gate and held-out pools, and the benchmarks.
        exemplars: Questions of the diagnostic pool by module: what a problem of that module looks like.
        alike: Word-trigram similarity from which a problem repeats one that is taught already.
        max_characters: Longest completion, in characters.
    """

    seen: tuple[Seen, ...]
    exemplars: Mapping[str, Collection[str]]
    alike: float = 0.9
    max_characters: int = 1200
    _grams: dict[str, frozenset[str]] = field(default_factory=dict, repr=False, compare=False)

    def check(self, lesson: Lesson, taught: Taught) -> Rejection | None:
        """The first reason to reject ``lesson``, or None.

        Args:
            lesson: The candidate.
            taught: The problems already taught to this student.
        """
        text = completion(lesson)
        if len(text) > self.max_characters:
            return Rejection("too_long", f"{len(text)} characters, at most {self.max_characters}")
        if (wrong := false_equation(lesson.solution.steps)) is not None:
            return Rejection("wrong_answer", f"the step says {wrong}")
        if (repeated := taught.repeats(lesson.problem)) is not None:
            return Rejection("duplicate", repeated)
        for seen in self.seen:
            if (contact := seen.find(lesson.problem)) is not None:
                return contaminated(contact)
        if (other := self._better_module(lesson)) is not None:
            return Rejection("off_module", f"reads like {other}")
        return None

    def _better_module(self, lesson: Lesson) -> str | None:
        shape = self._trigrams(_shape(lesson.problem))
        best = {
            module: max((similarity(shape, self._trigrams(_shape(q))) for q in questions), default=0.0)
            for module, questions in self.exemplars.items()
        }
        own = best.get(lesson.module, 0.0)
        other = max(best, key=lambda module: (best[module], module), default=lesson.module)
        # Only a clear case is rejected: a new wording of the right module resembles nothing very much.
        return other if best.get(other, 0.0) >= 0.5 and own < 0.5 * best[other] else None

    def _trigrams(self, text: str) -> frozenset[str]:
        if text not in self._grams:
            self._grams[text] = trigrams(text)
        return self._grams[text]


class Taught:
    """The problems taught so far, and whether a new one only repeats one of them."""

    def __init__(self, alike: float, problems: Iterable[str] = ()) -> None:
        self._hashes: set[str] = set()
        self._near = Neighbours(alike)
        for problem in problems:
            self.add(problem)

    def add(self, problem: str) -> None:
        """From now on it is taught."""
        self._hashes.add(content_hash(problem))
        self._near.add(problem, problem)

    def repeats(self, problem: str) -> str | None:
        """What it repeats, in words; None for a new one."""
        if content_hash(problem) in self._hashes:
            return "the same problem was accepted before"
        near = self._near.near(problem)
        return None if near is None else f"nearly the same problem was accepted before ({near[1]:.2f}): {near[0]}"


def contaminated(contact: Contact) -> Rejection:
    """The rejection of what is too close to what is measured."""
    what = "a gate or held-out item" if contact.source == POOLS else f"{contact.source} ({contact.check})"
    return Rejection("contaminated", f"too close to {what}: {contact.text}", contact)


def _shape(text: str) -> str:
    """The text with its numbers blanked: what kind of problem it is, whatever the numbers."""
    return re.sub(r"\d+", "0", text)


def false_equation(steps: Iterable[str]) -> str | None:
    """The first written-out equation of whole or decimal numbers that does not hold, or None.

    Only plain ``a op b (op c ...) = d`` is judged, multiplication before addition; anything else is left to the
    independent solution.
    """
    for step in steps:
        for match in _EQUATION.finditer(step):
            if _CHAINED.search(step[: match.start()]):
                continue
            value = _evaluate(match["left"])
            if value is not None and value != _number(match["right"]):
                return f"{match['left']} = {match['right']}"
    return None


def _number(text: str) -> Fraction:
    return Fraction(text.replace(",", ""))


def _evaluate(text: str) -> Fraction | None:
    tokens = re.findall(rf"(?:(?<=[-+x×*÷/])|^)\s*{_NUMBER}|[-+x×*÷/]", text)
    total, sign = Fraction(0), 1
    product: Fraction | None = None
    operator = "+"
    for part in (t.strip() for t in tokens):
        if re.fullmatch(_NUMBER, part):
            value = _number(part)
            if product is None:
                product = value
            elif operator in "x×*":
                product *= value
            elif value == 0:
                return None
            else:
                product /= value
        elif part in "+-":
            if product is None:
                return None
            total, sign, product = total + sign * product, 1 if part == "+" else -1, None
        operator = part
    return None if product is None else total + sign * product
