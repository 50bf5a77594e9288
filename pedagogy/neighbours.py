"""Texts that are nearly the same, found without comparing each with each: MinHash of word trigrams (datasketch)."""

from __future__ import annotations

from collections.abc import Iterable

from datasketch import MinHash, MinHashLSH

from tutelage.pedagogy.pools import normalise

# The estimate of a similarity errs by about 1 / sqrt(permutations); what it proposes is compared exactly.
_PERMUTATIONS = 128
_SEED = 1
# How far below the threshold the index is set: at 0.8 it is set for 0.5 and proposes all but about 1 in 20,000.
_MARGIN = 0.3
# Copied for every text: drawing the permutations anew takes longer than all the rest.
_EMPTY = MinHash(num_perm=_PERMUTATIONS, seed=_SEED)


class Neighbours:
    """An index of texts. ``near`` finds those whose word trigrams are similar enough, exactly measured."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._index = MinHashLSH(threshold=max(0.1, threshold - _MARGIN), num_perm=_PERMUTATIONS)
        self._grams: dict[str, frozenset[str]] = {}

    def __len__(self) -> int:
        return len(self._grams)

    def add(self, key: str, text: str) -> None:
        """Put a text into the index; a key stands for one text."""
        if key not in self._grams:
            grams = trigrams(text)
            self._grams[key] = grams
            self._index.insert(key, _sketch(grams))

    def near(self, text: str) -> tuple[str, float] | None:
        """The most similar text at or above the threshold: its key and similarity; None where there is none."""
        grams = trigrams(text)
        found = [(similarity(grams, self._grams[key]), key) for key in map(str, self._index.query(_sketch(grams)))]
        best = max(found, default=(0.0, ""), key=lambda pair: (pair[0], pair[1]))
        return (best[1], best[0]) if best[0] >= self._threshold else None


def trigrams(text: str) -> frozenset[str]:
    """The word trigrams of a normalised text, its ends marked so that short texts have some."""
    words = ["^", *normalise(text).split(), "$"]
    return frozenset(" ".join(words[i : i + 3]) for i in range(max(1, len(words) - 2)))


def similarity(left: frozenset[str], right: frozenset[str]) -> float:
    """Jaccard similarity, in [0, 1]."""
    union = len(left | right)
    return len(left & right) / union if union else 0.0


def _sketch(grams: Iterable[str]) -> MinHash:
    sketch = _EMPTY.copy()
    sketch.update_batch([gram.encode() for gram in sorted(grams)])
    return sketch
