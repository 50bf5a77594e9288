"""Bespoke Curator doing the same work, as its documentation shows it: an LLM over a data set."""

from __future__ import annotations

import os
import tempfile
from importlib.util import find_spec
from pathlib import Path

os.environ["TELEMETRY_ENABLED"] = "0"
os.environ["CURATOR_DISABLE_RICH_DISPLAY"] = "1"
os.environ["CURATOR_CACHE_DIR"] = tempfile.mkdtemp()
# It counts tokens with a table that it would fetch from the network; litellm, which it installs, brings the same one.
if (litellm := find_spec("litellm")) is not None and litellm.origin is not None:
    os.environ["TIKTOKEN_CACHE_DIR"] = str(Path(litellm.origin).parent / "litellm_core_utils" / "tokenizers")

from bespokelabs import curator
from datasets import Dataset
from work import MAX_TOKENS, MODEL, WARM_UP, measured, question, settings


class Asked(curator.LLM):
    """Asks the question of a row."""

    def prompt(self, row: dict[str, str]) -> str:
        """The prompt."""
        return row["question"]

    def parse(self, row: dict[str, str], response: str) -> dict[str, str]:
        """The row with its answer."""
        return {"question": row["question"], "answer": response}


def main() -> None:
    """Ask everything."""
    base_url, concurrency, calls = settings()
    model = Asked(
        model_name=MODEL,
        backend="openai",
        backend_params={
            "base_url": base_url,
            "api_key": "none",
            "max_concurrent_requests": concurrency,
            "max_requests_per_minute": 10**7,
            "max_tokens_per_minute": 10**10,
            "require_all_responses": True,
        },
        generation_params={"max_tokens": MAX_TOKENS, "temperature": 0.0},
    )

    def ask(first: int, count: int) -> int:
        rows = model(Dataset.from_dict({"question": [question(first + n) for n in range(count)]}))
        rows = getattr(rows, "dataset", rows)
        return sum(bool(row["answer"]) for row in rows)

    ask(-WARM_UP, WARM_UP)
    measured(lambda: ask(0, calls))


if __name__ == "__main__":
    main()
