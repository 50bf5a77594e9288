"""Where each module stands in a run, and what the next round is to bring: the planner's pure half."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tutelage.pedagogy.gap import ALWAYS_RIGHT, Diagnosis
from tutelage.pedagogy.lesson import LessonRequest, lessons_wanted, levels_for
from tutelage.pedagogy.mastery import Verdict
from tutelage.pedagogy.rates import Rate, ratio
from tutelage.pedagogy.records import Edge, LessonKind, Record
from tutelage.pedagogy.stages import held_back

Status = Literal["waiting", "learning", "mastered", "known", "stalled", "excluded", "held_back"]
Advance = Literal["ready", "stage"]


class Standing(Record):
    """One module's standing.

    Attributes:
        student: Latest measurement of the student, (right, n).
        teacher: Measurement of the reference teacher, (right, n); None where no answer of its could have made a gap.
        regime: Which reference teacher that was; with another one it must be measured anew.
        untested: It was taught, and nobody gates (an ablation).
        ratios: P_S / P_T at each gate attempt so far, oldest first.
        gate_used: Gate items the student has met; the next attempt draws after them.
        kind: What its next lessons are.
        edge: The smallest item level that fails, where known.
        levels: The item levels of the module, ascending.
        profile: Run-directory path of the latest student profile.
    """

    status: Status
    student: tuple[int, int]
    teacher: tuple[int, int] | None
    ratios: tuple[float, ...] = ()
    gate_used: int = 0
    kind: LessonKind = "core"
    edge: int | None = None
    levels: tuple[int, ...] = ()
    profile: str | None = None
    regime: str = ""
    untested: bool = False

    @property
    def student_rate(self) -> Rate:
        """P_S as last measured."""
        return Rate(*self.student)

    @property
    def teacher_rate(self) -> Rate:
        """P_T as measured; as far as it can go where no teacher was asked."""
        return ALWAYS_RIGHT if self.teacher is None else Rate(*self.teacher)

    @property
    def settled(self) -> bool:
        """Whether the module takes no more lessons."""
        return self.status not in ("waiting", "learning")

    def in_hand(self, entry: float | None) -> bool:
        """Whether the last gate attempt measured at least ``entry``; never where that is None and a gate decides."""
        if self.untested:
            return True
        return entry is not None and bool(self.ratios) and self.ratios[-1] >= entry

    def after(self, verdict: Verdict, student: Rate, used: int, edge: int | None) -> Standing:
        """The standing after a gate attempt with this verdict."""
        status: Status = "learning"
        if verdict in ("mastered", "stalled"):
            status = "mastered" if verdict == "mastered" else "stalled"
        measured = ratio(student, self.teacher_rate) or 0.0
        return self.model_copy(
            update={
                "status": status,
                "student": (student.successes, student.n),
                "ratios": (*self.ratios, measured),
                "gate_used": self.gate_used + used,
                "kind": "bridging" if verdict == "bridge" else "remedial",
                "edge": edge,
            }
        )

    def under(self, teacher: Rate, regime: str, gap_threshold: float) -> Standing:
        """The standing with P_T measured under another reference teacher.

        Earlier ratios are what they would have been under this teacher: attempts must stay comparable. What stood
        on P_T alone is decided anew: a module that no teacher could measure, or that had no gap to close, may have
        become teachable, and one that waits or learns may have ceased to be.
        """
        old = self.teacher_rate.value
        scale = old / teacher.value if teacher.successes else 0.0
        status = self.status
        if status in ("waiting", "learning", "known", "excluded"):
            found = Diagnosis("", self.student_rate, teacher).standing(gap_threshold)
            if status != "learning" or found == "excluded":
                status = "waiting" if found == "deficient" else found
        return self.model_copy(
            update={
                "status": status,
                "teacher": (teacher.successes, teacher.n),
                "ratios": tuple(ratio * scale for ratio in self.ratios),
                "regime": regime,
            }
        )

    def discarded(self, verdict: Verdict, measured: float, used: int) -> Standing:
        """The standing after an attempt whose adapter is thrown away: it counts, what it measured does not."""
        status: Status = "stalled" if verdict == "stalled" else "learning"
        return self.model_copy(
            update={"status": status, "ratios": (*self.ratios, measured), "gate_used": self.gate_used + used}
        )


def ready(
    standings: Mapping[str, Standing], edges: Sequence[Edge], advance: Advance, entry: float | None = None
) -> tuple[str, ...]:
    """The modules to teach now, sorted.

    ``ready``: every unsettled module whose prerequisites are all settled, so that none waits for a stuck sibling; or
    in hand, where ``entry`` says so: measured at ``entry`` or above, though not yet on the evidence that the gate
    asks for. A prerequisite so used goes on being taught and gated.
    ``stage``: Eq. 9 to the letter: whoever is learning now must settle before the next modules start.
    """
    unsettled = {k for k, s in standings.items() if not s.settled}
    learning = {k for k in unsettled if standings[k].status == "learning"}
    if advance == "stage" and learning:
        return tuple(sorted(learning))
    blocking = {k for k in unsettled if not (k in learning and standings[k].in_hand(entry))}
    waits = {e.dependent for e in edges if e.prerequisite in blocking}
    return tuple(sorted(unsettled - waits))


def could_start(
    standings: Mapping[str, Standing], edges: Sequence[Edge], advance: Advance, entry: float | None
) -> tuple[str, ...]:
    """The modules that wait and need wait no longer, sorted."""
    return tuple(k for k in ready(standings, edges, advance, entry) if standings[k].status == "waiting")


def hold_back(standings: Mapping[str, Standing], edges: Sequence[Edge]) -> dict[str, Standing]:
    """The standings with every unsettled module that stands on a stalled or excluded one marked ``held_back``."""
    stuck = [k for k, s in standings.items() if s.status in ("stalled", "excluded")]
    behind = held_back(stuck, edges)
    return {
        k: s.model_copy(update={"status": "held_back"}) if k in behind and not s.settled else s
        for k, s in standings.items()
    }


@dataclass(frozen=True)
class OrderRules:
    """How lessons are ordered.

    Attributes:
        examples: Lessons of a full round, a module.
        informed: Whether what was measured sizes a round; else every round is full.
        remedial: Whether a failed gate brings remedial or bridging lessons; else core lessons again.
    """

    examples: int
    informed: bool = True
    remedial: bool = True


def order_keeping(standings: Mapping[str, Standing], count: int) -> dict[str, LessonRequest]:
    """Lessons of what was known from the start, for replay: it was mastered without one, and may be forgotten, too."""
    known = sorted(k for k, s in standings.items() if s.status == "known")
    return {k: LessonRequest(k, "core", count, levels_for("core", standings[k].levels, None)) for k in known if count}


def order_lessons(
    modules: Iterable[str], standings: Mapping[str, Standing], rules: OrderRules
) -> dict[str, LessonRequest]:
    """What the Tutor is asked for in the next round, module by module."""
    requests = {}
    for module in sorted(modules):
        s = standings[module]
        kind = s.kind if rules.remedial else "core"
        measured = ratio(s.student_rate, s.teacher_rate) if rules.informed else None
        count = lessons_wanted(rules.examples, measured)
        requests[module] = LessonRequest(module, kind, count, levels_for(kind, s.levels, s.edge))
    return requests
