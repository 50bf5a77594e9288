"""Lion: a referee tells hard items from easy ones, and the teacher writes as many like the one as like the other."""

from tutelage.pedagogy.strategies.strategy import Start, Strategy, View, two_by_two


def _starts(view: View, calls: int) -> tuple[Start, ...]:
    hard = two_by_two(view.failed, (calls + 1) // 2, "like these, which the student finds hard")
    easy = two_by_two(view.solved, calls // 2, "like these, which the student finds easy, but other problems")
    return (*hard, *easy)


LION = Strategy(
    name="lion",
    paper="Jiang et al. 2023, arXiv 2305.12870",
    keeps="the imitation, discrimination and generation of three rounds; hard and easy in equal numbers",
    leaves_out="the teacher as referee that scores both answers: the domain's grader tells right from wrong",
    starts=_starts,
    writes=("self_instruct",),
    rounds=3,
    exam=True,
)
