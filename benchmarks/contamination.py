"""Planted contamination: what each check catches and misses. ``python benchmarks/contamination.py`` prints the table.

Twelve problems of ours stand for a benchmark. Each is planted in a teacher's lessons in six disguises, and beside them
stand lessons that are no contamination at all: the same template with other numbers, and other problems. With
``--embedding FOLDER`` another table says what comparing meanings finds, by the cosine from which two count as the same.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from tutelage.pedagogy.contamination import CHECKS, TENS, UNITS, Check, Seen
from tutelage.training.meaning import nearest

# A problem, and the same told anew by hand: other words, the same numbers and the same answer.
PROBLEMS = (
    ("Tom has 12 apples and buys 4 more at the shop round the corner. How many apples has Tom now?",
     "Four apples from the corner shop join the 12 that Tom owns already. What is his total?"),
    ("A bus with 38 passengers stops and 15 of them get off. How many passengers are still on the bus?",
     "Of the 38 people who ride a bus, 15 leave at a stop. Say how many remain."),
    ("Each of the 6 shelves in the library holds 24 books. How many books are there on all shelves together?",
     "A library keeps 24 volumes on every one of its 6 racks. Find the number of volumes."),
    ("Mara reads 18 pages every evening. How many pages does she read in a week of 7 evenings?",
     "If 18 pages are read per night by Mara, what does she get through in 7 nights?"),
    ("A rope of 84 metres is cut into 7 pieces of the same length. How long is each of the pieces?",
     "Seven equal parts are made from 84 metres of rope; give the length of one."),
    ("The train leaves at 9 o'clock and arrives 3 hours and 20 minutes later. When does the train arrive?",
     "After 3 hours 20 minutes on the way, a train that set off at 9 gets in. At what time?"),
    ("A farmer has 45 sheep and sells one third of them at the market. How many sheep does the farmer keep?",
     "One third of a flock of 45 is sold. What is the size of the flock afterwards?"),
    ("Tickets cost 9 dollars for adults and 5 dollars for children. What do 2 adults and 3 children pay together?",
     "Two grown-ups at 9 dollars and three kids at 5 dollars go in. State the price for the group."),
    ("Nina saves 25 dollars a month. After how many months has she saved the 200 dollars for her bicycle?",
     "A bike at 200 dollars is to be bought by putting 25 aside monthly. How long does that take Nina?"),
    ("A tank holds 60 litres and loses 4 litres every hour. How many litres are left in the tank after 5 hours?",
     "From a full 60-litre container 4 litres leak hourly. What does it contain 5 hours on?"),
    ("A square garden has sides of 13 metres. How many metres of fence does one need to go all around the garden?",
     "Find the perimeter of a square plot whose side measures 13 m."),
    ("Of the 32 children in a class, 3 quarters come to school by bicycle. How many children come by bicycle?",
     "Three out of four pupils cycle in a class with 32 pupils. Give the number of cyclists."),
)  # fmt: skip
OTHERS = (
    "What is 45 + 38?", "How many minutes are 3 hours and 12 minutes?", "Write the number 507 in words.",
    "A box of 10 eggs costs 4 dollars. What do 3 boxes cost?", "Which is larger, 2/3 or 3/5?",
    "The sides of a triangle are 3, 4 and 5 cm. What is its perimeter?", "Sort these numbers: 5, 2, 9, 1.",
    "Ben has twice as many marbles as Eva, who has 14. How many has Ben?", "What day is it 10 days after a Monday?",
    "A film of 95 minutes begins at 8 o'clock. When does it end?", "What is 15% of 80?", "Solve x - 7 = 12.",
)  # fmt: skip

COSINES = (0.6, 0.7, 0.8)


def in_words(number: int) -> str:
    """A number below a thousand in English words."""
    if number >= 100:
        rest = number % 100
        return f"{UNITS[number // 100]} hundred" + (f" {in_words(rest)}" if rest else "")
    if number < 20:
        return UNITS[number]
    return TENS[number // 10 - 2] + (f"-{UNITS[number % 10]}" if number % 10 else "")


DISGUISES: dict[str, Callable[[str, str], str]] = {
    "exact": lambda text, _: text,
    "punctuation and case changed": lambda text, _: (
        text.upper().replace(".", " ;").replace("?", " ?!").replace(",", "")
    ),
    "numbers re-worded": lambda text, _: re.sub(r"\d+", lambda m: in_words(int(m.group())), text),
    "one word changed": lambda text, _: text.replace("How many", "Say how many").replace("What", "Say what"),
    "copied into a longer text": lambda text, _: (
        f"Here is something to think about, from a book I like. {text} Show it."
    ),
    "paraphrase": lambda _, told: told,
    "no contamination: other numbers": lambda text, _: re.sub(r"\d+", lambda m: str(int(m.group()) + 3), text),
}


def table() -> dict[str, dict[str, tuple[int, int]]]:
    """By disguise and check: how many of how many were found. ``any`` is all checks together."""
    seen = Seen("benchmark", [text for text, _ in PROBLEMS], run=8, threshold=0.8)
    ways: dict[str, tuple[Check, ...]] = {**{check: (check,) for check in CHECKS}, "any": CHECKS}
    return {
        name: {
            way: (sum(seen.find(text, checks) is not None for text in texts), len(texts))
            for way, checks in ways.items()
        }
        for name, texts in planted().items()
    }


def planted() -> dict[str, list[str]]:
    """The lessons by what was done to them."""
    found = {name: [disguise(*problem) for problem in PROBLEMS] for name, disguise in DISGUISES.items()}
    return {**found, "no contamination: other problems": list(OTHERS)}


def by_meaning(model: Path) -> dict[str, dict[str, tuple[int, int]]]:
    """By disguise and cosine: how many of how many mean the same as one of the problems."""
    lessons = planted()
    texts = [text for found in lessons.values() for text in found]
    with tempfile.TemporaryDirectory() as folder:
        near = asyncio.run(nearest(model, texts, [text for text, _ in PROBLEMS], log=Path(folder) / "log", threads=1))
    cosines = iter([one.cosine if one else 0.0 for one in near])
    found = {name: [next(cosines) for _ in texts] for name, texts in lessons.items()}
    return {
        name: {f"from {least}": (sum(c >= least for c in row), len(row)) for least in COSINES}
        for name, row in found.items()
    }


def print_table(found: dict[str, dict[str, tuple[int, int]]]) -> None:
    """Print a table as it stands in docs/contamination.md."""
    columns = list(next(iter(found.values())))
    print(f"| planted | {' | '.join(columns)} |")
    print("|---|" + "---|" * len(columns))
    for name, row in found.items():
        print(f"| {name} | " + " | ".join(f"{row[way][0]}/{row[way][1]}" for way in columns) + " |")


def main(embedding: Path | None = None) -> None:
    """Print the table of the built-in checks, or of meanings where an embedding model is named."""
    print_table(table() if embedding is None else by_meaning(embedding))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--embedding", type=Path, help="folder of a sentence-embedding model")
    main(parser.parse_args().embedding)
