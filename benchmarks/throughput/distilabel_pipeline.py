"""distilabel doing the same work, as its documentation shows it: a pipeline of one generating step."""

from __future__ import annotations

from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration
from work import MAX_TOKENS, MODEL, WARM_UP, measured, question, settings


def main() -> None:
    """Ask everything."""
    base_url, concurrency, calls = settings()

    def ask(first: int, count: int) -> int:
        with Pipeline(name="bench") as pipeline:
            load = LoadDataFromDicts(
                data=[{"instruction": question(first + n)} for n in range(count)], batch_size=concurrency
            )
            generate = TextGeneration(
                llm=OpenAILLM(
                    model=MODEL,
                    base_url=base_url,
                    api_key="none",
                    generation_kwargs={"max_new_tokens": MAX_TOKENS, "temperature": 0.0},
                ),
                input_batch_size=concurrency,
            )
            load >> generate
        rows = pipeline.run(use_cache=False)["default"]["train"]
        return sum(bool(row["generation"]) for row in rows)

    ask(-WARM_UP, WARM_UP)
    measured(lambda: ask(0, calls))


if __name__ == "__main__":
    main()
