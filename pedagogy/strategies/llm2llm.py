"""LLM2LLM: only what the student gets wrong is expanded, step by step, each step from the untaught student."""

from tutelage.pedagogy.strategies.strategy import Start, Strategy, View, two_by_two


def _starts(view: View, calls: int) -> tuple[Start, ...]:
    return two_by_two(view.failed, calls)


LLM2LLM = Strategy(
    name="llm2llm",
    paper="Lee et al. 2024, arXiv 2403.15042",
    keeps="expanding wrong seed items only, never generated ones; training anew from the base every step; ten steps",
    leaves_out="fine-tuning on the seeds before the first step: the seeds here are bare answers and would teach to "
    "leave the steps out",
    starts=_starts,
    writes=("self_instruct",),
    rounds=10,
    exam=True,
    restarts=True,
)
