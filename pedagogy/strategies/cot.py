"""Distilling step by step: the teacher's rationale for every seed item."""

from tutelage.pedagogy.strategies.strategy import Strategy, each_item

COT = Strategy(
    name="cot",
    paper="Hsieh et al. 2023, arXiv 2305.02301",
    keeps="the teacher's steps for the seed items, taught before the answer",
    leaves_out="rationale and label as two tasks with two losses: both are one answer here, as in most later work",
    starts=each_item,
    writes=("cot",),
    own_questions=True,
)
