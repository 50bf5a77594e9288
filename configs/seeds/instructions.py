"""Instructions in the shape of Dolly: what is to be done, a text to do it with, and one good response."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from tutelage.configs.domain import SeedRow

ITEMS_A_MODULE = 60
_KINDS = {
    "animals": ("horse", "goose", "salmon", "beetle", "otter", "falcon", "lizard", "camel"),
    "plants": ("oak", "tulip", "fern", "wheat", "ivy", "cactus", "birch", "clover"),
    "tools": ("hammer", "saw", "pliers", "chisel", "drill", "wrench", "file", "level"),
    "musical instruments": ("violin", "trumpet", "harp", "flute", "drum", "cello", "organ", "banjo"),
    "vehicles": ("tram", "ferry", "bicycle", "lorry", "glider", "canoe", "scooter", "sledge"),
}
_PEOPLE = ("Amara", "Boris", "Chen", "Dalia", "Emil", "Fatou", "Goran", "Hana", "Iris", "Jamal")
_TOWNS = ("Lyon", "Bergen", "Porto", "Graz", "Gdansk", "Malmo", "Siena", "Cork", "Basel", "Utrecht")
_JOBS = ("baker", "nurse", "carpenter", "pilot", "teacher", "gardener", "painter", "tailor")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
Task = tuple[str, str]


def _classify(rng: Random, number: int) -> Task:
    kind, other = rng.sample(sorted(_KINDS), 2)
    mine, theirs = rng.sample(_KINDS[kind], 3), rng.sample(_KINDS[other], 2)
    words = mine + theirs
    rng.shuffle(words)
    listed = ", ".join(words)
    asked = (
        f"Which of these are {kind}? {listed}",
        f"Sort the following words into {kind} and {other}: {listed}.",
        f"Here is a list: {listed}. Name those that do not belong to the {kind}.",
    )[number % 3]
    is_kind, is_other = ", ".join(w for w in words if w in mine), ", ".join(w for w in words if w in theirs)
    said = (
        f"The {kind} are: {is_kind}.",
        f"{kind.capitalize()}: {is_kind}. {other.capitalize()}: {is_other}.",
        f"These do not belong to the {kind}: {is_other}.",
    )[number % 3]
    return asked, said


def _extract(rng: Random, number: int) -> Task:
    (a, b), (here, there) = rng.sample(_PEOPLE, 2), rng.sample(_TOWNS, 2)
    job, day = rng.choice(_JOBS), rng.choice(_DAYS)
    text = (
        f"On {day} {a}, a {job} from {here}, took the train to {there} to see {b}. "
        f"They had not met for {number + 2} weeks."
    )
    return (
        (f"Who travelled, and where to? Text: {text}", f"{a} travelled to {there}."),
        (f"List the names of the people in this text. {text}", f"The people are {a} and {b}."),
        (f"What is the traveller's job and home town?\n\n{text}", f"{a} is a {job} from {here}."),
        (f"Read: {text}\nOn which day did this happen, and for how long had they not met?",
         f"It happened on {day}; they had not met for {number + 2} weeks."),
    )[number % 4]  # fmt: skip


def _rewrite(rng: Random, number: int) -> Task:
    who, town, job, day = rng.choice(_PEOPLE), rng.choice(_TOWNS), rng.choice(_JOBS), rng.choice(_DAYS)
    count = number + 3
    return (
        (f"Rewrite in the past tense: {who} works as a {job} in {town} and walks {count} minutes every {day}.",
         f"{who} worked as a {job} in {town} and walked {count} minutes every {day}."),
        (f"Make one sentence of these two. {who} lives in {town}. {who} has {count} cousins.",
         f"{who} lives in {town} and has {count} cousins."),
        (f"Turn this into a question: {who} opens the shop in {town} on {day} at {count % 12 + 1} o'clock.",
         f"Does {who} open the shop in {town} on {day} at {count % 12 + 1} o'clock?"),
        (f"Put this politely: Send {who} the {count} letters by {day}!",
         f"Could you please send {who} the {count} letters by {day}?"),
    )[number % 4]  # fmt: skip


def _summarise(rng: Random, number: int) -> Task:
    who, town, day = rng.choice(_PEOPLE), rng.choice(_TOWNS), rng.choice(_DAYS)
    kind = rng.choice(sorted(_KINDS))
    thing, count = rng.choice(_KINDS[kind]), 2 * number + 5
    text = (
        f"The museum of {town} opens a new hall on {day}. It shows {count} {kind}, among them a {thing} that {who} "
        f"gave to the town last year. Entry is free in the first week, and guides will be there every afternoon."
    )
    asked = ("Summarise in one sentence: ", "What is the main news here? ", "Give the gist of this notice. ")[
        number % 3
    ]
    return (
        asked + text,
        f"The museum of {town} opens a new hall with {count} {kind} on {day}, with free entry in the first week.",
    )


_MODULES: dict[str, Callable[[Random, int], Task]] = {
    "instructions/classification": _classify,
    "instructions/extraction": _extract,
    "instructions/rewriting": _rewrite,
    "instructions/summarisation": _summarise,
}


def rows() -> Iterator[SeedRow]:
    """Every module's items, no question twice."""
    for module, write in _MODULES.items():
        rng = Random(f"instructions:{module}")  # noqa: S311 - the same items every time, no secret
        seen: set[str] = set()
        while len(seen) < ITEMS_A_MODULE:
            question, reference = write(rng, len(seen))
            if question not in seen:
                seen.add(question)
                yield SeedRow(id=f"{module}/{len(seen):04d}", module=module, question=question, reference=reference)
