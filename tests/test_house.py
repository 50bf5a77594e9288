"""The rules of the house that no type checker sees."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from functools import cache
from importlib import resources, util
from pathlib import Path
from typing import get_args

import pytest
from langgraph.graph.state import CompiledStateGraph

from tutelage.agents.prompting import PromptName

REPOSITORY = Path(__file__).parents[1]
ROOMS = ("agents", "configs", "graph", "pedagogy", "prompts", "teachers", "tracing", "training")
LONGEST = 300
# Joined here, so that this file does not hold what it looks for.
MACHINE_PATHS = tuple("/" + "/".join(parts) for parts in (("work", ""), ("tmp", "lab"), ("farm", "")))


@cache
def project_files() -> tuple[Path, ...]:
    """What git tracks, or would: untracked files too, unless they are ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=REPOSITORY, capture_output=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    paths = [REPOSITORY / name for name in listed.stdout.decode().split("\0") if name]
    return tuple(path for path in paths if path.is_file() and not path.is_symlink())


def imported(statement: str) -> set[str]:
    """The modules that a fresh interpreter holds after ``statement``."""
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_a_top_folder_and_is_imported_through_the_one_root(room: str) -> None:
    link = REPOSITORY / "src" / "tutelage" / room
    assert (REPOSITORY / room / "__init__.py").is_file()
    assert link.is_symlink()
    assert link.readlink().as_posix() == f"../../{room}"
    assert importlib.import_module(f"tutelage.{room}").__doc__


def test_there_are_no_other_rooms() -> None:
    links = {path.name for path in (REPOSITORY / "src" / "tutelage").iterdir() if path.is_symlink()}
    assert links == set(ROOMS)


def test_no_python_file_is_long() -> None:
    long = {
        path.relative_to(REPOSITORY).as_posix(): count
        for path in project_files()
        if path.suffix == ".py" and (count := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST
    }
    assert long == {}


def test_no_file_names_a_folder_of_the_machine_it_was_written_on() -> None:
    found = [
        (path.relative_to(REPOSITORY).as_posix(), name)
        for path in project_files()
        for name in MACHINE_PATHS
        if name.encode() in path.read_bytes()
    ]
    assert found == []


@pytest.mark.parametrize("module", ["tutelage.graph.build", "tutelage.graph.runs", "tutelage.cli"])
def test_the_process_of_the_graph_holds_no_torch(module: str) -> None:
    assert not imported(f"import {module}") & {"torch", "transformers", "peft"}


def test_the_command_line_answers_before_it_loads_the_graph() -> None:
    assert not imported("import tutelage.cli") & {"langgraph", "openai", "scipy"}


def test_the_offline_teacher_starts_without_a_client_of_teachers() -> None:
    assert not imported("import tutelage.teachers.offline.__main__") & {"openai", "httpx2", "torch"}


def test_importing_the_command_line_turns_langsmith_off_unless_the_user_turned_it_on() -> None:
    code = "import os, tutelage.cli; print(os.environ['LANGSMITH_TRACING'])"
    bare = {key: value for key, value in os.environ.items() if not key.startswith(("LANGSMITH", "LANGCHAIN"))}
    for extra, expected in (({}, "false"), ({"LANGSMITH_TRACING": "true"}, "true")):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**bare, **extra}
        )
        assert done.stdout.strip() == expected


@pytest.mark.parametrize("name", get_args(PromptName))
def test_a_prompt_is_part_of_the_package(name: str) -> None:
    assert resources.files("tutelage.prompts").joinpath(f"{name}.txt").read_text(encoding="utf-8")


def test_no_prompt_lies_unused() -> None:
    files = {path.stem for path in (REPOSITORY / "prompts").glob("*.txt")}
    assert files == set(get_args(PromptName))


def test_configurations_and_domains_are_part_of_the_package() -> None:
    configs = resources.files("tutelage.configs")
    assert configs.joinpath("quickstart.yaml").is_file()
    domains = [path for path in configs.joinpath("domains").iterdir() if path.name.endswith(".yaml")]
    assert domains
    for domain in domains:
        of_others = "items: package:" in domain.read_text(encoding="utf-8")
        assert of_others or configs.joinpath("domains", domain.name.removesuffix(".yaml") + ".jsonl").is_file()


def test_every_file_of_a_room_goes_into_the_package() -> None:
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    (patterns,) = settings["tool"]["setuptools"]["package-data"].values()
    files = [p for p in project_files() if p.relative_to(REPOSITORY).parts[0] in ROOMS and p.suffix != ".py"]
    assert files
    assert [p.name for p in files if not any(fnmatch(p.name, pattern) for pattern in patterns)] == []


def test_the_graph_that_langgraph_json_names_is_there() -> None:
    named = json.loads((REPOSITORY / "langgraph.json").read_text(encoding="utf-8"))["graphs"]
    assert named
    for place in named.values():
        path, _, attribute = place.partition(":")
        spec = util.spec_from_file_location("named_by_langgraph_json", REPOSITORY / path)
        assert spec is not None
        assert spec.loader is not None
        module = util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert isinstance(getattr(module, attribute), CompiledStateGraph)


def test_every_source_file_says_what_it_is_for() -> None:
    sources = [p for p in project_files() if p.suffix == ".py" and p.relative_to(REPOSITORY).parts[0] in ROOMS]
    silent = [p.name for p in sources if not p.read_text(encoding="utf-8").startswith(('"""', "#!"))]
    assert sources
    assert silent == []
