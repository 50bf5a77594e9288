import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.pedagogy.lessons import lesson
from tutelage.pedagogy.records import Edge, KnowledgeMap, Lesson, Module


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(lesson(), "problem", "another")  # noqa: B010 - a type checker would refuse the plain assignment


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Module.model_validate({"id": "a", "name": "A", "dificulty": "advanced"})


@pytest.mark.parametrize("bad", ["", "Number/addition", "a/", "/a", "a//b", "a b", "a.b", "../a", "a\n"])
def test_a_module_id_is_safe_in_a_file_name(bad: str) -> None:
    with pytest.raises(ValidationError):
        Module(id=bad, name="x")


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_a_strength_outside_zero_and_one_is_refused(strength: float) -> None:
    with pytest.raises(ValidationError):
        Edge(prerequisite="a", dependent="b", strength=strength, source="teacher")


@given(st.floats(0, 1))
def test_edges_are_written_as_from_and_to_and_read_back(strength: float) -> None:
    whole = KnowledgeMap(
        modules=(Module(id="a", name="A"),),
        edges=(Edge(prerequisite="a", dependent="b", strength=strength, source="user"),),
    )
    text = whole.model_dump_json(by_alias=True)
    assert '"from":"a","to":"b"' in text
    assert KnowledgeMap.model_validate_json(text) == whole


def test_a_lesson_survives_its_file() -> None:
    assert Lesson.model_validate_json(lesson().model_dump_json()) == lesson()
