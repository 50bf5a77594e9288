"""One row of a ready domain's seed file."""

from __future__ import annotations

from tutelage.pedagogy.records import Record


class Row(Record):
    """A seed item; ``solution`` is of code alone: it passes the tests that the reference holds."""

    id: str
    module: str
    question: str
    reference: str
    level: int | None = None
    solution: str | None = None
