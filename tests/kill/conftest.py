from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kill.ground import Ground, common_ground


@pytest.fixture(scope="package")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with common_ground(tmp_path_factory.mktemp("kill")) as ground:
        yield ground
