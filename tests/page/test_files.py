"""How the page is served: to which clients, with which headers, and which files. No browser needed."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

import pytest
import requests

from copper_emulator.shell.serving.page_routes import FOLDER, page_files
from tests.cli.processes import started


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with started("serve", "--port", "0") as process:
        yield process.url


def get(url: str, **headers: str) -> requests.Response:
    return requests.get(url, headers=headers, timeout=60)


def test_the_page_is_at_the_root(url: str) -> None:
    answer = get(url)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "EMULATOR" in answer.text


@pytest.mark.parametrize("name", sorted(page_files()))
def test_every_file_has_its_type_and_the_policy(url: str, name: str) -> None:
    answer = get(f"{url}/_emulator/page/{name}")

    assert answer.status_code == 200
    kinds = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml", "html": "text/html"}
    assert answer.headers["Content-Type"] == f"{kinds[name.rpartition('.')[2]]}; charset=utf-8"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'; ")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "name", ["../page_routes.py", "..%2Fpage_routes.py", "js/../../page_routes.py", "js", "", "nothing.js"]
)
def test_nothing_else_is_served(url: str, name: str) -> None:
    request = requests.Request("GET", f"{url}/_emulator/page/").prepare()
    request.url = f"{url}/_emulator/page/{name}"

    with requests.Session() as session:
        assert session.send(request, timeout=60).status_code == 404


@pytest.mark.parametrize("path", ["/", "/_emulator/page/js/main.js"])
@pytest.mark.parametrize("header", ["Host", "Origin"])
def test_another_sites_name_is_refused(url: str, path: str, header: str) -> None:
    """As in the control API: a page of another site whose name resolves to this machine gets nothing."""
    value = "evil.example" if header == "Host" else "https://evil.example"

    assert get(url + path, **{header: value}).status_code == 403


def test_a_file_that_has_not_changed_is_not_sent_again(url: str) -> None:
    first = get(f"{url}/_emulator/page/js/main.js")

    again = get(f"{url}/_emulator/page/js/main.js", **{"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 304
    assert first.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", sorted(name for name in page_files() if not name.endswith(".svg")))
def test_nothing_comes_from_elsewhere_and_data_is_never_markup(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")

    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)
    outside = set(re.findall(r"https?://[\w.-]+", text)) - {"http://www.w3.org", "http://127.0.0.1"}
    assert {each for each in outside if not each.endswith((".example", ".example.com"))} == set()


def test_what_the_first_view_needs_is_asked_for_at_once() -> None:
    """Otherwise each module would only be requested once the one that imports it has arrived."""
    needed: set[str] = set()
    waiting = ["js/main.js", "js/views/deliveries.js"]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            text = (FOLDER / name).read_text(encoding="utf-8")
            found = re.findall(r'^import [^;]*?from "([^"]+)";', text, re.MULTILINE)
            waiting += [posixpath.normpath(posixpath.join(posixpath.dirname(name), each)) for each in found]

    index = (FOLDER / "index.html").read_text(encoding="utf-8")
    assert set(re.findall(r'modulepreload" href="/_emulator/page/([^"]+)"', index)) == needed - {"js/main.js"}


def test_every_module_is_small() -> None:
    long = {name: len((FOLDER / name).read_text(encoding="utf-8").splitlines()) for name in page_files()}

    assert {name: lines for name, lines in long.items() if lines > 300} == {}
