"""Seconds until the page shows a run of 10,000 spans in a real browser, and how smoothly its list scrolls.

``python benchmarks/run_page.py``. Fails when the page takes two seconds or more, or when scrolling drops below 30
frames a second. Needs Chromium: Debian's, or what ``playwright install chromium`` brings.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from trace_reading import SPANS, lines

from tutelage.graph.ui.server import make_app, make_server, open_socket

MOST_S, MOST_FRAME_MS = 2.0, 1000 / 30
SCROLL = """async () => {
  const list = document.querySelector('.list');
  const frames = [];
  let before = performance.now();
  for (let n = 0; n < 240; n += 1) {
    list.scrollTop += 500;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - before);
    before = now;
  }
  return { frames: frames.sort((a, b) => a - b), rows: document.querySelectorAll('.list .row').length };
}"""


@contextmanager
def served() -> Iterator[str]:
    """A server for a run of many spans."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "run.yaml").write_text(f"trace_id: '{1:032x}'\n", encoding="utf-8")
        (root / "spans.jsonl").write_text("\n".join(lines()) + "\n", encoding="utf-8")
        listening = open_socket(None)
        server = make_server(make_app([root]))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/0/#/steps?depth=all"
        finally:
            server.should_exit = True
            thread.join()


def load(page: Page, address: str) -> float:
    """Seconds from asking for the page to rows in sight."""
    page.goto("about:blank")
    began = time.perf_counter()
    page.goto(address)
    page.locator(".list .row").nth(10).wait_for()
    return time.perf_counter() - began


def main() -> int:
    """Measure, print, and say whether it is fast enough."""
    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        times = [load(page, address) for _ in range(5)]
        found = page.evaluate(SCROLL)
        browser.close()
    frames = found["frames"]
    late = frames[int(len(frames) * 0.95)]
    print(f"{SPANS} spans: first load {times[0]:.2f} s, then {', '.join(f'{t:.2f}' for t in times[1:])} s")
    middle = frames[len(frames) // 2]
    print(f"scrolling: median frame {middle:.1f} ms, 95 % under {late:.1f} ms; {found['rows']} rows in the page")
    return 0 if max(times) < MOST_S and late < MOST_FRAME_MS else 1


if __name__ == "__main__":
    sys.exit(main())
