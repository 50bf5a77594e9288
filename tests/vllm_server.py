"""A real vLLM on the CPU for the tests that are marked ``vllm``. ``make test-vllm`` installs it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
START_S, END_S = 300, 60


@contextmanager
def vllm_server(
    model: Path, name: str, log: Path, *, max_length: int, options: tuple[str, ...] = (), more: Mapping[str, str] = {}
) -> Iterator[str]:
    """The base URL of a server for the length of the block.

    Args:
        model: Folder of what is served.
        name: What it is served as.
        log: File of what the server says.
        max_length: Tokens of a sequence, and of a batch.
        options: Further options of the server.
        more: Further variables of its environment.
    """
    python = Path(os.environ.get("TUTELAGE_VLLM_PYTHON", REPOSITORY / ".venv-vllm" / "bin" / "python"))
    if not python.exists():
        pytest.fail(f"no vLLM at {python}: run 'make test-vllm'")
    port = _free_port()
    command = [
        str(python), "-m", "vllm.entrypoints.openai.api_server", "--model", str(model), "--served-model-name", name,
        "--host", "127.0.0.1", "--port", str(port), "--dtype", "float32", "--max-model-len", str(max_length),
        "--max-num-batched-tokens", str(max_length), "--enforce-eager", "--no-enable-chunked-prefill", *options,
    ]  # fmt: skip
    environment = {
        **{key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1", "VLLM_CPU_KVCACHE_SPACE": "1", **more,
    }  # fmt: skip
    with log.open("w") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output, env=environment, start_new_session=True)
    try:
        _wait_for(f"http://127.0.0.1:{port}/v1/models", server, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(END_S)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError:
            time.sleep(1)
    pytest.fail("vLLM did not start:\n" + log.read_text()[-2000:])
