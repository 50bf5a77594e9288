"""Critique and revise: the teacher finds fault with its own lessons, and only what it then writes is taught."""

from tutelage.pedagogy.strategies.strategy import Strategy, all_alike

CRITIQUE_REVISE = Strategy(
    name="critique_revise",
    paper="Hendriks et al. 2025, Honey, I Shrunk the Language Model, arXiv 2504.16056",
    keeps="one critique and revision of every written lesson",
    leaves_out="critiques of the student's answers, which persd has",
    starts=all_alike,
    writes=("self_instruct", "critique_revise"),
)
