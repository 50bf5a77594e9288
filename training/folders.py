"""A folder that is whole or not there: filled under a temporary name beside its target, then renamed."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tutelage.files import disk_errors


@contextlib.contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Yield a temporary folder to fill; when the block ends well it becomes ``target``, replacing what was there.

    The temporary name is fixed, so a re-run removes what a kill left behind. Two writers of one target must be kept
    apart by the caller's lock.

    Raises:
        DiskError: the disk is full or the folder cannot be written; ``target`` is as it was before.
    """
    temporary = target.with_name(f".{target.name}.tmp")
    with disk_errors(target):
        _remove(temporary)
        temporary.mkdir(parents=True)
    try:
        yield temporary
        with disk_errors(target):
            make_durable(temporary)
            _swap(temporary, target)
    finally:
        _remove(temporary)


@contextlib.contextmanager
def scratch_folder(folder: Path) -> Iterator[Path]:
    """An empty folder for the length of the block; the next one removes what a kill left behind.

    Raises:
        DiskError: it cannot be made.
    """
    with disk_errors(folder):
        _remove(folder)
        folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        _remove(folder)


def _swap(temporary: Path, target: Path) -> None:
    """Rename into place. A folder cannot be renamed over a full one, so an old one steps aside first."""
    old = target.with_name(f".{target.name}.old")
    _remove(old)
    if target.exists():
        target.rename(old)
    temporary.rename(target)
    _sync(target.parent)
    _remove(old)


def make_durable(folder: Path) -> None:
    """Make the files durable and readable to others: libraries leave some at mode 0600."""
    for path in folder.rglob("*"):
        if path.is_symlink():
            continue
        # A file with the right mode may be shared with another folder: it is left alone.
        if path.is_file() and path.stat().st_mode & 0o777 != 0o644:
            path.chmod(0o644)
        _sync(path)
    folder.chmod(0o755)
    _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
