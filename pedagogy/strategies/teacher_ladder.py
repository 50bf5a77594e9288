"""A ladder of teachers: weaker ones write the first rounds, stronger ones the later."""

from tutelage.pedagogy.strategies.strategy import Strategy, all_alike

TEACHER_LADDER = Strategy(
    name="teacher_ladder",
    paper="teacher assistants: Mirzadeh et al. 2020, arXiv 1902.03393",
    keeps="teachers of growing strength, one a round: the run's own ladder (teachers.tutor)",
    leaves_out="teachers that are distilled from each other: the rungs are given",
    starts=all_alike,
    writes=("self_instruct",),
    rounds=3,
)
