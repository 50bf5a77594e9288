"""What a run found and left behind, without what may differ between a run that was killed and one that was not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tutelage.training.adapters import adapter_sha256

# Each byte for byte: same rows, same order, same numbers.
SAME_BYTES = ("probes.jsonl", "knowledge_map.json", "attempts.jsonl", "candidates.jsonl", "decisions.jsonl")
# Of the report, all but names, clocks and how often a stored reply was read again.
SAME_IN_REPORT = ("modules", "edges", "stages", "curve", "decisions", "candidates", "misconceptions", "settings")
PAID = ("role", "module", "calls", "prompt_tokens", "completion_tokens")


def facts(root: Path) -> dict[str, Any]:
    """The facts of a finished run that a kill must not change."""
    report = json.loads((root / "report.json").read_text(encoding="utf-8"))
    return {
        **{name: (root / name).read_bytes() for name in SAME_BYTES},
        "datasets": {path.name: path.read_bytes() for path in visible(root / "datasets")},
        "adapters": {path.name: adapter_sha256(path) for path in visible(root / "adapters") if path.name != "current"},
        "current": (root / "adapters" / "current").readlink(),
        "trainings": [{k: v for k, v in row.items() if k != "seconds"} for row in _trainings(root)],
        "calls": sorted(path.name for path in (root / "replies").rglob("*.json")),
        "report": {key: report[key] for key in SAME_IN_REPORT},
        "outcome": report["run"]["outcome"],
        "paid": [{key: row.get(key) for key in PAID} for row in report["usage"]],
    }


def visible(folder: Path) -> list[Path]:
    """The entries of a folder; a kill may leave a temporary one, whose name is hidden."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _trainings(root: Path) -> list[dict[str, Any]]:
    paths = sorted((root / "parts" / "trainings").glob("*.jsonl"))
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


def expect_whole_files(root: Path) -> None:
    """Every file under a final name can be read to its end: nothing half-written is left."""
    for path in root.rglob("*"):
        if path.name.startswith(".") or not path.is_file():
            continue
        if path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"))
        elif path.suffix == ".jsonl":
            text = path.read_text(encoding="utf-8")
            assert not text or text.endswith("\n"), f"{path} ends in the middle of a line"
            for line in text.splitlines():
                json.loads(line)
