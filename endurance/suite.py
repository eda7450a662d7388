"""Write a suite of tests that use the plugin as people do, of any size, into a folder.

The tests of a shape differ by their number, and each can only pass if its account is new, because the ids it checks
are an account's first. A digest of what each test's account did is in its report, for comparison.
"""

from __future__ import annotations

from pathlib import Path

TESTS_A_FILE = 50

INI = """[pytest]
filterwarnings = error
addopts = --strict-markers -p no:cacheprovider -p no:schemathesis -p no:socket
asyncio_default_fixture_loop_scope = function
"""

CONFTEST = '''
"""Which of the tests run, in which order, and what did each of their accounts do?"""

import http.server
import json
import random
import threading
from hashlib import blake2b
from pathlib import Path

import pytest


def pytest_addoption(parser):
    parser.addoption("--sample", type=int, default=0)
    parser.addoption("--shuffled-by", type=int, default=0)
    parser.addoption("--told-in", default="")


def pytest_collection_modifyitems(config, items):
    if wanted := config.getoption("--sample"):
        items[:] = random.Random(config.getoption("--shuffled-by")).sample(items, wanted)


@pytest.fixture(autouse=True)
def _told(request, record_property):
    faces = [request.getfixturevalue(name) for name in ("copper", "copper_async") if name in request.fixturenames]
    yield
    did = [(str(each.notification.change.topic), each.ids, str(each.outcome), each.status) for face in faces
           for each in face.deliveries]
    record_property("did", blake2b(repr(did).encode(), digest_size=8).hexdigest())


TOLD = {}


def pytest_runtest_logreport(report):
    outcome, did = TOLD.get(report.nodeid, ("passed", ""))
    TOLD[report.nodeid] = (outcome if report.passed else report.outcome, dict(report.user_properties).get("did", did))


def pytest_sessionfinish(session):
    if not hasattr(session.config, "workerinput"):
        Path(session.config.getoption("--told-in")).write_text(json.dumps(TOLD))


class Hooks(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def service():
    """A service of the user's, really listening."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hooks)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
'''

HEAD = """
import asyncio
import json
import urllib.request

import pytest

FIRST = 94_808_711
FIRST_BESIDE = FIRST + 20_000  # of an account that is used together with another
TARGET = "https://billing.example.com/hooks"


def asked(copper, base, path, fields):
    headers = {**copper.headers, "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(base + path, json.dumps(fields).encode(), headers)) as answer:
        return json.load(answer)


def wsgi(environ, start_response):
    environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    start_response("204 No Content", [])
    return []


async def asgi(scope, receive, send):
    assert scope["type"] == "http"
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 201, "headers": []})
    await send({"type": "http.response.body", "body": b""})
"""

SHAPES = (
    """
def test_fired_{n}(copper, copper_endpoint):
    copper.subscribe("lead", "new", target=copper_endpoint.url, secret={{"key": "{n}"}})
    copper.fire("lead", "new", ids={n})
    copper.expect("lead", "new", ids={n}, body={{"key": "{n}"}})
    copper.expect_none()
""",
    """
def test_renamed_{n}(copper, copper_endpoint):
    copper.subscribe("person", "update", target=copper_endpoint.url)
    ada = copper.people.create(name="Ada {n}")
    assert ada.id == FIRST
    copper.people.update(ada.id, name="Grace {n}")
    copper.expect("person", "update", ids=ada, updated_attributes={{"name": ("Ada {n}", "Grace {n}")}})
    assert len(copper_endpoint.requests) == 1
""",
    """
def test_called_{n}(copper, copper_endpoint):
    wanted = {{"target": copper_endpoint.url, "type": "person", "event": "new"}}
    assert asked(copper, copper.api_url, "/webhooks", wanted)["id"] == 560_698
    assert asked(copper, copper.api_url, "/people", {{"name": "Ada {n}"}})["id"] == FIRST
    copper.expect("person", "new", ids=FIRST)
    assert [each["name"] for each in asked(copper, copper.api_url, "/people/search", {{}})] == ["Ada {n}"]
""",
    """
@pytest.mark.copper(latency="0-15m", seed={n})
def test_late_{n}(copper, copper_endpoint):
    copper.subscribe("task", "new", target=copper_endpoint.url)
    copper.tasks.create(name="Call Ada {n}")
    copper.advance(minutes=15)
    copper.expect("task", "new", count=1)
""",
    """
@pytest.mark.copper(limits="3/1m")
def test_held_{n}(copper):
    copper.route(TARGET, to=wsgi)
    copper.subscribe("lead", "new", target=TARGET)
    for number in range(1, 6):
        copper.fire("lead", "new", ids=number)
    assert len(copper.deliveries) == 3
    copper.advance(minutes=1)
    copper.expect("lead", "new", ids=range(1, 6), status=204)
""",
    """
def test_faults_{n}(copper, copper_endpoint):
    copper.subscribe("lead", "new", target=copper_endpoint.url)
    copper.faults.lose(next=2)
    copper.faults.refuse()
    for number in range({n}, {n} + 4):
        copper.fire("lead", "new", ids=number)
    copper.expect("lead", "new", outcome="lost", count=2)
    copper.expect("lead", "new", ids={n} + 2, outcome="failed")
    copper.expect("lead", "new", ids={n} + 3)
""",
    """
def test_refused_{n}(copper, copper_endpoint):
    copper_endpoint.reply(500, times=1)
    copper_endpoint.hang(times=1)
    copper.subscribe("company", "delete", target=copper_endpoint.url)
    copper.fire("company", "delete", ids={n})
    copper.fire("company", "delete", ids={n} + 1)
    copper.expect("company", "delete", ids={n}, status=500)
    copper.advance("10s")
    copper.expect("company", "delete", ids={n} + 1, outcome="failed")
""",
    """
def test_intercepted_{n}(copper, copper_endpoint, copper_intercept):
    copper.subscribe("person", "new", target=copper_endpoint.url)
    base = "https://api.copper.com/developer_api/v1"
    assert asked(copper, base, "/people", {{"name": "Ada {n}"}})["id"] == FIRST
    copper.expect("person", "new", ids=FIRST)
""",
    """
@pytest.mark.asyncio
async def test_asynchronous_{n}(copper_async):
    heard = []

    async def hook(request):
        heard.append(request.json["ids"])

    copper_async.route(TARGET, to=hook)
    copper_async.subscribe("person", "new", target=TARGET)
    made = await asyncio.gather(*(copper_async.people.create(name=f"Ada {{number}}") for number in range(3)))
    assert sorted(each.id for each in made) == [FIRST, FIRST + 1, FIRST + 2]
    await copper_async.expect("person", "new", count=3)
    assert heard == [[FIRST], [FIRST + 1], [FIRST + 2]]
""",
    """
def test_two_accounts_{n}(copper, make_copper):
    copper.route(TARGET, to=wsgi)
    copper.subscribe("lead", "new", target=TARGET)
    with make_copper(latency="30s") as other:
        assert other.leads.create(name="Bob {n}").id == FIRST_BESIDE
        assert copper.leads.create(name="Ada {n}").id == FIRST
        assert other.deliveries == []
    copper.expect("lead", "new", ids=FIRST, count=1)
""",
    """
def test_batches_{n}(copper):
    copper.route(TARGET, to=asgi)
    copper.subscribe("person", "new", target=TARGET)
    copper.people.create_many([{{"name": f"Person {{number}}"}} for number in range(61)])
    assert [len(each.ids) for each in copper.expect("person", "new", status=201)] == [30, 30, 1]
""",
    """
def test_over_http_{n}(copper, service):
    copper.route("https://billing.example.com", to=service)
    copper.subscribe("lead", "update", target=TARGET)
    copper.fire("lead", "update", ids={n}, updated_attributes={{"name": ("Ada", "Ada {n}")}})
    copper.expect("lead", "update", ids={n}, status=202)
""",
)


def write(folder: Path, tests: int) -> None:
    """Write the suite, with tests of each shape in turn."""
    (folder / "pytest.ini").write_text(INI, encoding="utf-8")
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    for first in range(1, tests + 1, TESTS_A_FILE):
        numbers = range(first, min(first + TESTS_A_FILE, tests + 1))
        text = HEAD + "".join(f"\n{SHAPES[number % len(SHAPES)].format(n=number)}" for number in numbers)
        (folder / f"test_from_{first:05}.py").write_text(text, encoding="utf-8")
