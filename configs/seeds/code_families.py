"""The families of programming tasks: name, words, body and calls, with ``{0}`` and ``{1}`` for their numbers."""

from __future__ import annotations

from typing import Any, NamedTuple


class Family(NamedTuple):
    """A kind of task; ``calls`` are what the tests call it with."""

    name: str
    arguments: str
    does: str
    body: str
    calls: tuple[str, ...]
    numbers: tuple[tuple[Any, ...], ...]
    level: int = 1


_SMALL = ((2,), (3,), (4,), (5,), (6,), (7,))
_PAIRS = ((2, 5), (3, 1), (4, 9), (5, 2), (7, 3), (9, 4))
_LETTERS = (("a",), ("e",), ("i",), ("o",), ("s",), ("t",))
_N, _X, _TEXT, _LIST, _TEXTS = ("0", "1", "10", "97"), ("0", "7", "-12", "60"), (
    "''", "'see the seven geese at sea'", "'a boat on a lake'"), ("[]", "[4, 8, 1, 9, 3, 7]", "[2, 2, 5]"), (
    "[]", "['pear', 'fig', 'banana', 'kiwi', 'apple']")  # fmt: skip
_DICT, _WORDS = ("{}", "{'a': 3, 'b': 8, 'c': 5}", "{'x': 2, 'y': 7}"), (
    "''", "'to be or not to be'", "'the cat and the other cat'")  # fmt: skip

FAMILIES: dict[str, tuple[Family, ...]] = {
    "code/numbers": (
        Family("scaled_{0}_{1}", "x", "multiplies the whole number x by {0} and adds {1}", "return x * {0} + {1}", _X, _PAIRS),
        Family("is_multiple_of_{0}", "x", "says whether x is divisible by {0}", "return x % {0} == 0", _X, _SMALL),
        Family("multiples_of_{0}", "n", "counts the numbers from 1 to n that {0} divides", "return n // {0}", _N, _SMALL),
        Family("down_to_{0}", "x", "rounds x down to the next multiple of {0}", "return x // {0} * {0}", _X, _SMALL),
        Family("power_sum_{0}", "n", "adds up k to the power of {0} for every k from 1 to n",
               "return sum(k ** {0} for k in range(1, n + 1))", ("0", "1", "5"), _SMALL, 2),
        Family("between_{0}_and_{1}0", "x", "returns x, but at least {0} and at most {1}0",
               "return max({0}, min(x, {1}0))", _X, _PAIRS, 2),
        Family("digit_{0}_in", "n", "tells how often the digit {0} is in the decimal number n",
               "return str(n).count('{0}')", ("0", "22334", "5677", "46"), _SMALL, 2),
        Family("times_divisible_by_{0}", "n", "tells how many times a positive n can be divided by {0} without a remainder",
               "count = 0\nwhile n % {0} == 0:\n    n //= {0}\n    count += 1\nreturn count", ("1", "60", "2401", "64"),
               _SMALL, 3),
        Family("in_base_{0}", "n", "writes the whole number n >= 0 in base {0}, as a string",
               "digits = ''\nwhile n:\n    digits = str(n % {0}) + digits\n    n //= {0}\nreturn digits or '0'", _N, _SMALL, 3),
        Family("root_above_{0}", "n", "finds the smallest whole number above {0} whose square is at least n",
               "k = {0} + 1\nwhile k * k < n:\n    k += 1\nreturn k", _N, _SMALL, 3),
    ),
    "code/strings": (
        Family("count_{0}", "text", "counts the letter {0} in text", "return text.count('{0}')", _TEXT, _LETTERS),
        Family("without_{0}", "text", "returns text with every letter {0} taken out", "return text.replace('{0}', '')",
               _TEXT, _LETTERS),
        Family("every_{0}th", "text", "keeps each {0}th character, beginning with the first", "return text[::{0}]", _TEXT, _SMALL),
        Family("first_{0}_words", "text", "gives the first {0} words of text, with single blanks between them",
               "return ' '.join(text.split()[:{0}])", _TEXT, _SMALL),
        Family("longer_than_{0}", "words", "returns the strings of a list that have more than {0} characters",
               "return [word for word in words if len(word) > {0}]", _TEXTS, _SMALL),
        Family("cut_at_{0}", "text", "shortens text to {0} characters and adds three dots if anything was cut off",
               "return text if len(text) <= {0} else text[:{0}] + '...'", _TEXT, _SMALL, 2),
        Family("words_with_{0}", "text", "collects the words that contain the letter {0}, sorted, each of them once",
               "return sorted(set(word for word in text.split() if '{0}' in word))", _TEXT, _LETTERS, 2),
        Family("shifted_{0}", "text", "moves every small letter {0} places on in the alphabet, from z on to a",
               "return ''.join(chr((ord(c) - 97 + {0}) % 26 + 97) if 'a' <= c <= 'z' else c for c in text)", _TEXT, _SMALL, 3),
        Family("blocks_of_{0}", "text", "cuts text into a list of pieces of {0} characters, where the last may be shorter",
               "return [text[i:i + {0}] for i in range(0, len(text), {0})]", _TEXT, _SMALL, 3),
        Family("last_place_of_{0}", "text", "returns the index of the last {0} in text, or None where there is none",
               "place = text.rfind('{0}')\nreturn None if place < 0 else place", _TEXT, _LETTERS, 3),
    ),
    "code/lists": (
        Family("above_{0}", "numbers", "returns the numbers of a list that are greater than {0}",
               "return [n for n in numbers if n > {0}]", _LIST, _SMALL),
        Family("plus_{0}", "numbers", "makes a new list in which every number is {0} larger", "return [n + {0} for n in numbers]",
               _LIST, _SMALL),
        Family("last_{0}", "items", "returns the last {0} items of a list, or all where there are fewer", "return items[-{0}:]",
               _LIST, _SMALL),
        Family("how_many_{0}", "numbers", "tells how often the number {0} stands in a list", "return numbers.count({0})",
               _LIST, _SMALL),
        Family("turned_{0}", "items", "moves the first {0} items of a list to its end, going round as often as needed",
               "if not items:\n    return []\nk = {0} % len(items)\nreturn items[k:] + items[:k]", _LIST, _SMALL, 2),
        Family("chunks_of_{0}", "items", "splits a list into lists of {0} items, the last of which may be shorter",
               "return [items[i:i + {0}] for i in range(0, len(items), {0})]", _LIST, _SMALL, 2),
        Family("largest_{0}", "numbers", "returns the {0} largest numbers, the largest of them first",
               "return sorted(numbers, reverse=True)[:{0}]", _LIST, _SMALL, 2),
        Family("pairs_to_{0}", "numbers", "counts the pairs of places i < j whose two numbers add up to {0}",
               "return sum(numbers[i] + numbers[j] == {0} for i in range(len(numbers)) for j in range(i + 1, len(numbers)))",
               _LIST, ((4,), (5,), (7,), (10,), (11,), (12,)), 3),
        Family("runs_up_to_{0}", "numbers", "sums the numbers from the start for as long as the sum is at most {0}, and returns it",
               "total = 0\nfor n in numbers:\n    if total + n > {0}:\n        break\n    total += n\nreturn total",
               _LIST, ((3,), (5,), (12,), (14,), (20,), (30,)), 3),
        Family("jumps_over_{0}", "numbers", "counts neighbours in a list whose difference is more than {0}",
               "return sum(abs(a - b) > {0} for a, b in zip(numbers, numbers[1:]))", _LIST, _SMALL, 3),
    ),
    "code/dictionaries": (
        Family("keys_above_{0}", "table", "returns the sorted keys whose value is greater than {0}",
               "return sorted(k for k, v in table.items() if v > {0})", _DICT, _SMALL),
        Family("values_times_{0}", "table", "makes a new dictionary in which each value is {0} times as large",
               "return {{k: v * {0} for k, v in table.items()}}", _DICT, _SMALL),
        Family("get_or_{0}", "table, key", "looks key up in a dictionary and returns {0} where it is missing",
               "return table.get(key, {0})", ("{}, 'a'", "{'a': 3}, 'a'", "{'a': 3}, 'b'"), _SMALL),
        Family("drop_below_{0}", "table", "keeps only the entries with a value of at least {0}",
               "return {{k: v for k, v in table.items() if v >= {0}}}", _DICT, _SMALL),
        Family("words_at_least_{0}", "text", "counts each word of a text that has {0} letters or more, in a dictionary",
               "found = {{}}\nfor word in text.split():\n    if len(word) >= {0}:\n        found[word] = found.get(word, 0) + 1\n"
               "return found", _WORDS, _SMALL, 2),
        Family("by_remainder_{0}", "numbers", "groups numbers in a dictionary by their remainder after division by {0}",
               "found = {{}}\nfor n in numbers:\n    found.setdefault(n % {0}, []).append(n)\nreturn found", _LIST, _SMALL, 2),
        Family("seen_{0}_times", "items", "lists, in order of first appearance, what occurs at least {0} times",
               "return [x for x in dict.fromkeys(items) if items.count(x) >= {0}]",
               ("[]", "[1, 2, 1, 1, 2, 3, 1, 1, 2, 1, 2, 1, 2, 2, 2]", "['a', 'b', 'a']"), _SMALL, 2),
        Family("top_{0}", "table", "returns the keys of the {0} largest values, largest first, ties by key",
               "return [k for k, v in sorted(table.items(), key=lambda p: (-p[1], p[0]))[:{0}]]",
               ("{}", "{'a': 3, 'b': 8, 'c': 5, 'd': 8, 'e': 1, 'f': 2, 'g': 6, 'h': 4}"), _SMALL, 3),
        Family("by_first_{0}_letters", "words", "collects words in a dictionary under their first {0} letters",
               "found = {{}}\nfor word in words:\n    found.setdefault(word[:{0}], []).append(word)\nreturn found", _TEXTS, _SMALL, 3),
        Family("merged_less_{0}", "left, right", "adds the values of equal keys of two dictionaries, and leaves out sums below {0}",
               "found = dict(left)\nfor k, v in right.items():\n    found[k] = found.get(k, 0) + v\n"
               "return {{k: v for k, v in found.items() if v >= {0}}}",
               ("{}, {}", "{'a': 1, 'b': 4}, {'a': 2, 'c': 5}"), _SMALL, 3),
    ),
}  # fmt: skip
