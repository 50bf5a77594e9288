"""Evol-Instruct: each problem is rewritten into a harder or a rarer one, over some generations."""

from tutelage.pedagogy.strategies.strategy import Start, Strategy, View, two_by_two


def _starts(view: View, calls: int) -> tuple[Start, ...]:
    notes = ("deepen: make each problem a little harder", "broaden: make each problem a rarer one of the same kind")
    return tuple(Start(start.items, notes[n % 2]) for n, start in enumerate(two_by_two(view.items, calls)))


EVOL_INSTRUCT = Strategy(
    name="evol_instruct",
    paper="Xu et al. 2023 (WizardLM), arXiv 2304.12244",
    keeps="in-depth and in-breadth evolving in turn, two generations, both taught",
    leaves_out="its five kinds of deepening as separate prompts, and the teacher's own check that evolving succeeded: "
    "lessons are verified as everybody's are",
    starts=_starts,
    writes=("evol_instruct", "evol_instruct"),
    keeps_all=True,
)
