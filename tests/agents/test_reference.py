import pytest

from tests.agents.scripted import always
from tutelage.agents.reference import Reference


async def test_the_reference_is_asked_as_the_student_is() -> None:
    teacher = always("Answer: 7")
    reply = await Reference(teacher, instruction="End with Answer:", max_tokens=50).answer("3 + 4?", module="m")
    (request,) = teacher.asked
    assert reply.text == "Answer: 7"
    assert (request.system, request.user) == ("", "3 + 4?\nEnd with Answer:")
    assert (request.role, request.module, request.max_tokens) == ("reference", "m", 50)
    assert request.json_schema is None


async def test_without_an_instruction_the_question_stands_alone() -> None:
    teacher = always("7")
    await Reference(teacher, instruction="", max_tokens=50).answer("3 + 4?", module="m")
    assert teacher.asked[0].user == "3 + 4?"


@pytest.mark.parametrize(("sample", "temperature", "seed"), [(0, 0.0, None), (1, 0.7, 1), (2, 0.7, 2)])
async def test_further_samples_are_drawn_with_temperature_and_a_seed_of_their_own(
    sample: int, temperature: float, seed: int | None
) -> None:
    teacher = always("7")
    await Reference(teacher, instruction="", max_tokens=50).answer("3 + 4?", module="m", sample=sample)
    (request,) = teacher.asked
    assert (request.temperature, request.seed, request.sample) == (temperature, seed, sample)
