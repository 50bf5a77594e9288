"""What a strategy is: where lessons start from, who writes them, and how often the student is taught. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from tutelage.pedagogy.records import Attempt, Item

StrategyName = Literal[
    "ioa",
    "sft",
    "self_instruct",
    "evol_instruct",
    "llm2llm",
    "lion",
    "persd",
    "cot",
    "critique_revise",
    "counterfactual",
    "prompt_distill",
    "teacher_ladder",
    "rejection_self",
]
Source = Literal["tutor", "reference", "seeds", "student"]


@dataclass(frozen=True)
class Start:
    """What one call for lessons starts from.

    Attributes:
        items: Seed items of the module, one or a few.
        note: What is asked of them beyond the prompt, in the prompt's own words; empty for nothing.
        attempt: The student's own answer to the one item.
    """

    items: tuple[Item, ...]
    note: str = ""
    attempt: str | None = None


@dataclass(frozen=True)
class View:
    """What a strategy sees of one module at the start of a round.

    Attributes:
        items: Its seed items (the diagnostic pool), in drawing order; never empty.
        answers: The student's answers to them at the start of this round, by item; empty where nobody asked.
        round: Counted from 1.
    """

    items: tuple[Item, ...]
    answers: Mapping[str, Attempt]
    round: int

    @property
    def failed(self) -> tuple[Item, ...]:
        """The items that the student did not answer right."""
        return tuple(i for i in self.items if i.id in self.answers and self.answers[i.id].grade != "right")

    @property
    def solved(self) -> tuple[Item, ...]:
        """The items that it did."""
        return tuple(i for i in self.items if i.id in self.answers and self.answers[i.id].grade == "right")


Starts = Callable[[View, int], tuple[Start, ...]]
"""(view, calls) -> at most that many starts; fewer, or none, where the strategy has nothing to start from."""


@dataclass(frozen=True)
class Strategy:
    """A way of making training data that ours is compared with.

    Attributes:
        paper: Whose it is.
        keeps: What of it is here.
        leaves_out: What of it is not, and why.
        starts: Where the lessons of a round start from.
        writes: The prompts of a call, in turn: the first one writes, each later one is given what the one before
            wrote. Empty where no Tutor writes.
        source: Who wrote the lessons' text: the Tutor's teacher, the reference teacher by answering, whoever wrote the
            seeds, or the student.
        keeps_all: Whether what an earlier prompt of the chain wrote is taught, too.
        own_questions: The lessons are the seed items themselves, one a start, with somebody's solution.
        rounds: How often the student is taught.
        exam: Whether the student answers the seed items before every round.
        restarts: Whether every round begins at the untaught student and teaches all lessons so far.
    """

    name: StrategyName
    paper: str
    keeps: str
    leaves_out: str
    starts: Starts
    writes: tuple[str, ...]
    source: Source = "tutor"
    keeps_all: bool = False
    own_questions: bool = False
    rounds: int = 1
    exam: bool = False
    restarts: bool = False


def two_by_two(items: tuple[Item, ...], calls: int, note: str = "") -> tuple[Start, ...]:
    """So many calls with two items each, walking round them."""
    if not items:
        return ()
    width = min(2, len(items))
    return tuple(Start(tuple(items[(2 * call + k) % len(items)] for k in range(width)), note) for call in range(calls))


def in_turn(items: tuple[Item, ...], calls: int) -> tuple[Start, ...]:
    """A start an item, each at most once."""
    return tuple(Start((item,)) for item in items[:calls])


def all_alike(view: View, calls: int) -> tuple[Start, ...]:
    """From all seed items alike, whatever the student knows."""
    return two_by_two(view.items, calls)


def each_item(view: View, calls: int) -> tuple[Start, ...]:
    """Every seed item once."""
    return in_turn(view.items, calls)
