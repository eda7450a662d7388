"""Programs in several languages, with nothing but Copper's hosts hard-coded, reach the emulator."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.executing.commands import ACCOUNT, CURL, NAME, OLD_ACCOUNT, TOKEN_HEADERS, Executing, runtime

PROGRAMS = Path(__file__).parent / "programs"
BASE = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"

WITHOUT = ("cacheprovider", "schemathesis", "asyncio")
PYTEST = [sys.executable, "-m", "pytest", "-q", *(word for name in WITHOUT for word in ("-p", f"no:{name}"))]


def asked(executing: Executing, *command: str, **more: object) -> dict[str, str]:
    """What the program's clients were answered, by the client's name, according to its output."""
    ended = executing(command, **more)  # type: ignore[arg-type]
    assert ended.code == 0, ended.err
    found: dict[str, str] = json.loads(ended.out)
    return found


def test_clients_for_python(executing: Executing) -> None:
    clients = ["requests", "httpx", "urllib", "http.client", "aiohttp", "aiohttp with trust_env", "asyncio"]

    assert asked(executing, sys.executable, str(PROGRAMS / "clients.py")) == dict.fromkeys(clients, NAME)


@pytest.mark.skipif(not BASE.exists(), reason="the interpreter of this environment is not where it usually is")
def test_a_python_that_does_not_have_the_emulator(executing: Executing, tmp_path: Path) -> None:
    """It still does not have it afterwards, and reads the same sitecustomize as without exec."""
    tmp_path.joinpath("sitecustomize.py").write_text("import sys; sys.mine = True")
    script = (
        "import http.client, importlib.util, json, sys\n"
        "c = http.client.HTTPSConnection('api.copper.com')\n"
        f"c.request('GET', '/developer_api/v1/account', headers={TOKEN_HEADERS})\n"
        "print(json.dumps([json.load(c.getresponse())['name'], sys.mine, sys.modules['sitecustomize'].__file__,"
        " importlib.util.find_spec('copper_emulator') is None]))"
    )
    ended = executing([str(BASE), "-c", script], env={"PYTHONPATH": str(tmp_path)})

    assert json.loads(ended.out) == [NAME, True, str(tmp_path / "sitecustomize.py"), True], ended.err


def test_what_a_sitecustomize_raises_is_its_own(executing: Executing, tmp_path: Path) -> None:
    tmp_path.joinpath("sitecustomize.py").write_text("import no_such_module_of_mine")

    ended = executing([sys.executable, "-c", "print('runs')"], env={"PYTHONPATH": str(tmp_path)})

    assert ended.out == "runs\n"
    assert "no_such_module_of_mine" in ended.err


def test_clients_of_node(executing: Executing, tmp_path: Path) -> None:
    """With the user's own preload, which is read, too."""
    tmp_path.joinpath("own.cjs").write_text("globalThis.own = 'read';")

    found = asked(
        executing,
        runtime("node"),
        str(PROGRAMS / "clients.mjs"),
        env={"NODE_OPTIONS": f"--require={tmp_path / 'own.cjs'}"},
    )

    assert found == {"fetch": NAME, "https": NAME, "tls": "HTTP/1.1 200 OK", "own": "read"}


def test_node_is_refused_other_hosts_as_by_the_proxy(executing: Executing) -> None:
    """Even for clients that ignore proxies; other protocols are unaffected. Nothing listens at the allowed address."""
    ended = executing([runtime("node"), str(PROGRAMS / "others.mjs"), "0.0.0.0"], "--proxy-allow", "0.0.0.0", "--json")

    assert ended.code == 0, ended.err
    told = json.loads(ended.out)
    for name, place in {
        "fetch": "other.test:443",
        "https": "other.test:443",
        "http": "other.test:80",
        "an address": "192.0.2.1:443",
        "tls": "[2001:db8::5]:443",
    }.items():
        refusal = (
            f"ECONNREFUSED: copper-emulator's proxy: {place}: {place.rpartition(':')[0].strip('[]')} is not Copper's"
        )
        assert told[name].startswith(refusal)
    assert told["another port"].split(":")[0] in ("ENOTFOUND", "EAI_AGAIN")
    assert told["allowed"].startswith("ECONNREFUSED: connect ECONNREFUSED 0.0.0.0:443")
    counted = {each["authority"]: each["times"] for each in ended.told[-1]["refused"]}
    assert [counted[place] for place in ("other.test:443", "other.test:80", "192.0.2.1:443")] == [2, 1, 1]


def test_node_reaches_this_machine_and_pipes_as_ever(executing: Executing) -> None:
    assert asked(executing, runtime("node"), str(PROGRAMS / "local.mjs")) == {
        "options": "hello",
        "port": "hello",
        "port and host": "hello",
        "pipe": "hello",
        "fetch": "hello",
        "refused": "ECONNREFUSED",
    }


def test_a_client_of_httpx_made_before_keeps_execs_proxy_unless_it_is_told_not_to(
    executing: Executing, tmp_path: Path
) -> None:
    """As docs/hosts.md says: it fails in a test that intercepts, and calls no other account."""
    tmp_path.joinpath("test_own.py").write_text(
        "import httpx, pytest\n"
        "before, without = httpx.Client(), httpx.Client(trust_env=False)\n"
        "def test_own(copper):\n"
        "    with copper.intercept():\n"
        "        with pytest.raises(httpx.ConnectError, match='CERTIFICATE_VERIFY_FAILED'):\n"
        f"            before.get('{ACCOUNT}')\n"
        f"        assert without.get('{ACCOUNT}', headers={TOKEN_HEADERS}).status_code == 200\n"
        f"        assert httpx.get('{ACCOUNT}', headers={TOKEN_HEADERS}).status_code == 200\n"
        f"    assert before.get('{ACCOUNT}', headers={TOKEN_HEADERS}).status_code == 200\n"
    )
    ended = executing([*PYTEST, "test_own.py"], folder=tmp_path)

    assert ended.code == 0, ended.out + ended.err


def test_pytest_may_rewrite_all_that_it_would(executing: Executing, tmp_path: Path) -> None:
    """It warns about a plugin that was imported before it, and warnings are errors here."""
    tmp_path.joinpath("test_own.py").write_text(
        "import sys\ndef test_own(copper):\n    copper.people.create(name='Ada')\n    assert copper.people\n"
    )
    ended = executing([*PYTEST, "-W", "error", "test_own.py"], folder=tmp_path)

    assert ended.code == 0, ended.out + ended.err


def test_nothing_of_ours_is_imported_in_a_program(executing: Executing) -> None:
    script = "import sys; print([name for name in sys.modules if name.startswith('copper_emulator')])"

    assert executing([sys.executable, "-c", script]).out == "[]\n"


def test_and_a_program_that_imports_it_knows_that_it_is_intercepted(executing: Executing) -> None:
    script = "from copper_emulator.interception.process import PROCESS; print(len(PROCESS.ways()))"

    assert executing([sys.executable, "-c", script]).out == "1\n"


def test_clients_of_php(executing: Executing) -> None:
    """curl follows the proxy; the streams (`file_get_contents`) would go around it, and are given it by hand."""
    assert asked(executing, runtime("php"), str(PROGRAMS / "clients.php")) == {"curl": NAME, "stream": NAME}


def test_clients_of_ruby(executing: Executing) -> None:
    assert asked(executing, runtime("ruby"), str(PROGRAMS / "clients.rb")) == {"net/http": NAME}


def test_curl_and_wget(executing: Executing) -> None:
    runtime("curl")
    runtime("wget")
    wget = "wget -qO- " + " ".join(f"--header '{name}: {value}'" for name, value in TOKEN_HEADERS.items())

    ended = executing.shell(f"{CURL} {ACCOUNT} && echo && {wget} {OLD_ACCOUNT}")

    assert [json.loads(line)["name"] for line in ended.out.splitlines()] == [NAME, NAME], ended.err


def test_git_trusts_and_is_refused_other_hosts(executing: Executing) -> None:
    git = runtime("git")

    ended = executing.shell(f"{git} ls-remote https://api.copper.com/x.git; {git} ls-remote https://example.com/x.git")

    assert "repository 'https://api.copper.com/x.git/' not found" in ended.err
    assert "copper-emulator: refused example.com:443" in ended.err


def test_a_test_of_the_commands_own_that_intercepts_goes_before(executing: Executing, tmp_path: Path) -> None:
    """`exec -- pytest` with tests that have accounts of their own; other calls go to exec's account."""
    tmp_path.joinpath("test_own.py").write_text(
        "import http.client, requests\n"
        "def asked():\n"
        "    c = http.client.HTTPSConnection('api.copper.com')\n"
        f"    c.request('GET', '/developer_api/v1/people/1', headers={TOKEN_HEADERS})\n"
        "    try:\n"
        "        return c.getresponse().status\n"
        "    finally:\n"
        "        c.close()\n"
        "def test_own(copper):\n"
        "    copper.people.seed([{'id': 1, 'name': 'Ada'}])\n"
        "    with copper.intercept():\n"
        "        assert asked() == 200\n"
        f"        assert requests.get('{ACCOUNT}', headers={TOKEN_HEADERS}, timeout=30).status_code == 200\n"
        "    assert asked() == 404\n"
    )
    ended = executing([*PYTEST, "test_own.py"], "--json", folder=tmp_path)

    assert ended.code == 0, ended.out + ended.err
    [account] = ended.told[-1]["accounts"]
    assert account["email"] == TOKEN_HEADERS["X-PW-UserEmail"]
