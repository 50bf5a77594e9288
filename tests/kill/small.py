"""The quickstart cut down to what a tiny random student and a few probes need: a real run in well under a minute."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).parents[2]
DOMAIN = REPOSITORY / "configs" / "domains" / "everyday_arithmetic.yaml"
MODULES = ("number/addition", "number/multiplication")
MAX_CONCURRENCY = 2
ROUNDS = 2


def write_small_run(folder: Path, student: Path | str) -> Path:
    """Write the domain, its items and the run's configuration. Returns the configuration's path."""
    folder.mkdir(parents=True, exist_ok=True)
    write_small_domain(folder)
    config: dict[str, Any] = {
        "name": "small",
        "domain": "domain.yaml",
        "student": {"model": str(student), "answering": {"max_new_tokens": 8, "batch_size": 16, "threads": 1}},
        "teachers": {"max_concurrency": MAX_CONCURRENCY},
        "diagnosis": {"probes": 4, "held_out": 4, "blunt": "warn"},
        "gate": {"items_per_look": 4, "looks": 1, "attempts": 3, "retention_items": 2},
        "tutor": {"examples": 5, "per_call": 2},
        # Steps are milliseconds: many epochs make a training long enough to be killed in.
        "training": {"epochs": 25, "batch_size": 2, "micro_batch": 2, "threads": 1, "lora": {"r": 4}},
        "limits": {"rounds": ROUNDS},
    }
    path = folder / "run.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return path


def write_small_domain(folder: Path) -> Path:
    """Two modules of the quickstart's domain, with the items of these only. Returns the domain's path."""
    domain = yaml.safe_load(DOMAIN.read_text(encoding="utf-8"))
    rows = (DOMAIN.parent / domain["items"]).read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [row for row in rows if json.loads(row)["module"] in MODULES]
    (folder / "items.jsonl").write_text("".join(kept), encoding="utf-8")
    domain["items"] = "items.jsonl"
    domain["modules"] = [module for module in domain["modules"] if module["id"] in MODULES]
    path = folder / "domain.yaml"
    path.write_text(yaml.safe_dump(domain, sort_keys=False), encoding="utf-8")
    return path
