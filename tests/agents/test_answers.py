import pytest
from pydantic import BaseModel, ValidationError

from tests.agents.scripted import lesson_answer
from tutelage.agents.answers import CurriculumAnswer, LessonAnswer, LessonsAnswer, MapAnswer, MisconceptionsAnswer


def test_a_key_that_nobody_asked_for_loses_no_reply() -> None:
    assert LessonAnswer.model_validate(lesson_answer("What is 3 + 4?", thoughts="hm")).problem == "What is 3 + 4?"


def test_a_number_for_an_answer_is_read_as_its_text() -> None:
    assert LessonAnswer.model_validate(lesson_answer("What is 3 + 4?") | {"final_answer": 7}).final_answer == "7"


@pytest.mark.parametrize("broken", [{"problem": ""}, {"steps": []}, {"final_answer": ""}, {"adaptation": {}}])
def test_a_lesson_without_its_substance_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        LessonAnswer.model_validate(lesson_answer("What is 3 + 4?") | broken)


@pytest.mark.parametrize("confidence", [-0.1, 1.1])
def test_a_confidence_is_between_zero_and_one(confidence: float) -> None:
    module = {
        "id": "a", "difficulty": "advanced", "prerequisites": [{"module": "b", "confidence": confidence}]
    }  # fmt: skip
    with pytest.raises(ValidationError):
        MapAnswer.model_validate({"modules": [module]})


@pytest.mark.parametrize("answer", [MapAnswer, MisconceptionsAnswer, CurriculumAnswer, LessonsAnswer])
def test_an_answer_can_be_asked_for_as_a_json_schema_of_an_object(answer: type[BaseModel]) -> None:
    schema = answer.model_json_schema()
    assert schema["type"] == "object"
    assert schema["required"] == list(answer.model_fields)
