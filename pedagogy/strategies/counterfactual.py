"""Counterfactual pairs: every problem comes with a twin in which one thing is changed and the answer with it."""

from tutelage.pedagogy.strategies.strategy import Strategy, all_alike

COUNTERFACTUAL = Strategy(
    name="counterfactual",
    paper="Hendriks et al. 2025, Honey, I Shrunk the Language Model, arXiv 2504.16056",
    keeps="pairs that differ in one thing, both taught",
    leaves_out="a loss that sets the two of a pair against each other",
    starts=all_alike,
    writes=("counterfactual",),
)
