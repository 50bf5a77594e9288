"""A real vLLM on the CPU makes room and comes back. That build frees nothing in its sleep; all else is as on a GPU."""

from __future__ import annotations

import os
from pathlib import Path

import httpx2
import pytest

from tests.handoff.tiny_bytes import save_adapter
from tests.vllm_server import REPOSITORY, vllm_server
from tutelage.files import cache_folder
from tutelage.training.device import SharedDevice
from tutelage.training.placement import Neighbour, Placement
from tutelage.training.source import prepare_student

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(1800)]
LORA = ("--enable-lora", "--max-lora-rank", "8")
SLEEPS = {"VLLM_SERVER_DEV_MODE": "1", "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "True"}


async def test_a_real_vllm_sleeps_for_the_students_turn_and_comes_back_with_its_adapter(tmp_path: Path) -> None:
    model = prepare_student("smollm2-135m-instruct", cache_folder())
    adapter = save_adapter(model, tmp_path / "adapter")
    with vllm_server(model, "teacher", tmp_path / "log", max_length=512, options=LORA, more=SLEEPS) as url:
        told = {"lora_name": "lessons", "lora_path": str(adapter)}
        httpx2.post(f"{url}/load_lora_adapter", json=told, timeout=120, trust_env=False).raise_for_status()
        placement = Placement(policy="sleep", servers=(Neighbour(url=url),))
        async with SharedDevice.open(placement) as device, device.student_turn() as returns:
            state = httpx2.get(url.removesuffix("/v1") + "/is_sleeping", trust_env=False).json()
            assert state == {"is_sleeping": True}
        assert "(teacher, lessons: off by at most 0.00" in returns[0]


async def test_a_real_vllm_is_stopped_and_started_for_the_students_turn(tmp_path: Path) -> None:
    model = prepare_student("smollm2-135m-instruct", cache_folder())
    python = os.environ.get("TUTELAGE_VLLM_PYTHON", str(REPOSITORY / ".venv-vllm" / "bin" / "python"))
    command = (
        f"env -u PYTHONPATH HF_HUB_OFFLINE=1 VLLM_CPU_KVCACHE_SPACE=1 {python} -m vllm.entrypoints.openai.api_server "
        f"--model {model} --served-model-name teacher --host 127.0.0.1 --port 8765 --dtype float32 "
        "--max-model-len 512 --max-num-batched-tokens 512 --enforce-eager --no-enable-chunked-prefill"
    )
    server = Neighbour(url="http://127.0.0.1:8765/v1", command=command)
    placement = Placement(policy="stop_start", servers=(server,))
    async with SharedDevice.open(placement, tmp_path) as device, device.student_turn() as returns:
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(server.url + "/models", trust_env=False)
    assert "(teacher: off by at most 0.00" in returns[0]
