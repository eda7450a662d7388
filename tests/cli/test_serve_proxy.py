"""`copper-emulator serve --proxy`: what `exec` gives a command, for a program that runs as long as it likes."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
from pathlib import Path

import pytest

from tests.cli.processes import COMMAND, PATIENCE, invoke, run, started
from tests.executing.commands import ACCOUNT, CURL, NAME, runtime


@pytest.fixture(autouse=True)
def _authority(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """An authority in a temporary folder, not in anyone's home."""
    monkeypatch.setenv("COPPER_EMULATOR_AUTHORITY", str(tmp_path_factory.getbasetemp() / "authority"))


def test_the_ready_lines_name_a_file_that_a_shell_reads_to_be_led_there() -> None:
    runtime("curl")
    with started("serve", "--port", "0", "--proxy", "0") as server:
        line = server.line_with("  proxy  ")
        found = re.fullmatch(r"  proxy  (http://127\.0\.0\.1:\d+) \(in your program's shell: \. (\S+)\)", line)
        assert found is not None, line

        script = f". {found[2]}; echo $HTTPS_PROXY; {CURL} {ACCOUNT}; {CURL} https://example.com"
        done = subprocess.run(["sh", "-c", script], check=False, capture_output=True, text=True, timeout=60)

        proxy, _, answered = done.stdout.partition("\n")
        assert proxy == found[1]
        assert json.loads(answered)["name"] == NAME
        assert "proxy refused example.com:443: example.com is not Copper's API" in server.line_with("proxy refused")
        server.end()
        assert not Path(found[2]).exists()


def test_with_json_the_ready_line_has_the_variables() -> None:
    with started("serve", "--port", "0", "--proxy", "0", "--json", "--token", "mine") as server:
        ready = json.loads(server.first_line)

        environment = ready["environment"]
        assert environment["HTTPS_PROXY"] == environment["http_proxy"] == ready["proxy_url"]
        assert environment["COPPER_EMULATOR_URL"] == ready["url"]
        assert environment["COPPER_EMULATOR_TOKEN"] == "mine"
        assert Path(environment["SSL_CERT_FILE"]).read_text().count("BEGIN CERTIFICATE") >= 1

        refused = ["curl", "-s", "-x", ready["proxy_url"], "http://example.com/"]
        runtime("curl")
        subprocess.run(refused, check=True, capture_output=True, timeout=60)
        told = json.loads(server.line())
        assert (told["kind"], told["authority"]) == ("proxy-refused", "example.com:80")


def test_the_file_leaves_what_the_shell_has_beside_it(tmp_path: Path) -> None:
    with started("serve", "--port", "0", "--proxy", "0") as server:
        file = server.line_with("  proxy  ").rpartition(" . ")[2].rstrip(")")
        own = {
            "PYTHONPATH": "/own",
            "NODE_OPTIONS": "--no-warnings",
            "PHP_INI_SCAN_DIR": "/ini",
            "ALL_PROXY": "http://x",
        }
        script = f'. {shlex.quote(file)}; echo "$PYTHONPATH|$NODE_OPTIONS|$PHP_INI_SCAN_DIR|${{ALL_PROXY-none}}"'
        done = subprocess.run(["sh", "-c", script], check=True, capture_output=True, text=True, env=own, timeout=60)

        path, options, scanned, proxy = done.stdout.rstrip("\n").split("|")
        assert path.endswith(":/own")
        assert options.startswith("--no-warnings --require ")
        assert scanned.startswith("/ini:/")
        assert proxy == "none"


@pytest.mark.parametrize("option", ["--port", "--tls-port", "--proxy"])
def test_a_port_in_use_is_said_with_its_option(option: str) -> None:
    ports = {"--port": "0", "--tls-port": "0", "--proxy": "0"}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports[option] = str(taken.getsockname()[1])
        code, out, err = run("serve", *(word for pair in ports.items() for word in pair))

    assert (code, out) == (1, "")
    assert f"port {ports[option]} of 127.0.0.1 is in use" in err
    assert f"choose another with {option}, or {option} 0" in err


def test_files_that_cannot_be_written_are_said_with_the_option_that_needs_them() -> None:
    # The file with all authorities does not fit into 16 blocks.
    limited = ["sh", "-c", 'ulimit -f 16; exec "$@"', "sh"]
    done = subprocess.run(
        [*limited, *COMMAND, "serve", "--port", "0", "--proxy", "0"],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        # Coverage measurement writes files, too.
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")},
    )

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert re.fullmatch(r"copper-emulator: --proxy: \S+ cannot be written: File too large\n", done.stderr)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--proxy-allow", "example.com"], "give --proxy, too"),
        (["--proxy", "0", "--proxy-allow", "api.prosperworks.com"], "nothing ever goes to Copper itself"),
        (["--proxy", "http://127.0.0.1"], "--proxy"),
    ],
)
def test_what_cannot_be_is_one_line(options: list[str], says: str) -> None:
    code, out, err = invoke("serve", "--port", "0", *options)

    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1
