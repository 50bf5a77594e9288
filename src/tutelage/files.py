"""The only module that writes files: whole or not at all, durable once it returns.

A file is written beside its target under a temporary name, flushed to disk, and renamed over the target. After a
SIGKILL or a full disk the target is either the old file or the new one.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import secrets
import shutil
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from tutelage.errors import DiskError, InputError

Row = TypeVar("Row", bound=BaseModel)

# One for all: ``json.dumps`` makes an encoder for each value.
_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def cache_folder() -> Path:
    """Ours in the user's cache: converted students, and replies that runs share."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tutelage"


def copy_file(source: Path, target: Path) -> None:
    """Copy a file, which is only read, into a folder that is being made; the folder is what appears whole.

    Raises:
        DiskError: ``target`` cannot be written.
    """
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def canonical_json(value: Any) -> str:
    """Serialise ``value`` the one way we hash: sorted keys, no spaces, UTF-8 kept as it is."""
    return _canonical.encode(value)


def sha256_text(text: str) -> str:
    """Hex SHA-256 of a text's UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def disk_errors(where: Path) -> Iterator[None]:
    """Turn an ``OSError`` of the block, which writes ``where``, into a ``DiskError``."""
    try:
        yield
    except OSError as error:
        raise DiskError(
            f"cannot write ({error.strerror or error})",
            where=where,
            do="free some space or fix the permissions, then resume the run",
        ) from error


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` atomically.

    Raises:
        DiskError: the disk is full or the folder cannot be written; ``path`` is as it was before.
    """
    temporary = path.parent / f".{path.name}.{secrets.token_hex(4)}.tmp"
    with disk_errors(path):
        file = os.fdopen(_create(temporary), "wb")
        renamed = False
        try:
            with file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            renamed = True
        finally:
            if not renamed:
                temporary.unlink(missing_ok=True)


def _create(path: Path) -> int:
    """A new file, open for writing. Its folder is made only where it is missing, which is rarely."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        return os.open(path, flags, 0o644)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o644)


def share_file(source: Path, target: Path) -> None:
    """Make ``target`` the same file as ``source``, or a copy where the file system cannot. One that is there stays.

    Only for files that are never written in place.

    Raises:
        DiskError: the disk is full or the folder cannot be written.
    """
    with disk_errors(target):
        try:
            _link(source, target)
        except FileExistsError:
            return
        except OSError:  # another file system, or one without links
            write_bytes(target, source.read_bytes())


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(source, target)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` as UTF-8, atomically."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` to ``path`` as indented JSON, atomically."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n")


def jsonl(rows: Iterable[BaseModel]) -> str:
    """The rows as JSON Lines, in order, one canonical object a line."""
    return "".join(canonical_json(row.model_dump(mode="json", by_alias=True)) + "\n" for row in rows)


def write_jsonl(path: Path, rows: Iterable[BaseModel]) -> str:
    """Write rows to ``path`` as JSON Lines, atomically. Returns the SHA-256 of the bytes written."""
    text = jsonl(rows)
    write_text(path, text)
    return sha256_text(text)


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield ``(line number, object)`` for every non-empty line of a UTF-8 JSON Lines file (.gz is unzipped).

    Raises:
        InputError: the file is missing, not UTF-8, or a line is not a JSON object; names the line.
    """
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"cannot read ({getattr(error, 'strerror', None) or error})", where=path) from error
    for number, raw in enumerate(data.split(b"\n"), start=1):
        if not raw.strip():
            continue
        try:
            value = json.loads(raw.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise InputError(
                f"byte 0x{raw[error.start]:02x} at column {error.start + 1} is not UTF-8",
                where=f"{path}:{number}",
                do="save the file as UTF-8",
            ) from error
        except json.JSONDecodeError as error:
            raise InputError(f"not JSON ({error.msg} at column {error.colno})", where=f"{path}:{number}") from error
        if not isinstance(value, dict):
            raise InputError("not a JSON object", where=f"{path}:{number}")
        yield number, value


def read_rows(path: Path, kind: type[Row]) -> list[Row]:
    """Read a JSON Lines file that we wrote; an absent file has no rows.

    Raises:
        InputError: it cannot be read, or a row is none of ours; names the line.
    """
    return [_row(path, number, value, kind) for number, value in read_json_lines(path)] if path.exists() else []


def _row(path: Path, number: int, value: dict[str, Any], kind: type[Row]) -> Row:
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(
            f"not a row of ours ({'.'.join(map(str, first['loc']))}: {first['msg']})",
            where=f"{path}:{number}",
            do="restore the file, or run anew",
        ) from error
