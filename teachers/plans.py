"""Who is asked in a role: one endpoint, a pool of them that serve one model, or a ladder of these by stage.

Written one way for all three: a ladder of pools. A single endpoint is one rung with one member.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from tutelage.files import canonical_json, sha256_text
from tutelage.pedagogy.records import Record
from tutelage.teachers.contracts import Endpoint
from tutelage.teachers.settings import Prices


class Rung(Record):
    """The endpoints that are asked from a stage on.

    Attributes:
        name: Of the endpoint, or of the pool.
        from_stage: The first stage; the first rung also serves the diagnosis, which comes before stage 1.
    """

    name: str
    members: tuple[Endpoint, ...] = Field(min_length=1)
    from_stage: int = Field(default=1, ge=1)

    @property
    def is_pool(self) -> bool:
        """Whether several endpoints share the work."""
        return len(self.members) > 1

    @property
    def model(self) -> str | None:
        """The model that every member serves; None where no member says it yet."""
        return next((member.model for member in self.members if member.model is not None), None)

    @property
    def is_language_model(self) -> bool:
        """False where a member is a procedural generator."""
        return all(member.is_language_model for member in self.members)

    @property
    def regime(self) -> str:
        """Tells teachers apart by who they are and what they serve: P_T measured under one says nothing of another."""
        who = sorted([member.identity or member.base_url, member.model] for member in self.members)
        return sha256_text(canonical_json(who))[:12]


class TeacherPlan(Record):
    """A role's teacher, resolved: nothing in it has to be looked up in a file again."""

    name: str
    rungs: tuple[Rung, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _rises(self) -> Self:
        stages = [rung.from_stage for rung in self.rungs]
        if stages[0] != 1 or any(later <= earlier for earlier, later in itertools.pairwise(stages)):
            raise ValueError("the first rung of a ladder is from_stage 1, and each later one has a higher stage")
        return self

    @property
    def members(self) -> tuple[Endpoint, ...]:
        """Every endpoint of every rung."""
        return tuple(member for rung in self.rungs for member in rung.members)

    def at(self, stage: int) -> Rung:
        """The rung that serves a stage; stage 0 is the diagnosis."""
        return [self.rungs[0], *(rung for rung in self.rungs[1:] if rung.from_stage <= stage)][-1]


def alone(endpoint: Endpoint) -> TeacherPlan:
    """The plan that asks one endpoint in every stage."""
    return TeacherPlan(name=endpoint.name, rungs=(Rung(name=endpoint.name, members=(endpoint,)),))


def endpoints_of(plans: Mapping[Any, TeacherPlan]) -> dict[str, Endpoint]:
    """Every endpoint of these plans, by name."""
    return {member.name: member for plan in plans.values() for member in plan.members}


def prices_of(endpoints: Iterable[Endpoint]) -> dict[str, Prices]:
    """The prices that are known, by the endpoint's name. What is no language model costs nothing."""
    free = Prices(prompt=0, completion=0)
    said = {endpoint.name: endpoint.prices if endpoint.is_language_model else free for endpoint in endpoints}
    return {name: prices for name, prices in said.items() if prices is not None}
