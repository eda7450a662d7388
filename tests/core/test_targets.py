"""Which targets are accepted, and which hosts are this machine."""

from __future__ import annotations

import pytest

from copper_emulator.core.errors import Invalid
from copper_emulator.core.surface import Surface
from copper_emulator.core.targets import check_target, is_beyond, is_copper, is_loopback, origin_of


def hint_for(target: str, *, allow_http: bool = False) -> str:
    """The hint of the refusal; the refusal itself always has the documented message."""
    with pytest.raises(Invalid) as caught:
        check_target(target, allow_http=allow_http)
    assert caught.value.message == "Invalid input: Invalid URI For External Request"
    return caught.value.hint


@pytest.mark.parametrize(
    "target",
    [
        "https://your.endpoint.here",
        "https://yourTargetURL.com",
        "https://localhost:5000/hooks",
        "HTTPS://example.com/",
        "https://example.com:8443/hooks?token=a%20b#part",
        "https://[::1]/hooks",
        "https://example.com/hooks%20here?ids[]=%zz#part",
    ],
)
def test_https_is_taken(target: str) -> None:
    check_target(target, allow_http=False)


@pytest.mark.parametrize(
    ("target", "part"),
    [
        ("lead", "'lead' needs a scheme and a host"),
        ("example.com/hooks", "needs a scheme and a host"),
        ("https://", "needs a scheme and a host"),
        ("https:///hooks", "needs a scheme and a host"),
        ("https://example.com:0/", "needs a scheme and a host"),
        ("https://example.com:99999/", "The target is not a URL: Port out of range"),
        ("https://example.com:abc/", "The target is not a URL: Port could not be cast"),
        ("https://[::1/", "The target is not a URL: Invalid IPv6 URL"),
        ("https://xn--zzzz-.com/", "The host of the target is not a valid internationalised name."),
        ("ftp://example.com/", "'ftp://example.com/' has the scheme 'ftp'"),
        ("javascript://example.com/", "has the scheme 'javascript'"),
        ("https://example.com/a b", "a character that a URL cannot have"),
        ("https://example.com/\n", "a character that a URL cannot have"),
        ("https://exämple.com/", "a character that a URL cannot have"),
        ("https://example.com/{id}", "a character that a URL cannot have"),
        ("https://example.com\\@evil.example/", "a character that a URL cannot have"),
        ("https://example.com/%zz", "a %, #, [ or ] where a URL cannot have one"),
        ("https://example.com/50%", "a %, #, [ or ] where a URL cannot have one"),
        ("https://example.com/a[b]", "a %, #, [ or ] where a URL cannot have one"),
        ("https://example.com/#one#two", "a %, #, [ or ] where a URL cannot have one"),
        ("https://[::1%25lo]/hooks", "has a zone"),
        ("https://[fe80::1%eth0]/hooks", "has a zone"),
        ("https://user:secret@example.com/", "carries a user or password"),
        ("https://user@example.com/", "carries a user or password"),
        ("https://example.com/" + "a" * 2_029, "longer than 2048 characters"),
    ],
    ids=lambda value: value[:30],
)
def test_what_is_no_https_url_is_refused(target: str, part: str) -> None:
    assert part in hint_for(target)


def test_2048_characters_are_taken() -> None:
    check_target("https://example.com/" + "a" * 2_028, allow_http=False)


def test_plain_http_is_refused_with_the_way_out() -> None:
    hint = hint_for("http://billing.example.com/hooks")

    assert hint == (
        "Copper accepts https:// targets only. Register https://billing.example.com/hooks, and unless a "
        "route leads from there to your endpoint already, add one: copper.route('https://billing.example.com', to=app)"
    )


def test_plain_http_to_another_host_is_refused_even_when_http_is_allowed() -> None:
    assert "Register https://example.com/" in hint_for("http://example.com/", allow_http=True)


def test_plain_http_to_this_machine_names_the_setting() -> None:
    hint = hint_for("http://localhost:5000/hooks")

    assert hint == (
        "Copper accepts https:// targets only. Register https://my-app.example/hooks and route it: "
        "copper.route('https://my-app.example', to='http://localhost:5000'); "
        "or allow this one with Emulator(allow_http=True)"
    )


def test_for_run_the_target_keeps_its_path() -> None:
    with pytest.raises(Invalid) as caught:
        check_target("http://localhost:5000/hooks", allow_http=False, surface=Surface.RUN)
    assert "--target http://localhost:5000/hooks;" in caught.value.hint


def test_plain_http_to_this_machine_can_be_allowed() -> None:
    check_target("http://127.0.0.1:5000/hooks", allow_http=True)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("localhost.", True),
        ("api.localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("::ffff:127.0.0.1", True),
        ("[::ffff:7f00:1]", True),
        ("::ffff:10.0.0.1", False),
        ("2001:db8::1", False),
        ("::1%25lo", False),
        ("[::1%example.com]", False),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("localhost.example.com", False),
        ("notlocalhost", False),
        ("127.0.0.1.nip.io", False),
        ("", False),
    ],
)
def test_only_this_machine_is_loopback(host: str, expected: bool) -> None:  # noqa: FBT001
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://billing.example.com/hooks?a=1", "https://billing.example.com"),
        ("http://127.0.0.1:5000/hooks", "http://127.0.0.1:5000"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    "host", ["api.copper.com", "API.prosperworks.com", "app.copper.com.", "copper.com", "www.Copper.com"]
)
def test_copper_itself_is_known(host: str) -> None:
    assert is_copper(host)


@pytest.mark.parametrize("host", ["api.copper.com.example", "my-copper.com", "copper.company", ""])
def test_others_are_not_copper(host: str) -> None:
    assert not is_copper(host)


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("http://127.0.0.1:5000", "here"),
        ("http://[::1]:5000/x", "here"),
        ("http://localhost", "here"),
        ("https://www.example.com", "beyond"),
        ("http://localhost.example.com", "beyond"),
    ],
)
def test_beyond_this_machine_is_what_is_not_loopback(url: str, leads: str) -> None:
    assert is_beyond(url) is (leads == "beyond")
