"""Prompt distillation: the teacher answers with the book open, the student learns to answer with it closed."""

from tutelage.pedagogy.strategies.strategy import Start, Strategy, View

PAGES = 8


def _starts(view: View, calls: int) -> tuple[Start, ...]:
    pages = view.items[:PAGES]
    rest = view.items[PAGES:] or view.items
    return tuple(Start((rest[call % len(rest)], *pages)) for call in range(calls))


PROMPT_DISTILL = Strategy(
    name="prompt_distill",
    paper="Kujanpää et al. 2024, arXiv 2412.14964",
    keeps="the module's solved items before the teacher as a book, and questions without it before the student",
    leaves_out="the teacher's probabilities as targets: only its text is had over this protocol",
    starts=_starts,
    writes=("prompt_distill",),
)
