"""Programs that try to get out, or to take more than they were given. Each has failed, and the next one is unharmed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from tutelage.training.sandbox import bubblewrap
from tutelage.training.sandbox.contracts import Limits, Outcome, Part
from tutelage.training.sandbox.pool import Sandbox

SMALL = Limits(wall_s=20, cpu_s=1, memory_mb=128, processes=4, scratch_mb=4, output_kb=16)
# Far beyond what the machine adds to a limit when it is busy, and far below what a program that gets away would take.
SLACK_SECONDS = 8.0


def attempt(sandbox: Sandbox, code: str, limits: Limits = SMALL) -> Outcome:
    """Run a program, and see that it kept to its time and that its successor finds everything in order."""
    started = time.monotonic()
    outcome = sandbox.run([Part(name="answer", code=textwrap.dedent(code))], limits)
    assert time.monotonic() - started < limits.wall_s + SLACK_SECONDS
    after = sandbox.run([Part(name="answer", code="import os\nassert os.listdir('.') == [] and os.getpid() == 1")])
    assert (after.verdict, after.detail) == ("passed", "")
    return outcome


@pytest.mark.parametrize(
    ("code", "verdict", "detail"),
    [
        pytest.param("while True: pass", "cpu", "processor time", id="endless loop"),
        pytest.param("x = bytearray(1 << 30)", "failed", "MemoryError", id="memory bomb"),
        pytest.param("x = [0]\nwhile True: x += x", "failed", "MemoryError", id="growing memory"),
        pytest.param("while True: print('x' * 1000)", "output", "16 kB printed", id="endless output"),
        pytest.param("import os\nwhile True: os.write(2, b'x' * 1000)", "output", "16 kB printed", id="endless errors"),
        pytest.param("10 ** 10 ** 10", "cpu", "processor time", id="one long operation in C"),
        pytest.param("import sys; sys.exit(0)", "failed", "SystemExit", id="leaves by sys.exit"),
        pytest.param("import os; os._exit(0)", "left", "before its tests did", id="leaves by os._exit"),
        pytest.param("import ctypes; ctypes.string_at(0)", "left", "before its tests did", id="crashes"),
        pytest.param("def f(): f()\nf()", "failed", "RecursionError", id="endless recursion"),
        pytest.param(
            "try:\n    while True: pass\nexcept BaseException: pass\nwhile True: pass", "cpu", "time", id="catches all"
        ),
        pytest.param(
            "import signal\nfor s in range(1, 32):\n    if s not in (9, 19): signal.signal(s, signal.SIG_IGN)\n"
            "while True: pass",
            "cpu", "processor time", id="ignores signals",
        ),
        pytest.param("import os\nfor d in range(256):\n    try: os.close(d)\n    except OSError: pass\nwhile 1: pass",
                     "left", "before its tests did", id="closes every descriptor"),
        pytest.param("import os\nos.write(60, b'passed')\nos._exit(0)", "failed", "passed", id="forges a verdict"),
        pytest.param("import os\nos.write(60, b'!no sandbox\\n')\nos._exit(0)", "failed", "!no", id="forges a failure"),
        pytest.param(
            "import os, sys\nf = sys._getframe(1)\nos.write(60, f.f_locals['word'].encode() + b'!no sandbox\\n')\n"
            "os.write(61, b'no sandbox\\n')",
            "failed", "!no", id="finds the word and says that it was not held",
        ),
    ],
)  # fmt: skip
def test_a_program_that_takes_too_much_or_leaves_early_has_failed(
    sandbox: Sandbox, code: str, verdict: str, detail: str
) -> None:
    # On a machine that is busy with other things a second of processor time may take many.
    patient = SMALL.model_copy(update={"wall_s": 60}) if verdict == "cpu" else SMALL
    outcome = attempt(sandbox, code, patient)
    assert outcome.verdict == verdict
    assert detail in outcome.detail


def test_a_program_that_sleeps_is_ended_by_the_clock(sandbox: Sandbox) -> None:
    outcome = attempt(sandbox, "import time; time.sleep(60)", SMALL.model_copy(update={"wall_s": 1}))
    assert (outcome.verdict, outcome.detail) == ("wall", "not done after 1 s")
    assert outcome.seconds < 1 + SLACK_SECONDS


def uncounted() -> bool:
    """The kernel counts no process of the machine's root, and as root a user namespace holds nobody else."""
    return os.geteuid() == 0 and not bubblewrap.is_root()


def test_a_fork_bomb_gets_no_more_processes_than_it_may_have_and_leaves_none(sandbox: Sandbox) -> None:
    if uncounted():
        pytest.skip("the kernel counts no process of the machine's root")
    outcome = attempt(
        sandbox,
        """
        import os, time
        started = 1
        while True:
            try:
                if os.fork() == 0:
                    while True: time.sleep(1)
                started += 1
            except BlockingIOError:
                raise RuntimeError(f"{started} processes")
        """,
    )
    assert (outcome.verdict, outcome.detail) == ("failed", "RuntimeError: 4 processes (answer, line 10)")
    endless = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    assert attempt(sandbox, endless, SMALL.model_copy(update={"wall_s": 2})).verdict in ("wall", "cpu")


def test_processes_that_detach_themselves_end_with_their_program(sandbox: Sandbox) -> None:
    seconds = 7000 + os.getpid() % 1000
    outcome = attempt(
        sandbox,
        f"""
        import os, sys, ctypes
        name = b"escaped-{seconds}"
        for _ in range(2):
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    ctypes.CDLL(None).prctl(15, name[:15], 0, 0, 0)
                    import time; time.sleep({seconds})
                os._exit(0)
        import time; time.sleep(0.3)
        """,
        SMALL.model_copy(update={"processes": 8}),
    )
    assert (outcome.verdict, outcome.detail) == ("passed", "")
    names = subprocess.run(["ps", "-eo", "comm"], capture_output=True, text=True, check=True).stdout
    assert f"escaped-{seconds}" not in names


def test_many_small_processes_cannot_take_more_memory_than_is_stated(sandbox: Sandbox) -> None:
    if uncounted():
        pytest.skip("the kernel counts no process of the machine's root")
    code = "import threading\nfor _ in range(50): threading.Thread(target=lambda: __import__('time').sleep(9)).start()"
    assert "can't start new thread" in attempt(sandbox, code).detail


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.memfd_create('x')",
        "import ctypes\nl = ctypes.CDLL(None, use_errno=True)\nif l.shmget(0, 1 << 28, 0o1600) < 0: raise OSError",
        "open('big', 'wb').write(b'x' * (5 << 20))",
        "import os\nfor n in range(10):\n    with open(f'big{n}', 'wb') as f: f.write(b'x' * (1 << 20))",
        "for n in range(10000): open(f'f{n}', 'w').close()",
        "files = [open('/dev/null') for _ in range(100)]",
    ],
    ids=["memfd", "shared memory", "large file", "many megabytes of files", "many files", "many open files"],
)
def test_memory_outside_a_process_is_limited_too(sandbox: Sandbox, code: str) -> None:
    outcome = attempt(sandbox, code)
    assert outcome.verdict == "failed"
    assert "Error" in outcome.detail


@pytest.mark.parametrize("path", [str(Path.home()), "/root", "/home", "/etc/passwd", "/proc/1/environ", "/proc",
                                  "/sys", "/var", __file__, str(Path(sys.prefix) / "pyvenv.cfg")])  # fmt: skip
def test_files_of_the_machine_are_not_there(sandbox: Sandbox, path: str) -> None:
    code = f"import os\nprint(os.listdir({path!r}) if os.path.isdir({path!r}) else open({path!r}).read())"
    outcome = attempt(sandbox, code)
    assert outcome.verdict == "failed"
    assert "FileNotFoundError" in outcome.detail


def test_a_program_sees_no_secret_of_the_environment_and_no_other_descriptor(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = """
        import os
        assert set(os.environ) <= {"LD_LIBRARY_PATH", "PYTHONHASHSEED", "LANG", "PWD"}, dict(os.environ)
        def is_open(d):
            try: os.fstat(d)
            except OSError: return False
            return True
        assert [d for d in range(1024) if is_open(d)] == [0, 1, 2, 60]
        assert os.read(0, 1) == b""
        """
    assert attempt(sandbox, code).detail == ""


@pytest.mark.parametrize(
    "path",
    ["/escaped", "/usr/lib/escaped", "/python/lib/escaped", "/dev/escaped", "/sandbox/escaped", "/tmp/../escaped"],
)
def test_nothing_outside_the_scratch_directory_can_be_written(sandbox: Sandbox, path: str) -> None:
    outcome = attempt(sandbox, f"open({path!r}, 'w')")
    assert outcome.verdict == "failed"
    assert "Read-only file system" in outcome.detail or "PermissionError" in outcome.detail


def test_the_scratch_directory_can_be_written_and_is_empty_for_the_next_program(sandbox: Sandbox) -> None:
    assert attempt(sandbox, "open('a', 'w').write('x')\nassert open('/tmp/a').read() == 'x'").verdict == "passed"


def test_no_socket_opens_not_even_to_this_machine(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        outcome = attempt(sandbox, f"import socket; socket.create_connection(('127.0.0.1', {port}), 1)")
    assert outcome.verdict == "failed"
    assert "PermissionError" in outcome.detail
    unix = attempt(sandbox, "import socket; socket.socket(socket.AF_UNIX)")
    assert "PermissionError" in unix.detail


def test_killing_the_parent_or_everything_harms_only_the_program(sandbox: Sandbox) -> None:
    code = "import os\nfor p in (os.getppid(), -1, 0, 1):\n    try: os.kill(p, 9)\n    except OSError: pass"
    before = sandbox._workers[0]._process
    attempt(sandbox, code + "\nfor p in range(2, 40000):\n    try: os.kill(p, 9)\n    except OSError: pass")
    assert sandbox._workers[0]._process is before


@pytest.mark.parametrize(
    "call", ["unshare(0x10000000)", "mount(b'none', b'/tmp', b'tmpfs', 0, None)", "ptrace(16, 1, 0, 0)",
             "setuid(0)", "chroot(b'/tmp')", "clone(0, 0, 0x10000011, 0)"],
)  # fmt: skip
def test_no_right_can_be_gained(sandbox: Sandbox, call: str) -> None:
    code = (
        f"import ctypes\nif ctypes.CDLL(None, use_errno=True).{call} < 0: raise OSError(ctypes.get_errno(), 'refused')"
    )
    assert "refused" in attempt(sandbox, code).detail


def test_limits_cannot_be_raised(sandbox: Sandbox) -> None:
    code = "import resource as r\nr.setrlimit(r.RLIMIT_AS, (r.RLIM_INFINITY, r.RLIM_INFINITY))"
    assert "ValueError" in attempt(sandbox, code).detail


@pytest.mark.parametrize(
    "answer",
    [
        "import builtins\nreal = builtins.compile\nbuiltins.compile = lambda code, *rest: real('0', *rest)",
        "import builtins\nbuiltins.exec = lambda *_: None",
        "import os\nreal = os.write\nos.write = lambda to, said: None",
        "import builtins\nbuiltins.AssertionError = SystemExit",
        "import atexit, os\natexit.register(os._exit, 0)",
        "import sys\nsys.settrace(lambda *_: sys.exit(0))",
        "print('passed')\nopen('passed', 'w').close()",
    ],
    ids=["compile", "exec", "write", "AssertionError", "atexit", "trace", "prints"],
)
def test_a_program_that_changes_what_runs_its_tests_does_not_pass_them(sandbox: Sandbox, answer: str) -> None:
    tests = "assert f(2) == 4"
    parts = [Part(name="answer", code=f"{answer}\ndef f(x): return 0"), Part(name="tests", code=tests)]
    assert sandbox.run(parts, SMALL).verdict in ("failed", "left")


def test_a_program_is_compiled_as_it_would_be_in_a_file_of_its_own(sandbox: Sandbox) -> None:
    assert attempt(sandbox, "def f(x: int): pass\nassert f.__annotations__ == {'x': int}").detail == ""


def test_what_a_program_changes_in_its_interpreter_is_not_there_for_the_next(sandbox: Sandbox) -> None:
    spoil = "import builtins, math\nmath.sqrt = lambda x: 0\nbuiltins.len = lambda x: 7\nbuiltins.mine = 1"
    assert attempt(sandbox, spoil).verdict == "passed"
    code = "import math, builtins\nassert math.sqrt(4) == 2 and len([]) == 0 and not hasattr(builtins, 'mine')"
    assert attempt(sandbox, code).verdict == "passed"
