"""Plain supervised fine-tuning on the seed items."""

from tutelage.pedagogy.strategies.strategy import Strategy, each_item

SFT = Strategy(
    name="sft",
    paper="no paper: the seeds and nothing else",
    keeps="the seed items with their reference answers, as often as the budget allows",
    leaves_out="a teacher; the references are bare answers, so no steps are taught",
    starts=each_item,
    writes=(),
    source="seeds",
    own_questions=True,
)
