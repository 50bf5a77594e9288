"""A simulated run, its page's server, and a real browser that notes what goes wrong and whom it asks."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Error, Page, Playwright, async_playwright, expect

from tests.graph.simulated import Ability, Recorder, install, run
from tutelage.graph.fork import fork
from tutelage.graph.traces.ledgers import Ledgers
from tutelage.graph.traces.steps import read_steps
from tutelage.graph.ui.server import make_app, make_server, open_socket

ADDITION = "number/addition"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# For what never comes: far more than a page takes on a busy machine. ``expect`` has a limit of its own, of 5 seconds.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="package", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads the user's cache, or writes to it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ui")


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def finished(folder: Path, own_cache: None) -> Path:
    """A run in which addition is never learned."""
    with pytest.MonkeyPatch.context() as patch:
        install(patch, Ability(default=0.04, gain={ADDITION: 0.0}), folder)
        await run(folder / "one", "limits.rounds=3")
    return folder / "one"


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def branch(folder: Path, finished: Path) -> Path:
    """A fork of it at the Tutor of its second round."""
    at = next(s for s in read_steps(Ledgers(finished)) if s.is_node and s.node == "tutor" and s.round == 2)
    with pytest.MonkeyPatch.context() as patch:
        install(patch, Ability(default=0.04), folder)
        await fork(finished, str(at.number), folder / "two", ["tutor.examples=25"], Recorder())
    return folder / "two"


@contextmanager
def serving(*roots: Path) -> Iterator[str]:
    """The address of a server for those runs, for the length of the block."""
    listening = open_socket(None)
    server = make_server(make_app(roots))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        found = await _launch(playwright)
        yield found
        await found.close()


async def _launch(playwright: Playwright) -> Browser:
    """Debian's Chromium or Chrome where there is one, else the one that ``playwright install chromium`` brought."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    try:
        return await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
    except Error as error:
        if os.environ.get("BROWSER_TESTS") == "required":
            raise
        why = error.message.splitlines()[0]
        pytest.skip(f"no Chromium (apt install chromium, or playwright install chromium): {why}")


@dataclass
class Visitor:
    """A page in the browser, with all that it complained of and whom it asked."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def go(self, address: str) -> None:
        """Open an address as if it had been typed."""
        await self.page.goto("about:blank")
        await self.page.goto(address)

    async def text(self, selector: str) -> str:
        """The visible text of the first such element, once it is there."""
        return await self.page.locator(selector).first.inner_text()

    def strangers(self, *allowed: str) -> Sequence[str]:
        """Addresses asked that begin with none of ``allowed``."""
        return [url for url in self.asked if not url.startswith(("about:", "data:", "blob:", *allowed))]


@asynccontextmanager
async def visiting(browser: Browser) -> AsyncIterator[Visitor]:
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE_MS)
    visitor = Visitor(await context.new_page())
    visitor.page.on("console", lambda said: visitor.complaints.append(said.text) if said.type == "error" else None)
    visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
    visitor.page.on("request", lambda request: visitor.asked.append(request.url))
    try:
        yield visitor
        assert visitor.complaints == []
    finally:
        await context.close()
