from __future__ import annotations

from collections.abc import Iterator

import pytest

from tutelage.errors import SandboxUnavailable
from tutelage.training.sandbox.contracts import CodeSettings
from tutelage.training.sandbox.pool import Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox that holds. Where there is none the tests fail, since nothing else would tell that it was not tried."""
    opened = Sandbox(CodeSettings(workers=1))
    try:
        opened.check()
    except SandboxUnavailable as error:
        pytest.fail(error.line)
    yield opened
    opened.close()
