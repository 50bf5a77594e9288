from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tutelage.errors import SandboxUnavailable
from tutelage.training.sandbox import bubblewrap
from tutelage.training.sandbox.contracts import CodeSettings
from tutelage.training.sandbox.pool import Sandbox


def usable(opened: Sandbox) -> Sandbox:
    """Where nothing holds a program the tests fail: nothing else would tell that the sandbox was not tried."""
    if not sys.platform.startswith("linux"):
        pytest.skip("code runs in a sandbox on Linux only")
    try:
        opened.check()
    except SandboxUnavailable as error:
        pytest.fail(error.line)
    return opened


@pytest.fixture(scope="module", params=["as this user", "in a user namespace"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox that holds. Root has one of another make than everybody else; as root both are tried."""
    if request.param == "in a user namespace" and not bubblewrap.is_root():
        pytest.skip("the same as this user's")
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "in a user namespace":
            patch.setattr(bubblewrap, "is_root", lambda: False)
        opened = usable(Sandbox(CodeSettings(workers=1)))
        yield opened
        opened.close()
