"""Self-Instruct: new problems in the manner of the seeds, once, with no look at the student."""

from tutelage.pedagogy.strategies.strategy import Strategy, all_alike

SELF_INSTRUCT = Strategy(
    name="self_instruct",
    paper="Wang et al. 2023, arXiv 2212.10560",
    keeps="bootstrapping from seed items, one heap of data, near repeats removed",
    leaves_out="generated instructions as seeds of further ones, and its classification branch: modules are given",
    starts=all_alike,
    writes=("self_instruct",),
)
