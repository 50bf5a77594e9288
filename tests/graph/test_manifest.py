from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.graph.simulated import QUICKSTART
from tutelage.configs.load import load_run, override
from tutelage.errors import RunDirError
from tutelage.graph.inputs import read_domain
from tutelage.graph.manifest import Manifest, config_hash, machine, read_manifest, versions, write_manifest
from tutelage.graph.rundir import RunDir
from tutelage.teachers.contracts import Endpoint
from tutelage.teachers.plans import alone
from tutelage.teachers.settings import FromEnvironment, Prices
from tutelage.training.contracts import StudentIdentity

ENDPOINT = Endpoint(
    name="a", base_url="http://a/v1", api_key_env="A_KEY", prices=Prices(prompt=1, completion=2),
    headers={"X-Key": FromEnvironment(env="B_KEY"), "X-Team": "tutors"},
)  # fmt: skip


def manifest() -> Manifest:
    config = load_run(QUICKSTART)
    domain, _ = read_domain(config, QUICKSTART)
    system, cpus = machine()
    return Manifest(
        name="quickstart", started="2026-01-01T00:00:00+00:00", trace_id="ab" * 16, config_sha256=config_hash(config),
        items_sha256="0" * 64, command="tutelage run configs/quickstart.yaml", config=config, domain=domain,
        teachers={"tutor": alone(ENDPOINT)}, endpoints={"a": ENDPOINT},
        student=StudentIdentity(name="s", sha256="0", template_sha256="1", tokenizer_sha256="2"),
        versions=versions(), platform=system, cpus=cpus,
    )  # fmt: skip


def test_a_manifest_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    written = manifest()
    write_manifest(RunDir(tmp_path), written)
    assert read_manifest(tmp_path) == written
    assert read_manifest(tmp_path).domain == written.domain


def test_the_hash_of_a_configuration_changes_with_any_of_its_values() -> None:
    config = load_run(QUICKSTART)
    assert config_hash(config) == config_hash(load_run(QUICKSTART)) == config_hash(override(config, []))
    for setting in ("seed=1", "tutor.examples=7", "training.lora.r=4", "limits.seconds=5"):
        assert config_hash(override(config, [setting])) != config_hash(config)


def test_versions_name_what_results_depend_on() -> None:
    found = versions()
    assert {"tutelage", "torch", "transformers", "peft", "langgraph", "openai", "python"} <= set(found)
    assert all(found.values())


def test_a_folder_without_a_manifest_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(RunDirError, match="not a run directory"):
        read_manifest(tmp_path)
    with pytest.raises(RunDirError, match="not a run directory"):
        read_manifest(tmp_path / "nowhere")


@pytest.mark.parametrize("text", [b"", b"name: x\n", b"a: [1", b"\xff\xfe", b"- 1\n"])
def test_a_manifest_that_cannot_be_read_is_refused(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "run.yaml").write_bytes(text)
    with pytest.raises(RunDirError, match="schema version 1"):
        read_manifest(tmp_path)


def test_an_unknown_key_in_a_manifest_is_refused(tmp_path: Path) -> None:
    write_manifest(RunDir(tmp_path), manifest())
    value = yaml.safe_load((tmp_path / "run.yaml").read_text(encoding="utf-8"))
    (tmp_path / "run.yaml").write_text(yaml.safe_dump({**value, "surprise": 1}), encoding="utf-8")
    with pytest.raises(RunDirError):
        read_manifest(tmp_path)
