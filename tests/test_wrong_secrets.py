"""Nothing that is sent as a wrong secret is ever the right one, whatever that is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from copper_emulator.wrong_secrets import wrong_headers, wrong_secrets

secrets = st.dictionaries(st.sampled_from(["key", "token"]), st.text(min_size=1), min_size=1)


@given(secrets)
def test_none_is_the_right_one(secret: dict[str, str]) -> None:
    for what, members in wrong_secrets(secret).items():
        assert all(members.get(name) != value for name, value in secret.items()), what


@given(secrets)
def test_none_of_the_headers_is_either(headers: dict[str, str]) -> None:
    for what, wrong in wrong_headers(headers).items():
        assert all(isinstance(value, str) for value in wrong.values())
        assert all(wrong.get(name) != value for name, value in headers.items()), what


def test_digits_have_no_other_case() -> None:
    assert "the same in different case" not in wrong_secrets({"key": "1234"})
    assert wrong_secrets({"key": "xyz"})["one of the same length"] == {"key": "yyy"}
    assert wrong_secrets({"key": "abc"})["one of the same length"] == {"key": "xxx"}
