"""What one program may do and have, laid on its process before its first line runs. None of it can be taken off."""

from __future__ import annotations

import ctypes
import os
import resource
from collections.abc import Mapping

from tutelage.training.sandbox.inside import seccomp

SCRATCH = "/tmp"  # noqa: S108 - of the sandbox, new for every program
_NEW_MOUNTS, _NEW_IPC, _NEW_PIDS = 0x00020000, 0x08000000, 0x20000000
_NO_SUID, _NO_DEV, _PRIVATE, _RECURSIVE = 2, 4, 1 << 18, 1 << 14
_PR_SET_NO_NEW_PRIVS, _PR_SET_CHILD_SUBREAPER = 38, 36
_CAPABILITIES_V3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def adopt_orphans() -> None:
    """Become the parent of whatever loses its own."""
    _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "subreaper")


def new_ground() -> None:
    """Namespaces of the program's own. The next fork is the first process there: with it all others end."""
    _check(_libc.unshare(_NEW_MOUNTS | _NEW_IPC | _NEW_PIDS), "unshare")


def new_scratch(megabytes: int) -> None:
    """An empty scratch directory in memory, seen by this program alone."""
    _check(_libc.mount(b"none", b"/", None, _PRIVATE | _RECURSIVE, None), "mount private")
    options = f"size={megabytes}m,nr_inodes=4096,mode=0777".encode()
    _check(_libc.mount(b"tmpfs", SCRATCH.encode(), b"tmpfs", _NO_SUID | _NO_DEV, options), "mount scratch")
    os.chdir(SCRATCH)


def limit(limits: Mapping[str, int], processes: int | None) -> None:
    """The kernel's own limits. Soft equals hard: the first process of a namespace ignores the softer signals.

    Args:
        limits: How much of what.
        processes: How many this user may have; None for as many as there can be.
    """
    memory, scratch = limits["memory_mb"] << 20, limits["scratch_mb"] << 20
    kinds = [
        (resource.RLIMIT_CPU, limits["cpu_s"]),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, scratch),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
    ]
    if processes is not None:
        kinds.append((resource.RLIMIT_NPROC, processes))
    for kind, most in kinds:
        _, ceiling = resource.getrlimit(kind)
        least = most if ceiling == resource.RLIM_INFINITY else min(most, ceiling)
        resource.setrlimit(kind, (least, least))


def give_up_privileges(uid: int | None) -> None:
    """Become nobody in particular, for good.

    Args:
        uid: The user to become where the sandbox was started by root; None where a user namespace holds us already.
    """
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_V3, 0)
    _check(_libc.capset(ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)())), "capset")
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    seccomp.install(_libc)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
