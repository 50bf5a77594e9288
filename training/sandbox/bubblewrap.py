"""bubblewrap: the mechanism that holds. Which of the machine's files a program sees, and as whom it runs."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

INSTALL = "install bubblewrap ('apt-get install bubblewrap', 'dnf install bubblewrap', 'pacman -S bubblewrap')"
INSIDE = Path(__file__).parent / "inside"
# The root that programs see is no folder of the machine's, so only what is named here exists there at all.
_PYTHON = "/python"
_LIBRARIES = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/nix/store")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
# Far from users and from the ranges that are handed to containers.
_FIRST_UID, _UIDS = 0x70000000, 1 << 22


def find() -> str | None:
    """Where bubblewrap is, or None."""
    return shutil.which("bwrap")


def command(bwrap: str) -> list[str]:
    """The command that starts the sandbox's server; its arguments are to follow.

    The server keeps the right to make namespaces and mounts *of its own namespace*, to make new ground for every
    program; a program loses it before its first line. Started by root, no user namespace is made: root's processes
    are counted by no limit, so programs become a user that nobody else is.
    """
    executable = Path(sys.executable).resolve()
    library = Path(sys.base_prefix) / "lib"
    line = [bwrap, "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    line += ["--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN"]
    if is_root():
        line += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_KILL"]
    else:
        line += ["--unshare-user", "--uid", "65534", "--gid", "65534"]
    for folder in ("/dev", "/python", "/sandbox", "/tmp", "/usr"):  # noqa: S108
        line += ["--perms", "0755", "--dir", folder]
    for folder in _LIBRARIES:
        line += _as_it_is(Path(folder))
    line += ["--ro-bind", str(library), f"{_PYTHON}/lib", "--ro-bind", str(executable), f"{_PYTHON}/bin/python"]
    line += ["--ro-bind", str(INSIDE), "/sandbox/tutelage/training/sandbox/inside"]
    for device in _DEVICES:
        line += ["--dev-bind-try", device, device]
    line += ["--remount-ro", "/", "--chdir", "/"]
    for name, value in (("LD_LIBRARY_PATH", f"{_PYTHON}/lib"), ("PYTHONHASHSEED", "0"), ("LANG", "C.UTF-8")):
        line += ["--setenv", name, value]
    return [*line, f"{_PYTHON}/bin/python", "-S", "-B", "-c", starter("/sandbox")]


def starter(root: str) -> str:
    """The one line of Python that finds the server."""
    return f"import sys; sys.path.insert(0, {root!r}); from tutelage.training.sandbox.inside.server import main; main()"


def own_uid(worker: int) -> int | None:
    """A user of the worker's own, so that no other process counts towards its limit; None where we are not root."""
    return _FIRST_UID + (os.getpid() * 64 + worker) % _UIDS if is_root() else None


def is_root() -> bool:
    """Whether we are the machine's root, and not the root of a user namespace, whose processes are counted."""
    if os.geteuid() != 0:
        return False
    try:
        return Path("/proc/self/uid_map").read_text(encoding="ascii").split() == ["0", "0", "4294967295"]
    except OSError:
        return True


def _as_it_is(folder: Path) -> list[str]:
    if folder.is_symlink():
        return ["--symlink", str(folder.readlink()), str(folder)]
    return ["--ro-bind", str(folder), str(folder)] if folder.is_dir() else []
