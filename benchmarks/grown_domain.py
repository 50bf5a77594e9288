"""A domain that has grown by one module: everyday arithmetic and an errand or a measure, for docs/evidence.md.

``python benchmarks/grown_domain.py time/weeks FOLDER`` writes ``FOLDER/domain.yaml`` and ``FOLDER/items.jsonl`` out of
``configs/domains/everyday_errands`` or ``everyday_measures``, without the other two modules that are not everyday
arithmetic's.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import yaml

DOMAINS = Path(__file__).parents[1] / "configs" / "domains"
NEW = {
    "everyday_errands": ("time/weeks", "shop/change", "shop/dozens"),
    "everyday_measures": ("measure/centimetres", "measure/around", "measure/half"),
}


def main() -> None:
    """Write the two files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("new", choices=[module for modules in NEW.values() for module in modules])
    parser.add_argument("folder", type=Path)
    said = parser.parse_args()
    said.folder.mkdir(parents=True)
    grown = next(name for name, modules in NEW.items() if said.new in modules)
    others = set(NEW[grown]) - {said.new}
    domain = yaml.safe_load((DOMAINS / f"{grown}.yaml").read_text(encoding="utf-8"))
    domain["name"] = f"everyday_arithmetic_and_{said.new.rpartition('/')[2]}"
    domain["items"] = "items.jsonl"
    domain["modules"] = [module for module in domain["modules"] if module["id"] not in others]
    (said.folder / "domain.yaml").write_text(yaml.safe_dump(domain, sort_keys=False), encoding="utf-8")
    lines = (DOMAINS / f"{grown}.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)["module"] not in others]
    (said.folder / "items.jsonl").write_text("".join(kept), encoding="utf-8")


if __name__ == "__main__":
    main()
