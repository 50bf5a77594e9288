"""Teachers by name, path and URL: endpoints, pools and ladders, and what is said where one is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tutelage.configs.schema import TeachersConfig
from tutelage.configs.shelves import SHIPPED
from tutelage.configs.teacher_files import EndpointFile
from tutelage.configs.teachers_of import ROLES, by_name, resolve_teacher, resolve_teachers, roles_said
from tutelage.errors import ConfigError
from tutelage.teachers.offline import OFFLINE
from tutelage.teachers.plans import TeacherPlan
from tutelage.teachers.settings import FromEnvironment

A, B, C = "http://a:1/v1", "http://b:2/v1", "http://c:3/v1"


def write(folder: Path, name: str, **said: Any) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(said, sort_keys=False))
    return path


def resolve(folder: Path, **config: Any) -> dict[str, TeacherPlan]:
    found = resolve_teachers(TeachersConfig(**config), folder, lambda key: f"run.yaml:{key}")
    return {str(role): plan for role, plan in found.items()}


def complaint(folder: Path, named: str) -> str:
    with pytest.raises(ConfigError) as caught:
        resolve(folder, default=named)
    assert "\n" not in caught.value.line
    return caught.value.line


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_teacher_can_be_named(path: Path, tmp_path: Path) -> None:
    plan = resolve_teacher(path.stem, tmp_path)
    assert plan.name == path.stem
    assert all(member.base_url.endswith("/v1") for member in plan.members)


def test_the_shipped_ones_are_those_that_the_documents_name() -> None:
    names = {path.stem for path in SHIPPED.glob("*.yaml")}
    assert names == {"offline", "vllm-gpu", "vllm-cpu", "vllm-replicas", "llamacpp-cpu", "openai", "generic"}


def test_the_generic_file_shows_every_key_with_its_default() -> None:
    said = yaml.safe_load((SHIPPED / "generic.yaml").read_text())
    assert set(said) == set(EndpointFile.model_fields)
    assert EndpointFile.model_validate(said) == EndpointFile(base_url=said["base_url"])


def test_offline_is_started_by_the_run_and_is_no_language_model(tmp_path: Path) -> None:
    plans = resolve(tmp_path)
    assert set(plans) == set(ROLES)
    assert all(plan.members == (OFFLINE,) for plan in plans.values())


def test_a_url_takes_what_the_run_says_of_urls(tmp_path: Path) -> None:
    plan = resolve(tmp_path, default=A, model="m", api_key_env="K", max_concurrency=3, timeout_s=9)["tutor"]
    (member,) = plan.members
    assert (member.name, member.base_url, member.model, member.api_key_env) == ("a:1", A, "m", "K")
    assert (member.max_concurrency, member.timeout_s) == (3, 9)


def test_a_file_takes_nothing_from_the_run(tmp_path: Path) -> None:
    write(tmp_path / "teachers", "mine", base_url=A, headers={"X-Team": "t", "X-Key": {"env": "V"}},
          prices={"prompt": 1, "completion": 2}, sampling={"top_p": 0.9}, stall_s=7)  # fmt: skip
    (member,) = resolve(tmp_path, default="mine", model="other")["tutor"].members
    assert (member.name, member.model, member.stall_s, member.sampling.top_p) == ("mine", None, 7, 0.9)
    assert member.headers == {"X-Team": "t", "X-Key": FromEnvironment(env="V")}


def test_a_file_of_yours_wins_over_a_shipped_one_and_a_path_is_relative_to_the_configuration(tmp_path: Path) -> None:
    write(tmp_path / "teachers", "openai", base_url=A)
    write(tmp_path, "near", base_url=B)
    assert resolve(tmp_path, default="openai")["tutor"].members[0].base_url == A
    assert resolve(tmp_path, default="near.yaml")["tutor"].members[0].base_url == B
    assert resolve(tmp_path, default=str(tmp_path / "near.yaml"))["tutor"].name == "near"


def test_a_pool_shares_the_settings_of_its_file_and_keeps_those_of_named_members(tmp_path: Path) -> None:
    write(tmp_path, "third", base_url=C, model="m", max_concurrency=2)
    write(tmp_path, "all", pool=[A, B, "third"], model="m", max_concurrency=5)
    (rung,) = resolve(tmp_path, default="all.yaml")["tutor"].rungs
    assert [(m.name, m.max_concurrency, m.model) for m in rung.members] == [
        ("a:1", 5, "m"), ("b:2", 5, "m"), ("third", 2, "m"),
    ]  # fmt: skip
    assert (rung.name, rung.is_pool, rung.model) == ("all", True, "m")


def test_a_ladder_changes_its_teacher_with_the_stage(tmp_path: Path) -> None:
    write(tmp_path, "small", base_url=A, model="s")
    write(tmp_path, "pair", pool=[B, C], model="l")
    write(tmp_path, "up", ladder=[{"from_stage": 1, "teacher": "small"}, {"from_stage": 3, "teacher": "pair"}])
    plan = resolve(tmp_path, default="up.yaml")["tutor"]
    assert [plan.at(stage).name for stage in (0, 1, 2, 3, 9)] == ["small", "small", "small", "pair", "pair"]


@pytest.mark.parametrize(
    ("files", "named", "words"),
    [
        ({}, "opnai", ("run.yaml:default: no teacher 'opnai'", "did you mean 'openai'?")),
        ({}, "zzz", ("no teacher 'zzz'", "known: generic, llamacpp-cpu, offline, openai")),
        ({}, "none.yaml", ("no teacher 'none.yaml'",)),
        ({}, "host:8000/v1", ("'host:8000/v1' is no teacher", "http://")),
        ({"x": {"base_url": "ftp://a"}}, "x.yaml", ("x.yaml:1", "not a plain http:// or https:// URL")),
        ({"x": {"base_url": "http://a:99999/v1"}}, "x.yaml", ("x.yaml:1", "not a plain http:// or https:// URL")),
        ({"x": {"model": "m", "base_url": A, "modle": 1}}, "x.yaml", ("x.yaml:3", "modle", "did you mean 'model'?")),
        ({"x": {"pool": [A, "nope"]}}, "x.yaml", ("x.yaml:3", "no teacher 'nope'")),
        ({"x": {"pool": [A, A]}}, "x.yaml", ("x.yaml:3", "'a:1' stands in the pool twice")),
        ({"x": {"pool": []}}, "x.yaml", ("x.yaml:1", "pool")),
        ({"x": {"pool": [A, "y"], "model": "m"}, "y": {"base_url": B, "model": "n"}}, "x.yaml",
         ("x.yaml: the pool 'x' has different models: m, n",)),
        ({"x": {"ladder": [{"from_stage": 2, "teacher": A}]}}, "x.yaml", ("x.yaml:1", "first rung of a ladder")),
        ({"x": {"ladder": [{"from_stage": 1, "teacher": A}, {"from_stage": 1, "teacher": B}]}}, "x.yaml",
         ("x.yaml:1", "higher stage")),
        ({"x": {"pool": ["y"]}, "y": {"ladder": [{"from_stage": 1, "teacher": A}, {"from_stage": 2, "teacher": B}]}},
         "x.yaml", ("x.yaml:2", "'y' is a ladder")),
        ({"x": {"pool": ["y"]}, "y": {"pool": ["x"]}}, "x.yaml", ("y.yaml:2", "x -> y -> x")),
        ({"x": {"ladder": [{"from_stage": 1, "teacher": "x"}]}}, "x.yaml", ("x.yaml:2", "x -> x")),
        ({"x": {"serve": "online"}}, "x.yaml", ("x.yaml:1", "serve")),
    ],
)  # fmt: skip
def test_a_teacher_that_cannot_be_is_refused_with_the_place_where_it_is_said(
    tmp_path: Path, files: dict[str, dict[str, Any]], named: str, words: tuple[str, ...]
) -> None:
    for name, said in files.items():
        write(tmp_path, name, **said)
    line = complaint(tmp_path, named)
    for word in words:
        assert word in line


def test_two_teachers_of_one_name_are_refused_since_calls_are_attributed_by_it(tmp_path: Path) -> None:
    write(tmp_path / "teachers", "x", base_url=A)
    write(tmp_path / "other", "x", base_url=B)
    with pytest.raises(ConfigError, match="two different teachers are called 'x'"):
        resolve(tmp_path, default="x", tutor="other/x.yaml")


def test_a_teacher_said_twice_is_one_and_its_model_is_known_where_either_says_it(tmp_path: Path) -> None:
    unsaid, said = resolve(tmp_path, default=A)["tutor"], resolve(tmp_path, default=A, model="m")["tutor"]
    assert by_name([unsaid, said]) == by_name([said, unsaid]) == {"a:1": said.members[0]}
    with pytest.raises(ConfigError, match="two different teachers"):
        by_name([said, resolve(tmp_path, default=A, model="n")["tutor"]])


@pytest.mark.parametrize(
    "said",
    [
        {"base_url": "http://me:hunter2@a/v1"},
        {"base_url": "http://a/v1?key=hunter2"},
        {"base_url": A, "headers": {"Authorization": "Bearer hunter2"}},
        {"base_url": A, "headers": {"X-Api-Key": "hunter2"}},
        {"base_url": A, "headers": {"X-Session": {"env": "hunter2-"}}},
        {"base_url": A, "api_key_env": "sk-hunter2"},
    ],
)
def test_a_secret_in_the_wrong_place_is_refused_and_not_repeated(tmp_path: Path, said: dict[str, Any]) -> None:
    write(tmp_path, "x", **said)
    line = complaint(tmp_path, "x.yaml")
    assert "x.yaml:" in line
    assert "hunter2" not in line


@pytest.mark.parametrize("named", ["https://me:hunter2@host/v1", "me:hunter2@host/v1", "https://host/v1?key=hunter2"])
def test_a_url_with_a_secret_is_refused_and_not_repeated(tmp_path: Path, named: str) -> None:
    assert "hunter2" not in complaint(tmp_path, named)


@pytest.mark.parametrize(
    ("config", "overrides", "expected"),
    [
        ({}, [], ()),
        ({}, ["limits.rounds=3"], ()),
        ({}, ["teachers.default=x"], ROLES),
        ({"tutor": "x"}, ["teachers.tutor=x"], ("tutor",)),
        ({"tutor": "x"}, ["teachers.default=y"], ("diagnostician", "planner", "reference", "judge")),
        ({"tutor": A}, ["teachers.model=m"], ("tutor",)),
        ({}, ["teachers.tutor=null"], ("tutor",)),
        ({}, ["teachers.temperature=1"], ()),
    ],
)
def test_only_roles_that_are_said_anew_are_resolved_anew(
    config: dict[str, Any], overrides: list[str], expected: tuple[str, ...]
) -> None:
    assert roles_said(TeachersConfig(**config), overrides) == tuple(expected)
