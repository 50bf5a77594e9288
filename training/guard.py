"""Ties a child process to its parent, so that no child outlives a killed parent."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> None:
    """Ask the kernel to kill this process when its parent dies (Linux; elsewhere the closed pipe ends it).

    To the kernel the parent is the thread that started us: an event loop in a thread of its own must outlive its
    students.

    Args:
        parent: process id of the parent, which may have died before we could ask.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the parent process is gone")
