"""Lessons to test with."""

from tutelage.pedagogy.records import Adaptation, Lesson, Solution

ADAPTATION = Adaptation(concretised="apples", decomposed="one step", load="small", format="fixed", language="plain")


def lesson(
    problem: str = "What is 3 + 4?",
    *,
    steps: tuple[str, ...] = ("3 + 4 = 7",),
    answer: str = "7",
    module: str = "number/addition",
) -> Lesson:
    """A right and harmless lesson, but for what is changed."""
    return Lesson(
        module=module,
        prerequisites=(),
        difficulty="introductory",
        problem=problem,
        solution=Solution(steps=steps, final_answer=answer, verification="counted"),
        adaptation=ADAPTATION,
    )
