"""Rejection sampling from the student itself: what it gets right by luck is what it is taught."""

from tutelage.pedagogy.strategies.strategy import Strategy, each_item

REJECTION_SELF = Strategy(
    name="rejection_self",
    paper="Yuan et al. 2023 (RFT), arXiv 2308.01825; Zelikman et al. 2022 (STaR), arXiv 2203.14465",
    keeps="several answers of the student to every seed item, the right ones taught, three rounds",
    leaves_out="hints for what it never gets right (STaR's rationalisation): that takes somebody who knows",
    starts=each_item,
    writes=(),
    source="student",
    own_questions=True,
    rounds=3,
)
