"""A diagnosis that cannot see the gaps it decides on is refused before anything is spent, or said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.graph.simulated import QUICKSTART, Recorder
from tutelage.configs.schema import DiagnosisConfig
from tutelage.errors import ConfigError
from tutelage.graph import runs
from tutelage.graph.run_checks import check_probes


async def test_too_few_probes_are_refused_with_how_many_are_needed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as found:
        await runs.start(QUICKSTART, tmp_path / "run", ["diagnosis.probes=12"], Recorder())
    assert found.value.where == "diagnosis.probes"
    assert "12 probes a module detect a gap of 0.50 or more, and the diagnosis decides at 0.3" in found.value.line
    assert "at least 21 probes" in found.value.line
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "diagnosis",
    [
        DiagnosisConfig(),
        DiagnosisConfig(probes=21),
        DiagnosisConfig(probes=12, gap_threshold=0.5),
        DiagnosisConfig(probes=4, blunt="warn"),
    ],
)
def test_enough_probes_a_wider_gap_or_a_person_who_knows_go_on(diagnosis: DiagnosisConfig) -> None:
    check_probes(diagnosis, 0.95)
