"""Does it matter which lesson comes next? One student, one heap of lessons, one budget, dealt out in several ways.

    python benchmarks/dealt_lessons.py RUN --deal shuffled|easy_first|one_by_one|by_need|passed_over \
        [--budget 24000] [--group module|level] [--seed 0] [--threads 1] [--items 40]

RUN is a run that has written more lessons than the budget pays for, by any strategy:

    tutelage run configs/comparison.yaml --run-dir RUN --set strategy.name=self_instruct --set strategy.lessons=260 \
        --set limits.training_tokens=300 --set diagnosis.held_out=60

Every way spends the same: tokens learned from, and a third of those only read. An answer is foreseen if each of
its tokens was the likeliest: of a lesson that is learned from that costs nothing to know. The ways:

- ``shuffled``: all modules take turns.
- ``easy_first``: they do, level by level within each.
- ``one_by_one``: a module at a time, until 0.7 of its lessons are foreseen; the others keep a small share.
- ``by_need``: each in proportion to what is not foreseen of it.
- ``passed_over``: that; and where over a half is foreseen of a module, its lessons are read first and left out if they
  are, too (Selective-Backprop, Jiang et al. 2019, arXiv 1910.00762).

Prints the accuracy on the run's held-out items. One training is a matter of luck: two seeds of the same way differ by
0.05 and more.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections import Counter, deque
from pathlib import Path
from typing import Any, cast

import torch
from torch.nn.functional import cross_entropy
from transformers import set_seed

from tutelage.files import cache_folder, read_json_lines, read_rows
from tutelage.graph.manifest import read_manifest
from tutelage.pedagogy.budget import FORWARD_SHARE
from tutelage.pedagogy.lesson import with_instruction
from tutelage.pedagogy.pacing import Pacer, Pacing
from tutelage.pedagogy.records import Item
from tutelage.training.child.answering import LoadedStudent
from tutelage.training.child.loading import load_tokenizer
from tutelage.training.child.loss import answer_logits
from tutelage.training.child.methods import student_to_train
from tutelage.training.child.paced import foreseen_rows
from tutelage.training.child.rows import Row, collate, read_examples, row_tokens, training_set
from tutelage.training.contracts import Question, TrainJob
from tutelage.training.grading import grader
from tutelage.training.source import prepare_student

WAYS = ("shuffled", "easy_first", "one_by_one", "by_need", "passed_over")
FLOOR, WINDOW, IN_HAND, READ_FIRST = 0.1, 12, 0.7, 0.5


class Dealer(Pacer):
    """Deals as the run's pacing does, or in another way."""

    def __init__(self, way: str, piles: dict[str, list[int]], window: int) -> None:
        super().__init__(piles, Pacing(floor=FLOOR, window=window), {})
        self._way, self._groups = way, list(piles)

    def reads_first(self, group: str) -> bool:
        """Whether the group's lessons are read before they are learned from."""
        return self._way == "passed_over" and self.share(group) > READ_FIRST

    def weight(self, module: str) -> float:
        """By need; one group at a time; or all alike."""
        if self._way in ("by_need", "passed_over"):
            return super().weight(module)
        if self._way == "one_by_one":
            now = next((one for one in self._groups if self.share(one) < IN_HAND), module)
            return 1.0 if module == now else FLOOR
        return 1.0


def piles_of(rows: list[Row], groups: list[str], levels: list[int], said: argparse.Namespace) -> dict[str, list[int]]:
    """The rows' numbers by group, each pile shuffled; the easy ones of what the budget pays for first, if so said."""
    luck = random.Random(said.seed)
    piles: dict[str, list[int]] = {}
    for number, group in enumerate(groups):
        piles.setdefault(group, []).append(number)
    tokens = sum(map(row_tokens, rows)) / len(rows)
    paid_for = math.ceil(said.budget / tokens / len(piles))
    for pile in piles.values():
        luck.shuffle(pile)
        if said.deal == "easy_first":
            pile[:paid_for] = sorted(pile[:paid_for], key=lambda number: levels[number] + luck.uniform(-0.75, 0.75))
    return dict(sorted(piles.items()))


class Teaching:
    """A student that is taught what a dealer deals, until the budget is spent."""

    def __init__(self, model: Any, rows: list[Row], dealer: Dealer, job: TrainJob, budget: int, pad: int) -> None:
        self._model, self._rows, self._dealer, self._job, self._budget, self._pad = (
            model,
            rows,
            dealer,
            job,
            budget,
            pad,
        )
        self._learning = [weight for weight in model.parameters() if weight.requires_grad]
        settings = job.settings
        self._optimiser = torch.optim.AdamW(
            self._learning, lr=settings.rate, betas=(settings.beta1, settings.beta2), weight_decay=settings.weight_decay
        )
        self._waiting = deque[tuple[str, int, bool]]()
        self.spent = 0.0
        self.taught, self.passed_over = Counter[str](), Counter[str]()

    def teach(self) -> None:
        """Step by step."""
        self._model.train()
        while True:
            dealt = [self._next() for _ in range(self._job.settings.batch_size)]
            tokens = sum(row_tokens(self._rows[number]) for _, number, _ in dealt)
            if self.spent + tokens > self._budget:
                return
            self._step(dealt)
            self.spent += tokens

    def _step(self, dealt: list[tuple[str, int, bool]]) -> None:
        settings, gone = self._job.settings, min(1.0, self.spent / self._budget)
        warm = max(0.1, min(1.0, gone / settings.warmup))
        for part in self._optimiser.param_groups:
            part["lr"] = settings.rate * warm * 0.5 * (1 + math.cos(math.pi * gone))
        batch = collate([self._rows[number] for _, number, _ in dealt], self._pad)
        logits, targets = answer_logits(self._model, batch)
        cast(Any, cross_entropy(logits, targets)).backward()
        torch.nn.utils.clip_grad_norm_(self._learning, settings.max_grad_norm)
        self._optimiser.step()
        self._optimiser.zero_grad()
        for (group, number, noted), hit in zip(dealt, foreseen_rows(logits.detach(), targets, batch), strict=True):
            self.taught[group] += 1
            if not noted:
                self._dealer.note(group, number, foreseen=hit)

    def _next(self) -> tuple[str, int, bool]:
        while not self._waiting:
            dealt = [self._dealer.deal() for _ in range(8)]
            self._waiting.extend((group, row, False) for group, row in dealt if not self._dealer.reads_first(group))
            self._read([(group, row) for group, row in dealt if self._dealer.reads_first(group)])
        return self._waiting.popleft()

    def _read(self, dealt: list[tuple[str, int]]) -> None:
        if not dealt:
            return
        batch = collate([self._rows[row] for _, row in dealt], self._pad)
        with torch.no_grad():
            logits, targets = answer_logits(self._model, batch)
        for (group, row), hit in zip(dealt, foreseen_rows(logits, targets, batch), strict=True):
            self._dealer.note(group, row, foreseen=hit)
            self.spent += row_tokens(self._rows[row]) / FORWARD_SHARE
            self.passed_over[group] += hit
            if not hit:
                self._waiting.append((group, row, True))


def main() -> None:
    """Deal, teach, examine."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--deal", choices=WAYS, default="shuffled")
    parser.add_argument("--group", choices=("module", "level"), default="module")
    parser.add_argument("--budget", type=int, default=24_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--items", type=int, default=40)
    said = parser.parse_args()
    torch.set_num_threads(said.threads)
    set_seed(said.seed)
    manifest = read_manifest(said.run)
    student = str(prepare_student(manifest.config.student.model, cache_folder()))
    settings = manifest.config.training.model_copy(update={"threads": said.threads})
    job = TrainJob(base_model=student, adapter=None, dataset="", output="", seed=said.seed, settings=settings)
    tokenizer = load_tokenizer(student)
    pad = cast(int, tokenizer.pad_token_id)
    data = training_set(read_examples(max((said.run / "datasets").glob("*.jsonl"))), tokenizer, settings)
    accepted = [c for _, c in read_json_lines(said.run / "candidates.jsonl") if c["accepted"]]
    level = {c["id"]: c["example"]["level"] or 0 for c in accepted}
    levels = [level[name] for name in data.names]
    groups = [m if said.group == "module" else f"{m}:{k}" for m, k in zip(data.modules, levels, strict=True)]
    dealer = Dealer(said.deal, piles_of(data.rows, groups, levels, said), WINDOW if said.group == "module" else 8)
    model: Any = student_to_train(job, torch.device("cpu"), torch.float32)
    teaching = Teaching(model, data.rows, dealer, job, said.budget, pad)
    teaching.teach()

    taught = LoadedStudent(model.merge_and_unload(), tokenizer, manifest.config.student.answering)
    held_out = [item for item in read_rows(said.run / "probes.jsonl", Item) if item.pool == "held_out"]
    judge, right = grader(manifest.domain.grader), {}
    for module in dict.fromkeys(item.module for item in held_out):
        items = [item for item in held_out if item.module == module][: said.items]
        asked = [
            Question(id=i.id, text=with_instruction(i.question, manifest.domain.answer_instruction)) for i in items
        ]
        answers = [one for batch in taught.answer(asked) for one in batch]
        right[module] = sum(judge.grade(a.text, items[n].reference) == "right" for n, a in answers) / len(items)
    print(json.dumps({
        "deal": said.deal, "group": said.group, "seed": said.seed, "spent": round(teaching.spent),
        "accuracy": round(sum(right.values()) / len(right), 4), "modules": {k: round(v, 3) for k, v in right.items()},
        "taught": dict(sorted(teaching.taught.items())), "passed_over": dict(sorted(teaching.passed_over.items())),
    }, indent=1))  # fmt: skip


if __name__ == "__main__":
    main()
