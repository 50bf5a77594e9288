"""Distilling step by step: the teacher's rationale for every seed item."""

from tutelage.pedagogy.strategies.strategy import Strategy, each_item

COT = Strategy(
    name="cot",
    paper="Hsieh et al. 2023, arXiv 2305.02301",
    keeps="the seed items as the teacher answers them, its steps before its answer; what it gets wrong is left out",
    leaves_out="rationale and label as two tasks with two losses: both are one answer here, as in most later work",
    starts=each_item,
    writes=(),
    source="reference",
    own_questions=True,
)
