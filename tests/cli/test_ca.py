"""`copper-emulator ca`, and how `serve` and `check` handle TLS, as processes."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import requests
import trustme

from copper_emulator.shell.tls.authority import Authority
from tests.cli.processes import PATIENCE, run, started, subscribe
from tests.shell.tls.endpoints import server_context, tls_endpoint


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this test's authority."""
    folder = tmp_path / "authority"
    monkeypatch.setenv("COPPER_EMULATOR_AUTHORITY", str(folder))
    return folder


# --- ca -----------------------------------------------------------------------------------------------------------


def test_it_makes_the_authority_and_tells_where_its_certificate_is(folder: Path) -> None:
    code, out, err = run("ca")
    _, again, _ = run("ca")

    assert (code, err) == (0, "")
    assert f"The local authority's certificate: {folder}/certificate.pem" in out
    assert f"curl --cacert {folder}/certificate.pem" in out
    assert again == out
    assert stat.S_IMODE((folder / "authority.pem").stat().st_mode) == 0o600


def test_it_exports_the_certificate_to_a_file_or_to_stdout(tmp_path: Path) -> None:
    code, out, err = run("ca", "--export", str(tmp_path / "ca.pem"))
    _, printed, _ = run("ca", "--export", "-")

    assert (code, err) == (0, "")
    assert f"certificate is in {tmp_path}/ca.pem" in out
    assert (tmp_path / "ca.pem").read_bytes() == printed.encode() == Authority.kept().certificate_pem
    assert "PRIVATE" not in printed


def test_with_json_it_tells_the_same_to_programs(folder: Path, tmp_path: Path) -> None:
    shown = json.loads(run("ca", "--json")[1])
    exported = json.loads(run("ca", "--json", "--export", str(tmp_path / "ca.pem"))[1])

    assert shown["certificate"] == str(folder / "certificate.pem")
    assert exported == {"exported": str(tmp_path / "ca.pem"), "fingerprint": shown["fingerprint"]}


def test_it_issues_a_certificate_for_an_endpoint_that_others_cannot_read(tmp_path: Path) -> None:
    file = tmp_path / "endpoint.pem"
    code, out, err = run("ca", "--issue", str(file), "--host", "billing.localhost")

    assert (code, err) == (0, "")
    assert f"A key and its certificate are in {file}" in out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)


def test_it_overwrites_no_key_unless_it_is_forced_to(tmp_path: Path) -> None:
    file = tmp_path / "endpoint.pem"
    file.write_text("somebody's own")

    code, out, err = run("ca", "--issue", str(file))
    assert (code, out) == (1, "")
    assert "the file exists" in err
    assert "--force" in err
    assert file.read_text() == "somebody's own"

    assert run("ca", "--issue", str(file), "--force")[0] == 0
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(file)


def test_it_issues_nothing_for_nobody(tmp_path: Path) -> None:
    code, _, err = run("ca", "--issue", str(tmp_path / "endpoint.pem"), "--host", "")

    assert (code, err.partition(":")[0]) == (2, "copper-emulator")
    assert "--host is empty: write the endpoint's name or address" in err


def test_it_issues_one_to_stdout_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run("ca", "--issue", "-", "--host", "billing.localhost")

    assert (code, err) == (0, "")
    (tmp_path / "endpoint.pem").write_text(out)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["endpoint.pem"]
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tmp_path / "endpoint.pem")


@pytest.mark.parametrize("files", [("-", "-"), ("-", "ca.pem"), ("endpoint.pem", "-")])
def test_what_goes_to_stdout_goes_there_alone(
    files: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run("ca", "--issue", files[0], "--export", files[1])

    assert (code, out, err.count("\n")) == (2, "", 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--export", "--issue"])
def test_a_file_that_cannot_be_written_is_one_line(option: str, tmp_path: Path) -> None:
    file = tmp_path / "missing" / "ca.pem"

    assert run("ca", option, str(file)) == (
        1,
        "",
        f"copper-emulator: {file} cannot be written: No such file or directory\n",
    )


def test_a_host_without_a_file_is_wrong_use() -> None:
    code, _, err = run("ca", "--host", "localhost")

    assert (code, err) == (2, "copper-emulator: --host says whom a certificate is for: it needs --issue FILE\n")


def test_force_without_a_file_is_wrong_use() -> None:
    code, _, err = run("ca", "--force")

    assert (code, err) == (
        2,
        "copper-emulator: --force overwrites an existing file: it needs --issue FILE\n",
    )


def test_a_host_that_is_no_name_is_one_line(tmp_path: Path) -> None:
    code, _, err = run("ca", "--issue", str(tmp_path / "endpoint.pem"), "--host", "not a name")

    assert (code, err.count("\n")) == (1, 1)
    assert err.startswith("copper-emulator: no certificate can be made for not a name: ")
    assert not (tmp_path / "endpoint.pem").exists()


@pytest.mark.parametrize("command", [("ca",), ("serve", "--port", "0", "--tls-port", "0")], ids=" ".join)
def test_a_folder_that_cannot_be_used_is_one_line(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COPPER_EMULATOR_AUTHORITY", str(tmp_path / "file" / "authority"))
    code, out, err = run(*command)

    assert (code, out, err.count("\n")) == (1, "", 1)
    assert f"{tmp_path}/file/authority" in err
    assert err.endswith("Not a directory. Name a different folder in COPPER_EMULATOR_AUTHORITY\n")


@pytest.mark.parametrize("command", [("ca",), ("serve", "--port", "0", "--tls-port", "0")], ids=" ".join)
def test_a_key_that_others_can_read_is_one_line(command: tuple[str, ...], folder: Path) -> None:
    run("ca")
    (folder / "authority.pem").chmod(0o644)
    code, out, err = run(*command)

    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "others can read it (mode 0644): delete it" in err


# --- serve --tls-port ---------------------------------------------------------------------------------------------


def test_serve_tells_where_it_speaks_tls(folder: Path) -> None:
    with started("serve", "--port", "0", "--tls-port", "0") as server:
        line = server.line_with("TLS")
        url = line.split()[1]

        assert line.strip() == f"TLS    {url} (to trust it: copper-emulator ca)"
        answer = requests.get(
            f"{url}/webhooks",
            headers={"Authorization": "Bearer t", "X-PW-UserEmail": "ada@example.com"},
            verify=str(folder / "certificate.pem"),
            timeout=10,
        )
        assert answer.status_code == 200
        assert requests.get(url.replace("https", "http"), timeout=10).status_code == 400
        assert "api refused GET /developer_api/v1: plain HTTP at the TLS port" in server.line_with("refused")


def test_the_ready_line_for_programs_has_it_too() -> None:
    with started("serve", "--port", "0", "--tls-port", "0", "--json") as server:
        ready = json.loads(server.first_line)

    assert ready["tls_url"].startswith("https://127.0.0.1:")
    with started("serve", "--port", "0", "--json") as server:
        assert "tls_url" not in json.loads(server.first_line)


def test_a_tls_port_in_use_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, err = run("serve", "--port", "0", "--tls-port", str(port))

    assert code == 1
    assert err == (
        f"copper-emulator: port {port} of 127.0.0.1 is in use, perhaps by another copper-emulator: choose another with "
        "--tls-port, or --tls-port 0 for a free one\n"
    )


def test_without_a_tls_port_nothing_of_it_is_imported_or_made(folder: Path) -> None:
    code = (
        "import sys\n"
        "from copper_emulator.cli import main\n"
        "try: main(['serve', '--port', '0'])\n"
        "except SystemExit: print(sorted({'trustme', 'cryptography', 'idna'} & set(sys.modules)))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert "Copper emulator ready" in server.stdout.readline()
        server.send_signal(signal.SIGINT)
        out, _ = server.communicate(timeout=PATIENCE)

    # idna is installed with yarl.
    assert (server.returncode, out.splitlines()[-1]) == (0, "['idna']")
    assert not folder.exists()


# --- https:// endpoints -------------------------------------------------------------------------------------------


def test_serve_delivers_to_an_endpoint_with_a_certificate_of_the_local_authority(tmp_path: Path) -> None:
    """Even if the certificate is made after the server was started."""
    with started("serve", "--port", "0") as server:
        run("ca", "--issue", str(tmp_path / "endpoint.pem"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "endpoint.pem")
        with tls_endpoint(context) as endpoint:
            run("routes", f"https://my-app.example={endpoint.url}", server=server.url)
            subscribe(server.url, "person", "update")
            run("fire", "person.update", "--id", "17", server=server.url)

            assert f"via {endpoint.url}: 200" in server.line_with("delivered")


def test_the_log_tells_of_an_unknown_authority_and_ca_trusts_it(tmp_path: Path) -> None:
    company = trustme.CA()
    file = tmp_path / "company.pem"
    company.cert_pem.write_to_path(str(file))
    with tls_endpoint(server_context(company.issue_cert("127.0.0.1"))) as endpoint:
        route = f"https://my-app.example={endpoint.url}"
        for options, word, says in (
            (
                (),
                "failed",
                "from an authority that is not trusted here; trust it with --ca FILE (the setting ca), or see",
            ),
            (("--ca", str(file)), "delivered", "200"),
        ):
            with started("serve", "--port", "0", "--route", route, *options) as server:
                subscribe(server.url, "person", "update")
                run("fire", "person.update", "--id", "17", server=server.url)
                assert says in server.line_with(word)
                found = requests.get(f"{server.url}/_emulator/v1/accounts/default/notifications", timeout=10).json()
                (shown,) = found["notifications"]
                assert shown["outcome"] == word
                why = run("why", "person", "17", server=server.url)[1]
                assert ("trusted here; trust it with --ca FILE" in why) is (word == "failed")
                advice = (
                    "Trust its issuer, with a file of the issuer's certificate: copper-emulator settings --set ca=FILE"
                )
                assert (advice in why) is (word == "failed")


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("check", "https://127.0.0.1:1/hook", "--port", "0")])
def test_a_file_of_authorities_that_is_not_there_is_wrong_use(command: tuple[str, ...], tmp_path: Path) -> None:
    code, _, err = run(*command, "--ca", str(tmp_path / "missing.pem"))

    assert (code, err.count("\n")) == (2, 1)
    assert f"ca: {tmp_path}/missing.pem cannot be read: No such file or directory" in err


def test_run_and_check_trust_a_file_too_and_a_running_account(tmp_path: Path) -> None:
    company = trustme.CA()
    file = tmp_path / "company.pem"
    company.cert_pem.write_to_path(str(file))
    with tls_endpoint(server_context(company.issue_cert("127.0.0.1"))) as endpoint:
        url = f"{endpoint.url}/hook"
        code, out, _ = run("run", "first_notification", "--target", url, "--port", "0", "--set", f"ca={file}")
        assert (code, "PASSED" in out) == (0, True), out
        code, out, _ = run("check", url, "--no-secret", "--only", "answers", "--port", "0", "--ca", str(file))
        assert code == 0, out
        with started("serve", "--port", "0", "--route", f"https://my-app.example={endpoint.url}") as server:
            subscribe(server.url, "person", "update")
            assert run("settings", "--set", f"ca={tmp_path}/missing.pem", server=server.url)[0] == 2
            assert run("settings", "--set", f"ca={file}", server=server.url)[0] == 0
            run("fire", "person.update", "--id", "17", server=server.url)
            assert f"via {endpoint.url}: 200" in server.line_with("delivered")


def test_a_check_of_an_endpoint_that_is_not_trusted_says_how_to_trust_it() -> None:
    with tls_endpoint(server_context(trustme.CA().issue_cert("127.0.0.1"))) as endpoint:
        _, out, _ = run("check", f"{endpoint.url}/hook", "--no-secret", "--only", "answers", "--port", "0")

    assert "-> Trust its issuer, with a file of the issuer's certificate: --ca FILE" in out
    assert "Start the endpoint" not in out


def test_run_and_check_send_over_tls(tmp_path: Path) -> None:
    run("ca", "--issue", str(tmp_path / "endpoint.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "endpoint.pem")
    with tls_endpoint(context) as endpoint:
        code, out, _ = run("run", "first_notification", "--target", f"{endpoint.url}/hook", "--port", "0")
        assert (code, "PASSED" in out) == (0, True), out
        code, out, _ = run("check", f"{endpoint.url}/hook", "--no-secret", "--only", "answers", "--port", "0")
        assert code == 0, out
