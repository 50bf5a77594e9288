"""Everyday arithmetic with one module more, or with one less, for docs/evidence.md.

``python benchmarks/grown_domain.py time/weeks FOLDER`` writes ``FOLDER/domain.yaml`` and ``FOLDER/items.jsonl`` out of
``configs/domains/everyday_errands`` or ``everyday_measures``, without the other two modules that are not everyday
arithmetic's. Of one of everyday arithmetic's own modules (``time/minutes``) it writes the domain without it: what a
student is taught that is to learn the module later.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import yaml

DOMAINS = Path(__file__).parents[1] / "configs" / "domains"
ARITHMETIC = "everyday_arithmetic"
NEW = {
    "everyday_errands": ("time/weeks", "shop/change", "shop/dozens"),
    "everyday_measures": ("measure/centimetres", "measure/around", "measure/half"),
}
OWN = tuple(module["id"] for module in yaml.safe_load((DOMAINS / f"{ARITHMETIC}.yaml").read_text("utf-8"))["modules"])


def main() -> None:
    """Write the two files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module", choices=[*OWN, *(module for modules in NEW.values() for module in modules)])
    parser.add_argument("folder", type=Path)
    said = parser.parse_args()
    if said.module in OWN:
        source, joint, left_out = ARITHMETIC, "without", {said.module}
    else:
        source = next(name for name, modules in NEW.items() if said.module in modules)
        joint, left_out = "and", set(NEW[source]) - {said.module}
    said.folder.mkdir(parents=True)
    domain = yaml.safe_load((DOMAINS / f"{source}.yaml").read_text(encoding="utf-8"))
    domain["name"] = f"{ARITHMETIC}_{joint}_{said.module.rpartition('/')[2]}"
    domain["items"] = "items.jsonl"
    domain["modules"] = [module for module in domain["modules"] if module["id"] not in left_out]
    (said.folder / "domain.yaml").write_text(yaml.safe_dump(domain, sort_keys=False), encoding="utf-8")
    lines = (DOMAINS / f"{source}.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)["module"] not in left_out]
    (said.folder / "items.jsonl").write_text("".join(kept), encoding="utf-8")


if __name__ == "__main__":
    main()
