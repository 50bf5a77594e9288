from importlib import resources
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel, ValidationError

from tutelage.configs.load import load_domain, load_run
from tutelage.configs.schema import Domain, RunConfig, TeacherRole, TeachersConfig
from tutelage.teachers import contracts

CONFIGS = Path(str(resources.files("tutelage.configs")))


def sections(kind: type[BaseModel]) -> set[type[BaseModel]]:
    inner = [f.annotation for f in kind.model_fields.values()]
    found = {part for part in inner if isinstance(part, type) and issubclass(part, BaseModel)}
    return {kind}.union(*(sections(part) for part in found))


@pytest.mark.parametrize("kind", sorted(sections(RunConfig) | {Domain}, key=str))
def test_every_section_is_frozen_and_refuses_unknown_keys(kind: type[BaseModel]) -> None:
    assert kind.model_config.get("frozen") is True
    assert kind.model_config.get("extra") == "forbid"


def test_a_role_without_a_teacher_of_its_own_takes_the_default() -> None:
    config = TeachersConfig(default="http://a/v1", tutor="http://b/v1")
    assert {role: config.for_role(role) for role in get_args(TeacherRole)} == {
        "diagnostician": "http://a/v1", "planner": "http://a/v1", "tutor": "http://b/v1", "reference": "http://a/v1",
        "judge": "http://a/v1",
    }  # fmt: skip


def test_the_roles_of_a_configuration_are_the_roles_that_are_asked() -> None:
    assert get_args(TeacherRole) == get_args(contracts.TeacherRole)


def test_there_is_no_place_for_a_key_itself() -> None:
    with pytest.raises(ValidationError):
        TeachersConfig.model_validate({"api_key": "secret"})


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_configuration_is_valid_and_finds_its_domain(path: Path) -> None:
    config = load_run(path)
    domain = load_domain(path.parent / config.domain)
    assert (path.parent / config.domain).parent.joinpath(domain.items).is_file()


def test_a_key_given_in_the_place_of_its_variable_is_refused() -> None:
    with pytest.raises(ValidationError):
        TeachersConfig(api_key_env="sk-1234567890")


def test_a_domain_has_at_least_one_module() -> None:
    with pytest.raises(ValidationError, match="modules"):
        Domain.model_validate({"name": "d", "description": "", "items": "d.jsonl", "modules": []})
