"""What a full disk looks like to the libraries that write our folders, as the one error of ours."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from safetensors import SafetensorError

from tutelage.errors import DiskError


@contextlib.contextmanager
def torch_disk_errors(where: Path) -> Iterator[None]:
    """Turn a failed write of safetensors or torch into a DiskError; torch says it with a bare RuntimeError."""
    try:
        yield
    except SafetensorError as error:
        raise _disk_error(error, where) from error
    except RuntimeError as error:
        if "PytorchStreamWriter" not in str(error) and "inline_container" not in str(error):
            raise
        raise _disk_error(error, where) from error


def _disk_error(error: Exception, where: Path) -> DiskError:
    return DiskError(f"cannot write ({error})", where=where, do="free some space, then resume the run")
