"""PERsD: the student tries, and the teacher repairs the student's own attempt."""

from tutelage.pedagogy.strategies.strategy import Start, Strategy, View


def _starts(view: View, calls: int) -> tuple[Start, ...]:
    return tuple(Start((item,), attempt=view.answers[item.id].response) for item in view.failed[:calls])


PERSD = Strategy(
    name="persd",
    paper="Chen et al. 2023, arXiv 2310.18628",
    keeps="the student's wrong attempts, each repaired by the teacher with the grader's verdict; the repaired one is "
    "taught (PERsD-refine)",
    leaves_out="the variants that teach the attempt beside its repair",
    starts=_starts,
    writes=("persd",),
    own_questions=True,
    rounds=3,
    exam=True,
)
