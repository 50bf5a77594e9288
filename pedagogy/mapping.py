"""A knowledge map drawn from nothing: near-duplicate modules merged, items tagged, what is covered counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tutelage.pedagogy.neighbours import similarity
from tutelage.pedagogy.pools import normalise
from tutelage.pedagogy.records import Module

NEAR_DUPLICATE = 0.9
"""Lower, and two-digit addition is two-digit subtraction: they differ in one word, and it is the one that counts."""
_FILLER = frozenset({"a", "an", "and", "by", "for", "from", "in", "into", "of", "on", "or", "the", "to", "with"})


def slug(text: str) -> str:
    """A module's id as the map wants it, whatever a teacher made of it."""
    parts = (re.sub(r"[^a-z0-9]+", "_", part.lower()).strip("_") for part in text.split("/"))
    return "/".join(part for part in parts if part) or "module"


def merge_duplicates(modules: Sequence[Module]) -> tuple[tuple[Module, ...], dict[str, str]]:
    """Of modules with one id, or much the same words, the first. Returns them, and whom the others became.

    Words are compared without order and number: "Adding fractions" and "Fractions: adding" are one module. Two names
    for one thing that share no words stay two: that takes a person, or the tags, to see.
    """
    kept: list[Module] = []
    merged: dict[str, str] = {}
    for module in modules:
        twin = next((one for one in kept if one.id == module.id or _alike(one, module)), None)
        if twin is None:
            kept.append(module)
        elif module.id != twin.id:
            merged[module.id] = twin.id
    return tuple(kept), merged


def _alike(one: Module, other: Module) -> bool:
    if similarity(_words(one.name), _words(other.name)) == 1.0:
        return True
    return similarity(_words(one.description), _words(other.description)) >= NEAR_DUPLICATE


def _words(text: str) -> frozenset[str]:
    return frozenset(word.rstrip("s") for word in normalise(text).split() if word.isalnum() and word not in _FILLER)


@dataclass(frozen=True)
class Coverage:
    """How the items lie on a map.

    Attributes:
        items: Items of every module, by the main tag.
        untagged: Items that no module fits, in their order.
    """

    items: Mapping[str, int]
    untagged: tuple[str, ...]

    @property
    def covered(self) -> float:
        """Share of the items that have a module."""
        tagged = sum(self.items.values())
        return tagged / (tagged + len(self.untagged)) if tagged else 0.0

    def at_least(self, count: int) -> tuple[str, ...]:
        """The modules with so many items."""
        return tuple(module for module, items in self.items.items() if items >= count)


def coverage(modules: Sequence[Module], tags: Mapping[str, Sequence[str]]) -> Coverage:
    """Count the items by their main tag; a module without one has 0."""
    counts = Counter(found[0] for found in tags.values() if found)
    return Coverage({m.id: counts[m.id] for m in modules}, tuple(id_ for id_, found in tags.items() if not found))
