"""A simulated student taken through the real planner and gate, by the paper's rules or by ours.

What a run of the graph does with a teacher, a GPU and a day, this does with the same decisions in milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from tutelage.pedagogy.cohort import Student
from tutelage.pedagogy.curriculum import aim, entrance
from tutelage.pedagogy.gap import Diagnosis
from tutelage.pedagogy.mastery import Evidence, GatePolicy, Verdict, next_step
from tutelage.pedagogy.rates import Rate
from tutelage.pedagogy.settlement import more_replay, settle
from tutelage.pedagogy.simulation import gate_attempt
from tutelage.pedagogy.standing import Advance, OrderRules, Standing, hold_back, order_lessons
from tutelage.pedagogy.zpd import ZpdRule

PROBES = 30
DEFAULT_GATE = GatePolicy()


@dataclass(frozen=True)
class Rules:
    """One set of rules.

    Attributes:
        items: Items of the paper's gate, the same at every attempt; None: our gate, on fresh ones.
    """

    name: str
    gate: GatePolicy = DEFAULT_GATE
    items: int | None = None
    advance: Advance = "ready"
    zpd_rule: ZpdRule = "difficulty"
    entry: float | None = None
    replay: float = 0.2
    examples: int = 100
    rounds: int = 60


OURS = Rules("ours")


def paper(items: int) -> Rules:
    """The paper's rules: fixed probes and a point estimate, whole stages, Eq. 8 as printed, nothing against forgetting.

    It is silent on when to give up; we let it have as many attempts as ours.
    """
    return Rules("paper", items=items, advance="stage", zpd_rule="paper", replay=0.0)


@dataclass
class Ledger:
    """What came of one student.

    Attributes:
        attempts: Every gate attempt: the module's true ratio at that moment, and whether the gate passed it.
        mastered: Modules that were passed and are truly mastered when the run ends.
        reachable: Modules that lessons can bring to mastery.
        lessons: Lessons written.
        rows: Rows trained on, replay and rehearsal among them.
        probes: Items asked of the student by gates and retention checks.
        rounds: Rounds of training.
    """

    attempts: list[tuple[float, bool]] = field(default_factory=list)
    mastered: int = 0
    reachable: int = 0
    lessons: int = 0
    rows: int = 0
    probes: int = 0
    rounds: int = 0


@dataclass(frozen=True)
class Sighting:
    """What a simulated gate saw of one module; simulated items have no levels."""

    evidence: Evidence
    levels: Mapping[int, Rate] = field(default_factory=dict)
    edge: int | None = None


def teach(student: Student, rules: Rules) -> Ledger:
    """Diagnose, plan, teach and gate until nothing is left to teach."""
    ledger, replay = Ledger(), rules.replay
    standings = _diagnosed(student)
    good = dict(student.ability)
    planning = True
    for _ in range(rules.rounds):
        if planning:
            standings = _planned(standings, student, rules)
        learning = [k for k, s in standings.items() if s.status == "learning"]
        if not learning:
            break
        _train(student, _orders(learning, standings, rules), standings, replay, ledger)
        verdicts, standings, lost = _gated(student, standings, learning, rules, ledger)
        if lost:
            student.ability, replay = dict(good), more_replay(replay)
        else:
            good = dict(student.ability)
        planning = next_step(verdicts.values(), rounds_left=True) != "tutor"
    threshold = rules.gate.threshold
    done = [k for k, s in standings.items() if s.status == "mastered"]
    ledger.mastered = sum(student.ratio(k) >= threshold for k in done)
    ledger.reachable = sum(student.ceiling[k] / student.teacher[k] >= threshold for k in standings)
    return ledger


def _diagnosed(student: Student) -> dict[str, Standing]:
    standings = {}
    for module in student.ability:
        mine = Rate(student.answer(module, PROBES), PROBES)
        teacher = Rate(student.teacher_answers(module, PROBES), PROBES)
        found = Diagnosis(module, mine, teacher).standing(0.3)
        status = "waiting" if found == "deficient" else found
        standings[module] = Standing(
            status=status, student=(mine.successes, mine.n), teacher=(teacher.successes, teacher.n)
        )
    return standings


def _planned(standings: dict[str, Standing], student: Student, rules: Rules) -> dict[str, Standing]:
    standings = hold_back(standings, student.edges)
    aimed = aim(standings, student.edges, alpha=0.7, share=1.0)
    return entrance(
        standings, student.edges, aimed.modules, advance=rules.advance, entry=rules.entry, rule=rules.zpd_rule,
        limit=0.15,
    ).into(standings)  # fmt: skip


def _orders(learning: list[str], standings: Mapping[str, Standing], rules: Rules) -> dict[str, int]:
    """New lessons by module. The paper mends only what failed: who waits for its stage gets none."""
    failing = [k for k in learning if rules.items is None or not _reaches(standings[k], rules)]
    return {k: request.count for k, request in order_lessons(failing, standings, OrderRules(rules.examples)).items()}


def _reaches(standing: Standing, rules: Rules) -> bool:
    return bool(standing.ratios) and standing.ratios[-1] >= rules.gate.threshold


def _train(
    student: Student, orders: dict[str, int], standings: Mapping[str, Standing], replay: float, ledger: Ledger
) -> None:
    """A round: new lessons, as many old ones of a module that is taught again, and replay of what is mastered."""
    rows = {k: n * (2 if standings[k].ratios else 1) for k, n in orders.items()}
    mastered = [k for k, s in standings.items() if s.status == "mastered"]
    if mastered and replay:
        each = round(sum(rows.values()) * replay / (1 - replay) / len(mastered))
        rows |= dict.fromkeys(mastered, each)
    student.train({k: n for k, n in rows.items() if n})
    ledger.lessons += sum(orders.values())
    ledger.rows += sum(rows.values())
    ledger.rounds += 1


Gated = tuple[dict[str, Verdict], dict[str, Standing], bool]


def _gated(
    student: Student, standings: dict[str, Standing], learning: list[str], rules: Rules, ledger: Ledger
) -> Gated:
    gate = _our_gate if rules.items is None else _paper_gate
    verdicts, after, lost = gate(student, standings, learning, rules, ledger)
    for module in learning:
        ledger.attempts.append((student.ratio(module), verdicts[module] == "mastered"))
    return verdicts, {**standings, **after}, lost


def _our_gate(
    student: Student, standings: dict[str, Standing], learning: list[str], rules: Rules, ledger: Ledger
) -> Gated:
    policy, kept = rules.gate, {}
    for module, standing in standings.items():
        if standing.status == "mastered":
            right = Rate(student.answer(module, policy.retention_items), policy.retention_items)
            kept[module] = Sighting(Evidence(module, right, standing.teacher_rate))
    results = {
        k: Sighting(gate_attempt(k, partial(student.answer, k), standings[k].teacher_rate, policy)) for k in learning
    }
    ledger.probes += sum(seen.evidence.student.n for seen in (*kept.values(), *results.values()))
    verdicts, after = settle(standings, results, kept, policy)
    return verdicts, after, "regressed" in verdicts.values()


def _paper_gate(
    student: Student, standings: dict[str, Standing], learning: list[str], rules: Rules, ledger: Ledger
) -> Gated:
    """Eq. 9 as printed: the stage passes when its least ratio reaches the threshold, on the same items every time."""
    count = rules.items or 0
    rates = {k: Rate(student.answer_again(k, count), count) for k in learning}
    ledger.probes += count * len(learning)
    evidence = {k: Evidence(k, rates[k], standings[k].teacher_rate) for k in learning}
    ratios = {k: e.ratio or 0.0 for k, e in evidence.items()}
    verdicts: dict[str, Verdict] = {}
    for module, reached in ratios.items():
        last = len(standings[module].ratios) + 1 >= rules.gate.attempts
        verdicts[module] = "remediate" if reached >= rules.gate.threshold or not last else "stalled"
    going = {k for k, v in verdicts.items() if v != "stalled"}
    if going and min(ratios[k] for k in going) >= rules.gate.threshold:
        verdicts |= dict.fromkeys(going, "mastered")
    after = {k: standings[k].after(v, rates[k], count, None) for k, v in verdicts.items()}
    return verdicts, after, False
