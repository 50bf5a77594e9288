"""From what a run says of its teachers to plans: names looked up, files read, nothing asked yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

from pydantic import ValidationError

from tutelage.configs.load import load_teacher, place_of
from tutelage.configs.schema import TeacherRole, TeachersConfig
from tutelage.configs.shelves import Shelves
from tutelage.configs.teacher_files import EndpointFile, LadderFile, OfflineFile, PoolFile
from tutelage.errors import ConfigError
from tutelage.teachers.contracts import Endpoint
from tutelage.teachers.offline import OFFLINE
from tutelage.teachers.plans import Rung, TeacherPlan, alone
from tutelage.teachers.settings import EndpointSettings

ROLES: tuple[TeacherRole, ...] = get_args(TeacherRole)
# What the run itself says of teachers that it names by their URL.
_SHORT = ("model", "api_key_env", "max_concurrency", "timeout_s")
Where = Callable[[], str]


def resolve_teachers(
    config: TeachersConfig, folder: Path, where: Callable[[str], str], roles: Sequence[TeacherRole] = ROLES
) -> dict[TeacherRole, TeacherPlan]:
    """The plan of each role.

    Args:
        config: What the run says.
        folder: What names and paths are relative to; where nothing lies there, the working directory is tried.
        where: Where a key of ``teachers`` was said, for complaints.
        roles: The roles to resolve.

    Raises:
        ConfigError: a teacher that is not there, a cycle, a pool of different models, or two teachers of one name.
    """
    lookup = _Lookup(EndpointSettings(**{key: getattr(config, key) for key in _SHORT}))
    plans = {}
    for role in roles:
        key = role if getattr(config, role) is not None else "default"
        plans[role] = lookup.plan(config.for_role(role), Shelves.of_run(folder), _said(where, key))
    by_name(plans.values())
    return plans


def resolve_teacher(
    named: str, folder: Path, *, model: str | None = None, api_key_env: str | None = None
) -> TeacherPlan:
    """The plan of one teacher, as a command line names it.

    Args:
        named: Name, path or URL.
        folder: What they are relative to.
        model: Of a URL.
        api_key_env: Of a URL.

    Raises:
        ConfigError: as ``resolve_teachers``.
    """
    try:
        short = EndpointSettings(model=model, api_key_env=api_key_env)
    except ValidationError as error:  # not chained in words: what was said may be the key itself
        raise ConfigError("is no name of a variable", where="--api-key-env", do="name the key's variable") from error
    plan = _Lookup(short).plan(named, Shelves.of_run(folder), lambda: "the teacher")
    by_name([plan])
    return plan


def roles_said(config: TeachersConfig, overrides: Sequence[str]) -> tuple[TeacherRole, ...]:
    """The roles whose teacher these overrides say anew; the others keep the one that they were resolved to."""
    said = {key.removeprefix("teachers.") for key, _, _ in (text.partition("=") for text in overrides)}
    found = []
    for role in ROLES:
        named = config.for_role(role)
        own = {role} if getattr(config, role) is not None else {role, "default"}
        if said & own or "teachers" in said or (is_url(named) and said & set(_SHORT)):
            found.append(role)
    return tuple(found)


def is_url(named: str) -> bool:
    """Whether a teacher is said by its URL."""
    return "://" in named


def by_name(plans: Iterable[TeacherPlan]) -> dict[str, Endpoint]:
    """Every endpoint by its name, with its model where any plan says it. Calls are attributed by the name.

    Raises:
        ConfigError: one name stands for two endpoints.
    """
    known: dict[str, Endpoint] = {}
    for member in (member for plan in plans for member in plan.members):
        first = known.setdefault(member.name, member)
        same = (first.identity or first.base_url) == (member.identity or member.base_url)
        if not same or (first.model != member.model and None not in (first.model, member.model)):
            raise ConfigError(
                f"two different teachers are called '{member.name}'", where="teachers", do="rename one's file"
            )
        if first.model is None:
            known[member.name] = first.model_copy(update={"model": member.model})
    return known


@dataclass(frozen=True)
class _Lookup:
    """Finds teachers; ``short`` are the settings of those said by their URL."""

    short: EndpointSettings
    trail: tuple[Path, ...] = field(default=())

    def plan(self, named: str, shelves: Shelves, where: Where) -> TeacherPlan:
        """The plan of the teacher that is so named."""
        if is_url(named) or "@" in named:
            return alone(_endpoint(_name_of(named, where), named, self.short, where))
        path = shelves.find(named, where)
        if path in self.trail:
            chain = " -> ".join(p.stem for p in (*self.trail, path))
            raise ConfigError(f"teachers that stand on each other: {chain}", where=where(), do="remove one of them")
        said = load_teacher(path)
        if isinstance(said, OfflineFile):
            return alone(OFFLINE)
        if isinstance(said, EndpointFile):
            return alone(_endpoint(path.stem, said.base_url, said, _place(path, "base_url")))
        inner = _Lookup(EndpointSettings(), (*self.trail, path))
        return inner.pool(said, path) if isinstance(said, PoolFile) else inner.ladder(said, path)

    def pool(self, said: PoolFile, path: Path) -> TeacherPlan:
        """A pool's plan: one rung."""
        lookup = _Lookup(said, self.trail)
        members: list[Endpoint] = []
        for number, named in enumerate(said.pool):
            where = _place(path, "pool", number)
            plan = lookup.plan(named, Shelves.beside(path), where)
            if len(plan.rungs) > 1:
                raise ConfigError(f"'{named}' is a ladder, and a pool has one model", where=where())
            for member in plan.members:
                if member in members or member.name in {other.name for other in members}:
                    raise ConfigError(f"'{member.name}' stands in the pool twice", where=where())
                members.append(member)
        rung = Rung(name=path.stem, members=tuple(members))
        check_one_model(rung, str(path))
        return TeacherPlan(name=path.stem, rungs=(rung,))

    def ladder(self, said: LadderFile, path: Path) -> TeacherPlan:
        """A ladder's plan: a rung a step."""
        rungs = []
        for number, step in enumerate(said.ladder):
            where = _place(path, "ladder", number)
            plan = self.plan(step.teacher, Shelves.beside(path), where)
            if len(plan.rungs) > 1:
                raise ConfigError(f"'{step.teacher}' is a ladder itself", where=where(), do="name its teachers here")
            rungs.append(plan.at(1).model_copy(update={"from_stage": step.from_stage}))
        try:
            return TeacherPlan(name=path.stem, rungs=tuple(rungs))
        except ValidationError as error:
            said_wrong = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise ConfigError(f"ladder: {said_wrong}", where=place_of(path, ("ladder",))) from error


def check_one_model(rung: Rung, where: str) -> None:
    """A pool is one teacher, so its members serve one model.

    Raises:
        ConfigError: they do not.
    """
    models = sorted({member.model for member in rung.members if member.model is not None})
    if len(models) > 1:
        raise ConfigError(
            f"the pool '{rung.name}' has different models: {', '.join(models)}",
            where=where,
            do="pool endpoints that serve the same model; different models by stage are a ladder",
        )


def _endpoint(name: str, url: str, settings: EndpointSettings, where: Where) -> Endpoint:
    try:
        said = {key: getattr(settings, key) for key in EndpointSettings.model_fields}
        return Endpoint(name=name, base_url=url, **said)
    except ValueError as error:  # the address is not repeated, since it may hold a password
        raise ConfigError(
            "not a plain http:// or https:// URL",
            where=where(),
            do="leave out credentials and query, and name the key's variable in api_key_env",
        ) from error


def _name_of(url: str, where: Where) -> str:
    """What an endpoint without a file is called: its host, and its path where that is not the usual one."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ConfigError("not a URL", where=where(), do="give a plain http:// or https:// URL") from error
    path = parts.path.rstrip("/")
    return parts.netloc + ("" if path == "/v1" else path)


def _said(where: Callable[[str], str], key: str) -> Where:
    return lambda: where(key)


def _place(path: Path, *key: str | int) -> Where:
    return lambda: place_of(path, key)
