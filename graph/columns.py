"""From a source's row to an item's fields, as the domain's columns say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tutelage.configs.domain import Column, Columns

_LETTERS = "ABCDEFGHIJ"


class Unmapped(Exception):
    """The row's value is none of those that the column's ``values`` name: it belongs to no module here."""


class Unreadable(Exception):
    """The row has not what the column says; the message says what."""


def fields_of(columns: Columns, row: Mapping[str, Any], number: int) -> dict[str, str]:
    """The fields of an item; those that the columns do not say are left out.

    Raises:
        Unmapped: the row is to be left out.
        Unreadable: it cannot be read so.
    """
    found = {"id": f"{number:06d}"}
    for name in Columns.model_fields:
        column: Column | None = getattr(columns, name)
        if column is None:
            continue
        try:
            found[name] = value_of(column, row)
        except Unreadable as error:
            raise Unreadable(f"{name}: {error}") from error
    return found


def value_of(column: Column, row: Mapping[str, Any]) -> str:
    """The value of one column."""
    text = _origin(column, row)
    if column.after is not None:
        _, mark, text = text.rpartition(column.after)
        if not mark:
            raise Unreadable(f"no '{column.after}' in it")
    text = text.strip()
    if column.letter:
        if not text.isdigit() or int(text) >= len(_LETTERS):
            raise Unreadable(f"'{text[:40]}' counts no choice from 0 to {len(_LETTERS) - 1}")
        text = _LETTERS[int(text)]
    if column.values is not None:
        if text not in column.values:
            raise Unmapped(text)
        text = column.values[text]
    return text


def _origin(column: Column, row: Mapping[str, Any]) -> str:
    if column.value is not None:
        return column.value
    if column.column is not None:
        if column.column not in row:
            raise Unreadable(f"no column '{column.column}'; there are: {', '.join(map(str, row))}")
        return _text(row[column.column])
    try:
        return (column.text or "").format_map({**row, **_lists(row)})
    except (KeyError, IndexError, ValueError, AttributeError, TypeError) as error:
        raise Unreadable(
            f"'{column.text}' cannot be filled ({error!r}); there are: {', '.join(map(str, row))}"
        ) from error


def _text(value: Any) -> str:
    if value is None:
        return ""
    return "\n".join(map(str, value)) if _is_lines(value) else str(value)


def _is_lines(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(part, str | int | float) for part in value)


class _Lines(list[Any]):
    """A list that a text may take a part of, ``{choices[0]}``, or whole, as its lines."""

    def __format__(self, spec: str) -> str:
        return _text(list(self))


def _lists(row: Mapping[str, Any]) -> dict[str, Any]:
    return {k: _Lines(v) for k, v in row.items() if _is_lines(v)} | {k: "" for k, v in row.items() if v is None}
