"""Whether a text has been seen in what a student will be measured on, by three checks from strict to loose.

``exact``: the same but for case, width, spacing and punctuation. ``ngram``: a run of words in common, long enough to be
no accident. ``minhash``: most word trigrams in common. Numbers in words count as their digits in the last two. None of
them finds a paraphrase, which takes an embedding model (``training.meaning``); docs/contamination.md measures what each
finds and misses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from tutelage.pedagogy.neighbours import Neighbours
from tutelage.pedagogy.pools import content_hash, normalise
from tutelage.pedagogy.records import Contact

Check = Literal["exact", "ngram", "minhash"]
CHECKS: tuple[Check, ...] = ("exact", "ngram", "minhash")

UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_VALUES = {
    **{word: n for n, word in enumerate(UNITS)},
    **{word: 10 * n for n, word in enumerate(TENS, 2)},
}
_SCALES = {"hundred": 100, "thousand": 1000}


class Seen:
    """An index of texts of one source."""

    def __init__(self, source: str, texts: Iterable[str], *, run: int | None, threshold: float) -> None:
        """Put the texts in.

        Args:
            source: What they are, for the report.
            texts: The texts.
            run: Words in a row that may not be shared; None: any may, as where all items are of a few templates.
            threshold: Similarity of word trigrams from which two texts count as the same.
        """
        self.source = source
        self._run = run
        self._exact: dict[str, str] = {}
        self._runs: dict[tuple[str, ...], str] = {}
        self._near = Neighbours(threshold)
        for text in texts:
            self._exact.setdefault(content_hash(text), text)
            said = in_digits(text)
            for gram in _runs(said, run):
                self._runs.setdefault(gram, text)
            self._near.add(text, said)

    def __len__(self) -> int:
        return len(self._exact)

    def find(self, text: str, checks: Iterable[Check] = CHECKS) -> Contact | None:
        """The first check that finds the text here, with what it found; None where none does."""
        wanted = frozenset(checks)
        if "exact" in wanted and (same := self._exact.get(content_hash(text))) is not None:
            return Contact(source=self.source, check="exact", text=same, score=1.0)
        said = in_digits(text)
        if "minhash" in wanted and (near := self._near.near(said)) is not None:
            return Contact(source=self.source, check="minhash", text=near[0], score=round(near[1], 3))
        if "ngram" in wanted:
            for gram in _runs(said, self._run):
                if gram in self._runs:
                    return Contact(source=self.source, check="ngram", text=self._runs[gram], score=float(len(gram)))
        return None


def in_digits(text: str) -> str:
    """The normalised text with numbers in words written as digits: "twenty-one" and "21" are one."""
    words: list[str] = []
    number: int | None = None
    last = 0
    for word in re.sub(r"(?<=[a-z])\s*-\s*(?=[a-z])", " ", normalise(text)).split():
        value = _VALUES.get(word)
        if word in _SCALES and number is not None:
            number *= _SCALES[word]
            last = _SCALES[word]
        elif value is not None and (number is None or value < last):
            number = (number or 0) + value
            last = 10 if value >= 20 else 1
        else:
            if number is not None:
                words.append(str(number))
            number, last = (None, 0) if value is None else (value, 10 if value >= 20 else 1)
            if value is None:
                words.append(word)
    if number is not None:
        words.append(str(number))
    return " ".join(words)


def numbers(text: str) -> tuple[str, ...]:
    """The numbers that a text names, sorted, but for 1, which English says without meaning a number.

    A problem told anew keeps its numbers; one of the same template with others is another problem, however alike.
    """
    return tuple(sorted(n for n in re.findall(r"\d+(?:\.\d+)?", in_digits(text)) if n != "1"))


def _runs(text: str, length: int | None) -> Iterable[tuple[str, ...]]:
    if length is None:
        return ()
    words = text.split()
    return [tuple(words[i : i + length]) for i in range(len(words) - length + 1)]
