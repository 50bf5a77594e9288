"""Where a domain's rows come from: a file beside it, a file inside an installed package, or the hub."""

from __future__ import annotations

import csv
import io
import socket
from collections import Counter
from collections.abc import Iterator
from importlib import util
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import constants

from tutelage.errors import DomainError, InputError
from tutelage.files import read_json_lines

Placed = tuple[str, dict[str, Any]]
"""A row, and where it stands: ``file:line``, or the number of the row."""

EXTRA = "pip install 'tutelage[datasets]'"
_PACKAGE = "package:"


def file_of(named: str, folder: Path) -> Path:
    """The file that ``items`` names.

    Args:
        named: A path, or ``package:NAME/PATH``.
        folder: What a path is relative to.

    Raises:
        DomainError: the package is not installed.
    """
    if not named.startswith(_PACKAGE):
        return folder / named
    package, _, inner = named.removeprefix(_PACKAGE).partition("/")
    found = util.find_spec(package) if package.isidentifier() else None
    if found is None or not found.submodule_search_locations:
        raise DomainError(
            f"no package '{package}' is installed", where=named, do=f"pip install {package.replace('_', '-')}"
        )
    return Path(found.submodule_search_locations[0]) / inner


def read_file(path: Path) -> Iterator[Placed]:
    """The rows of a file, by its name's ending: .jsonl, .jsonl.gz, .csv or .parquet.

    Raises:
        InputError: it cannot be read; names the line.
    """
    if path.suffix == ".csv":
        yield from _csv(path)
    elif path.suffix == ".parquet":
        yield from _parquet(path)
    else:
        yield from ((f"{path}:{line}", value) for line, value in read_json_lines(path))


def read_hub(name: str, config: str | None, split: str, revision: str | None, where: str) -> Iterator[Placed]:
    """The rows of a data set of the Hugging Face hub.

    Raises:
        DomainError: the library is absent, the hub does not answer, or there is no such data set, split or revision.
    """
    try:
        import datasets
        from datasets.exceptions import DatasetsError
    except ImportError as error:
        raise DomainError("data sets of the hub need the 'datasets' library", where=where, do=EXTRA) from error
    _do_not_retry_what_has_no_address()
    try:
        rows = datasets.load_dataset(name, config, split=split, revision=revision)
    # What the library raises for a name, a split, rows of several shapes, no network.
    except (DatasetsError, httpx2.HTTPError, OSError, ValueError, RuntimeError) as error:
        raise DomainError(
            f"the data set '{name}' cannot be loaded ({type(error).__name__}: {' '.join(str(error).split())[:160]})",
            where=where,
            do="check the id, config and split, and that there is a network; the domain's own items need none",
        ) from error
    for number, row in enumerate(rows):
        yield f"{name}[{split}] row {number}", dict(row)


def _do_not_retry_what_has_no_address() -> None:
    """Without a network the library tries for half a minute; told so, it looks at once into its own cache."""
    try:
        socket.getaddrinfo(urlsplit(constants.ENDPOINT).hostname, 443)
    except OSError:
        constants.HF_HUB_OFFLINE = True


def _csv(path: Path) -> Iterator[Placed]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read ({error.strerror})", where=path) from error
    except UnicodeDecodeError as error:
        raise InputError(f"byte {error.start} is not UTF-8", where=path, do="save the file as UTF-8") from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        named = Counter(reader.fieldnames or ())
        if twice := [name for name, count in named.items() if count > 1]:
            raise InputError(f"two columns are named '{twice[0]}'", where=f"{path}:1", do="rename one of them")
        for row in reader:
            where = f"{path}:{reader.line_num}"
            if None in row or None in row.values():
                raise InputError(f"not the {len(reader.fieldnames or ())} fields of the first line", where=where)
            # An empty cell says nothing, as a key that is left out does.
            yield where, {key: value for key, value in row.items() if value != ""}
    except csv.Error as error:
        raise InputError(f"not CSV ({error})", where=f"{path}:{reader.line_num}") from error


def _parquet(path: Path) -> Iterator[Placed]:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import read_table
    except ImportError as error:
        raise DomainError("Parquet files need the 'pyarrow' library", where=path, do=EXTRA) from error
    try:
        table = read_table(path)
    except OSError as error:
        raise InputError(f"cannot read ({error.strerror or error})", where=path) from error
    except ArrowException as error:
        raise InputError(f"not a Parquet file ({error})", where=path) from error
    for number, row in enumerate(table.to_pylist()):
        yield f"{path} row {number}", {key: value for key, value in row.items() if value is not None}
