from __future__ import annotations

import pytest

from tutelage.errors import ConfigError
from tutelage.teachers.contracts import Endpoint
from tutelage.teachers.secrets import headers_of, key_of, secrets_of
from tutelage.teachers.settings import FromEnvironment

ENDPOINT = Endpoint(
    name="a", base_url="http://a/v1", api_key_env="A_KEY",
    headers={"X-Team": "tutors", "X-Key": FromEnvironment(env="B_KEY")},
)  # fmt: skip


def test_secrets_are_read_when_they_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, header in (("short", "short-and-longer"), ("other", "another")):
        monkeypatch.setenv("A_KEY", key)
        monkeypatch.setenv("B_KEY", f" {header} ")
        assert key_of(ENDPOINT) == key
        assert headers_of(ENDPOINT) == {"X-Team": "tutors", "X-Key": header}
        assert secrets_of(ENDPOINT) == (header, key)
    assert secrets_of(Endpoint(name="a", base_url="http://a/v1", headers={"X-Team": "tutors"})) == ()


@pytest.mark.parametrize("value", ["", "  ", "two words", "naïve", "tab\there"])
def test_what_cannot_be_sent_is_refused_by_its_name_and_not_repeated(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_KEY", "fine")
    monkeypatch.setenv("B_KEY", value)
    with pytest.raises(ConfigError, match="B_KEY") as caught:
        headers_of(ENDPOINT)
    assert not value.strip() or value not in caught.value.line


def test_a_header_may_hold_a_bearer_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("B_KEY", "Bearer abc")
    assert headers_of(ENDPOINT)["X-Key"] == "Bearer abc"
