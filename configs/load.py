"""Reads YAML into the frozen models; every complaint names the file, the key and the line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from tutelage.configs.plan_file import PlanFile
from tutelage.configs.schema import Domain, RunConfig
from tutelage.configs.sketch import Sketch
from tutelage.configs.teacher_files import TeacherFile, kind_of
from tutelage.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)
Places = dict[tuple[str | int, ...], str]
"""Where each key was said: ``file:line``, or the ``--set`` that laid it over the file."""
# What is said wrongly under these keys is often the secret itself.
_SECRETIVE = frozenset({"headers", "api_key_env", "base_url", "env"})


def load_run(path: Path, overrides: Sequence[str] = ()) -> RunConfig:
    """Read a run's configuration, with ``key.path=value`` overrides laid over it.

    Raises:
        ConfigError: unreadable, unknown or ill-typed; one line says which key, where, and what was expected.
    """
    value, places = _read_yaml(path)
    for text in overrides:
        _apply(value, text, places)
    return _validate(RunConfig, value, path, places)


def override(config: RunConfig, overrides: Sequence[str]) -> RunConfig:
    """A configuration with ``key.path=value`` overrides laid over it.

    Raises:
        ConfigError: a key is unknown or a value ill-typed.
    """
    value = config.model_dump(mode="json")
    places: Places = {}
    for text in overrides:
        _apply(value, text, places)
    return _validate(RunConfig, value, Path("--set"), places)


def load_domain(path: Path) -> Domain:
    """Read a domain's description (not its items)."""
    return _load(Domain, path)


def load_sketch(path: Path) -> Sketch:
    """Read the description of a domain that names no modules yet.

    Raises:
        ConfigError: as ``load_run``.
    """
    return _load(Sketch, path)


def load_plan(path: Path) -> PlanFile:
    """Read a round's plan as a person answered it.

    Raises:
        ConfigError: as ``load_run``.
    """
    return _load(PlanFile, path)


def load_teacher(path: Path) -> TeacherFile:
    """Read a teacher's file: an endpoint, a pool, a ladder, or the offline teacher.

    Raises:
        ConfigError: as ``load_run``. Never repeats a value that may be a secret.
    """
    value, places = _read_yaml(path)
    return _validate(kind_of(value), value, path, places)


def place_of(path: Path, key: Sequence[str | int], overrides: Sequence[str] = ()) -> str:
    """Where a key was said, for a complaint about its value: ``file:line``, ``--set KEY``, or the file."""
    value, places = _read_yaml(path)
    for text in overrides:
        _apply(value, text, places)
    return places.get(tuple(key), str(path))


def _load(kind: type[Model], path: Path) -> Model:
    value, places = _read_yaml(path)
    return _validate(kind, value, path, places)


def _read_yaml(path: Path) -> tuple[dict[str, Any], Places]:
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ConfigError(f"cannot read ({error.strerror})", where=path) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"byte {error.start} is not UTF-8", where=path, do="save the file as UTF-8") from error
    try:
        node = yaml.compose(text, yaml.SafeLoader)
        value = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # PyYAML lets some of int() and date() through
        raise ConfigError(f"not YAML: {error}", where=path) from error
    if not isinstance(value, dict) or node is None:
        raise ConfigError("no keys in it", where=path)
    places: Places = {}
    _note_places(node, (), places, path)
    return value, places


def _note_places(node: yaml.Node, at: tuple[str | int, ...], places: Places, path: Path) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            place, where = (*at, key.value), f"{path}:{key.start_mark.line + 1}"
            if place in places:
                raise ConfigError(f"key '{key.value}' stands twice", where=where)
            places[place] = where
            _note_places(value, place, places, path)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            places[(*at, index)] = f"{path}:{value.start_mark.line + 1}"
            _note_places(value, (*at, index), places, path)


def _apply(value: dict[str, Any], setting: str, places: Places) -> None:
    key, equals, text = setting.partition("=")
    if not equals or not key:
        raise ConfigError(f"'{setting}' is not key=value", where="--set")
    *parents, last = key.split(".")
    places[(*parents, last)] = f"--set {key}"
    for parent in parents:
        value = value.setdefault(parent, {})
        if not isinstance(value, dict):
            raise ConfigError(f"'{parent}' holds a value, not keys", where=f"--set {setting}")
    try:
        value[last] = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # PyYAML lets some of int() and date() through
        raise ConfigError(f"not a YAML value: {text}", where=f"--set {key}") from error


def _validate(kind: type[Model], value: Mapping[str, Any], path: Path, places: Places) -> Model:
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = first["loc"]
        where = next((places[place[:n]] for n in range(len(place), 0, -1) if place[:n] in places), str(path))
        key = ".".join(map(str, place)) or "the whole file"
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        if first["type"] == "extra_forbidden":
            what, do = f"unknown key '{key}'{more}", _suggest(kind, place)
        else:
            given = "" if _SECRETIVE & {*map(str, place)} else f", not {_short(first['input'])}"
            what, do = f"{key}: {first['msg']}{given}{more}", None
        raise ConfigError(what, where=where, do=do) from error


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _suggest(kind: type[BaseModel], place: Sequence[str | int]) -> str | None:
    section: Any = kind
    for part in place[:-1]:
        section = section.model_fields[part].annotation if isinstance(part, str) else section
        if not (isinstance(section, type) and issubclass(section, BaseModel)):
            return None
    known = set(section.model_fields)
    close = get_close_matches(str(place[-1]), known, n=1)
    return f"did you mean '{close[0]}'?" if close else f"known here: {', '.join(sorted(known))}"
