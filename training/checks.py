"""What a fine-tuning round must not be, judged on numbers alone. Pure: no torch, no files.

Errors refuse the round; warnings go into its record, the trace and the live view, and name the rows.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Sequence

from tutelage.errors import AnswerTruncated, EmptyAnswer, NothingToLearn, TokensLost
from tutelage.pedagogy.records import Record
from tutelage.training.contracts import TrainWarning, some_of

# A row below this share is nearly all prompt: a long text for a word of answer, or a template that writes a novel.
_LITTLE = 0.02
# Fewer steps say nothing about a trend.
_STEPS_OF_A_TREND = 8
_SPIKE = 100.0


class RowFacts(Record):
    """What is judged of a training row; ``text_sha256`` is of prompt and answer together."""

    name: str
    module: str
    prompt_tokens: int
    tokens: int
    empty: bool
    text_sha256: str

    @property
    def supervised_share(self) -> float:
        """Share of the row's tokens that the loss is taken over."""
        return (self.tokens - self.prompt_tokens) / self.tokens


class PairFacts(Record):
    """What is judged of a row's rejected answer.

    ``tokens`` are its own and its prompt's, 0 where it is empty or the chat template has no form for it; ``same``: it
    says what the row's answer says.
    """

    name: str
    tokens: int
    same: bool


def judge_rows(rows: Sequence[RowFacts], max_length: int, max_left_out: float) -> tuple[list[int], list[TrainWarning]]:
    """The indices of the rows to learn from, and what is odd about them.

    Raises:
        NothingToLearn: there are no rows, or some supervise nothing.
        EmptyAnswer: some rows have an empty answer.
        AnswerTruncated: more than ``max_left_out`` of a module's rows are longer than ``max_length``.
    """
    if not rows:
        raise NothingToLearn("the data set has no rows")
    if empty := [row.name for row in rows if row.empty]:
        raise EmptyAnswer(
            f"{len(empty)} of {len(rows)} training rows have an empty answer",
            where=some_of(empty),
            do="leave these rows out",
        )
    if silent := [row.name for row in rows if row.tokens <= row.prompt_tokens]:
        raise NothingToLearn(
            f"{len(silent)} of {len(rows)} training rows have no supervised token",
            where=some_of(silent),
            do="use a chat template that renders the assistant's answer",
        )
    _refuse_truncation(rows, max_length, max_left_out)
    kept = [index for index, row in enumerate(rows) if row.tokens <= max_length]
    return kept, _warnings(rows, kept, max_length)


def judge_pairs(pairs: Sequence[PairFacts], max_length: int) -> tuple[list[int], list[TrainWarning]]:
    """The indices of the pairs to learn from, and which were left out; their rows are learned from all the same."""
    faults = [_fault(pair, max_length) for pair in pairs]
    warnings = []
    for fault in sorted({fault for fault in faults if fault is not None}):
        names = tuple(pair.name for pair, found in zip(pairs, faults, strict=True) if found == fault)
        text = f"{len(names)} rejected answers {fault} and were left out"
        warnings.append(TrainWarning(kind="pair_left_out", text=text, rows=names))
    return [index for index, fault in enumerate(faults) if fault is None], warnings


def loss_warnings(losses: Sequence[float], norms: Sequence[float]) -> list[TrainWarning]:
    """What a round's losses and gradient norms, a value a step, say of it."""
    return [*_not_falling(losses), *_spikes(norms)]


def check_tokens(seen: int, planned: int) -> None:
    """Training must have seen every token of every epoch, and none twice.

    Raises:
        TokensLost: it has not.
    """
    if seen != planned:
        raise TokensLost(f"{seen} tokens were trained on and {planned} were planned", do="report this: it is a bug")


def _refuse_truncation(rows: Sequence[RowFacts], max_length: int, max_left_out: float) -> None:
    by_module: defaultdict[str, list[RowFacts]] = defaultdict(list)
    for row in rows:
        by_module[row.module].append(row)
    for module, own in sorted(by_module.items()):
        long = [row for row in own if row.tokens > max_length]
        if len(long) > max_left_out * len(own):
            raise AnswerTruncated(
                f"{len(long)} of {len(own)} rows of {module} are longer than max_length {max_length}",
                where=some_of([row.name for row in long]),
                do=f"set training.max_length to {max(row.tokens for row in long)}, or ask for shorter lessons",
            )


def _fault(pair: PairFacts, max_length: int) -> str | None:
    if pair.same:
        return "say the same as the right one"
    if not pair.tokens:
        return "are empty, or the chat template has no form for them,"
    return f"are longer than max_length {max_length}" if pair.tokens > max_length else None


def _warnings(rows: Sequence[RowFacts], kept: Sequence[int], max_length: int) -> list[TrainWarning]:
    found = []
    learned = [rows[index] for index in kept]
    if long := tuple(row.name for row in rows if row.tokens > max_length):
        text = f"{len(long)} rows are longer than max_length {max_length} and were left out"
        found.append(TrainWarning(kind="left_out", text=text, rows=long))
    if copies := _copies(learned):
        text = f"{len(copies)} rows repeat another row word for word"
        found.append(TrainWarning(kind="duplicate_rows", text=text, rows=copies))
    if poor := tuple(row.name for row in learned if row.supervised_share < _LITTLE):
        text = f"in {len(poor)} rows the answer is less than {_LITTLE:.0%} of the tokens"
        found.append(TrainWarning(kind="little_to_learn", text=text, rows=poor))
    return found


def _copies(rows: Sequence[RowFacts]) -> tuple[str, ...]:
    seen: set[str] = set()
    copies = []
    for row in rows:
        if row.text_sha256 in seen:
            copies.append(row.name)
        seen.add(row.text_sha256)
    return tuple(copies)


def _not_falling(losses: Sequence[float]) -> list[TrainWarning]:
    if len(losses) < _STEPS_OF_A_TREND:
        return []
    quarter = len(losses) // 4
    first, last = statistics.fmean(losses[:quarter]), statistics.fmean(losses[-quarter:])
    if last < first:
        return []
    text = f"the loss did not fall: {first:.3f} over the first {quarter} steps, {last:.3f} over the last"
    return [TrainWarning(kind="loss_not_falling", text=text)]


def _spikes(norms: Sequence[float]) -> list[TrainWarning]:
    finite = [norm for norm in norms if math.isfinite(norm)]
    if len(finite) < _STEPS_OF_A_TREND:
        return []
    usual, largest = statistics.median(finite), max(finite)
    if largest <= _SPIKE * usual:
        return []
    text = f"the gradient's norm was {largest:.3g} in step {norms.index(largest) + 1} and is {usual:.3g} usually"
    return [TrainWarning(kind="gradient_spike", text=text)]
