"""The state of the graph: ids, counts, paths relative to the run directory and hashes. Never rows, never text.

The checkpointer writes the whole state at every step, so a checkpoint must not grow with the number of examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, cast

from typing_extensions import TypedDict

from tutelage.pedagogy.lesson import LessonRequest
from tutelage.pedagogy.records import Edge
from tutelage.pedagogy.standing import Standing


class Artefact(TypedDict):
    """A file of the run directory."""

    path: str
    sha256: str
    rows: int


class OrderData(TypedDict):
    """A ``LessonRequest`` as plain data."""

    module: str
    kind: str
    count: int
    levels: list[int] | None


def merge(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """Keys of ``right`` laid over ``left``: how the branches of the fan-out come together."""
    return {**left, **right}


def latest(left: str | None, right: str | None) -> str | None:
    """The newer value: several branches of the fan-out may run out of the same budget in one step."""
    return right


class State(TypedDict, total=False):
    """What a checkpoint holds.

    ``keeps`` orders lessons of modules that were known from the start: not to be taught, but to be replayed.
    ``allowance`` is what each order may spend of the cap on teacher tokens.
    ``adapter`` is the adapter of record, by folder name, None for the untouched student; ``last_good`` is the one a
    rollback returns to. ``stop`` says why the run must end now: ``budget`` or ``rounds``; or, as ``finish``,
    that nothing more can be written, and what there is is to be taught (``limits.spent``).
    """

    stage: int
    round: int
    standings: Annotated[dict[str, dict[str, Any]], merge]
    edges: list[dict[str, Any]]
    orders: dict[str, OrderData]
    keeps: dict[str, OrderData]
    allowance: int | None
    lessons: Annotated[dict[str, Artefact], merge]
    dataset: Artefact
    adapter: str | None
    last_good: str | None
    replay_share: float
    step: str
    stop: Annotated[str | None, latest]
    outcome: str


class Order(TypedDict):
    """What one branch of the fan-out is sent: its module's order, and where the run stands."""

    order: OrderData
    stage: int
    round: int
    standing: dict[str, Any]
    allowance: int | None


def as_state(values: Any) -> State:
    """A checkpoint's values, which LangGraph types loosely, as the state they are."""
    return cast(State, values)


def standings_of(state: State) -> dict[str, Standing]:
    """The standings as frozen records."""
    return {key: Standing.model_validate(value) for key, value in state["standings"].items()}


def dump_standings(standings: Mapping[str, Standing]) -> dict[str, dict[str, Any]]:
    """The standings as plain data."""
    return {key: value.model_dump(mode="json") for key, value in sorted(standings.items())}


def edges_of(state: State) -> tuple[Edge, ...]:
    """The prerequisite edges as frozen records."""
    return tuple(Edge.model_validate(edge) for edge in state["edges"])


def dump_edges(edges: tuple[Edge, ...]) -> list[dict[str, Any]]:
    """The edges as plain data."""
    return [edge.model_dump(mode="json", by_alias=True) for edge in edges]


def order_data(request: LessonRequest) -> OrderData:
    """An order as plain data."""
    levels = None if request.levels is None else list(request.levels)
    return OrderData(module=request.module, kind=request.kind, count=request.count, levels=levels)
