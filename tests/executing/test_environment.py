"""The variables that route a program to the emulator, beside those that it has already."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from copper_emulator.executing.ca_variables import NAMING
from copper_emulator.executing.environment import Reached, child_environment, shell_lines, write_files
from copper_emulator.shell.tls.trust import known_authorities

FOLDER = Path("/somewhere/with a space")
REACHED = Reached("http://127.0.0.1:40001", "127.0.0.1:40002", FOLDER / "authority.pem", FOLDER, refuses=True)
COMPOSED = ("NODE_OPTIONS", "PYTHONPATH", "PHP_INI_SCAN_DIR", "NODE_EXTRA_CA_CERTS", "DENO_CERT")

VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)


def test_what_was_there_and_does_not_matter_stays() -> None:
    own = {"PATH": "/bin", "HOME": "/home/ada", "COPPER_API_KEY": "k"}

    found = child_environment(own, REACHED)

    assert {name: found[name] for name in own} == own


def test_other_ways_out_are_closed() -> None:
    own = {"ALL_PROXY": "socks5://x", "all_proxy": "socks5://x", "NO_PROXY": "api.copper.com,.corp", "https_proxy": "y"}

    found = child_environment(own, REACHED)

    assert found["NO_PROXY"] == found["no_proxy"] == "localhost,127.0.0.1,::1"
    assert found["HTTPS_PROXY"] == found["https_proxy"] == found["http_proxy"] == "http://127.0.0.1:40001"
    assert not {"ALL_PROXY", "all_proxy"} & set(found)


def test_without_a_proxy_none_is_named() -> None:
    found = child_environment({"https_proxy": "http://corp"}, Reached("", "127.0.0.1:40002", FOLDER / "a.pem", FOLDER))

    assert found["https_proxy"] == "http://corp"
    assert "HTTPS_PROXY" not in found
    assert found["COPPER_EMULATOR_INTERCEPT"] == "127.0.0.1:40002"


def test_what_replaces_is_the_whole_bundle_and_what_adds_the_one_certificate() -> None:
    found = child_environment({}, REACHED)

    assert {name for name, value in found.items() if value == str(REACHED.bundle)} == {
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "GIT_SSL_CAINFO",
        "PERL_LWP_SSL_CA_FILE",
    }
    assert {name for name, value in found.items() if value == str(REACHED.certificate)} == {
        "NODE_EXTRA_CA_CERTS",
        "DENO_CERT",
        "COPPER_EMULATOR_CA",
    }


def test_who_adds_authorities_of_their_own_is_given_them_with_ours() -> None:
    own = {"NODE_EXTRA_CA_CERTS": "/of/the/company.pem", "DENO_CERT": ""}

    found = child_environment(own, REACHED)

    assert found["NODE_EXTRA_CA_CERTS"] == str(REACHED.bundle)
    assert found["DENO_CERT"] == found["COPPER_EMULATOR_CA"] == str(REACHED.certificate)


@pytest.mark.parametrize("name", NAMING)
def test_every_file_of_authorities_that_is_named_is_among_those_that_are_known(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = trustme.CA().cert_pem.bytes()
    tmp_path.joinpath("company.pem").write_bytes(certificate)
    monkeypatch.setenv(name, str(tmp_path / "company.pem"))

    assert certificate.strip() in b"".join(known_authorities())


def test_a_program_is_told_whether_its_proxy_refuses_other_hosts() -> None:
    assert child_environment({}, REACHED)["COPPER_EMULATOR_REFUSES"] == "1"
    assert "COPPER_EMULATOR_REFUSES" not in child_environment({}, replace(REACHED, refuses=False))


@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell reads them")
@given(own=st.dictionaries(st.sampled_from([*COMPOSED, "NO_PROXY", "all_proxy", "MORE"]), VALUES))
@settings(deadline=None, max_examples=20)
def test_a_shell_that_reads_the_lines_has_what_a_child_would_be_given(own: dict[str, str]) -> None:
    more = {"MORE": 'it\'s "quoted" $HOME `date` \\'}
    script = "\n".join(
        [
            *shell_lines(REACHED, more),
            f"exec {sys.executable} -I -c 'import json, os; print(json.dumps(dict(os.environ)))'",
        ]
    )

    said = subprocess.run(["sh", "-c", script], check=True, capture_output=True, text=True, env=own, timeout=60).stdout

    wanted = child_environment(own, REACHED) | more
    found = {name: value for name, value in json.loads(said).items() if name in wanted or name in own}
    assert found == wanted


def test_the_users_own_settings_of_wget_are_read_before_ours(tmp_path: Path) -> None:
    tmp_path.joinpath(".wgetrc").write_text("tries = 1")
    reached = Reached("http://127.0.0.1:1", "127.0.0.1:2", tmp_path / "a.pem", tmp_path)

    write_files(reached, {"HOME": str(tmp_path)})

    written = Path(child_environment({}, reached)["WGETRC"]).read_text()
    assert written.splitlines() == ["tries = 1", f"ca_certificate = {reached.bundle}"]


def test_settings_of_wget_need_not_be_text(tmp_path: Path) -> None:
    """Any bytes are allowed, because wget reads them."""
    tmp_path.joinpath(".wgetrc").write_bytes(b"user_agent = Andr\xe9\n")
    reached = Reached("http://127.0.0.1:1", "127.0.0.1:2", tmp_path / "a.pem", tmp_path)

    write_files(reached, {"HOME": str(tmp_path)})

    assert b"user_agent = Andr\xe9" in Path(child_environment({}, reached)["WGETRC"]).read_bytes().splitlines()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a path is text")
def test_nor_need_the_folder_be_text(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe9"))
    folder.mkdir()
    reached = Reached("http://127.0.0.1:1", "127.0.0.1:2", folder / "a.pem", folder)

    write_files(reached, {})

    assert os.fsencode(reached.bundle) in folder.joinpath("wgetrc").read_bytes()
    assert os.fsencode(reached.bundle) in folder.joinpath("php", "copper-emulator.ini").read_bytes()


def test_what_runs_in_other_programs_is_in_the_package() -> None:
    options = child_environment({}, REACHED)
    preload = Path(options["NODE_OPTIONS"].split('"')[1])

    assert preload.is_file()
    assert (Path(options["PYTHONPATH"]) / "sitecustomize.py").is_file()


def test_every_variable_is_told_of() -> None:
    document = (Path(__file__).parents[2] / "docs" / "hosts.md").read_text()

    assert [name for name in child_environment({}, REACHED) if f"`{name}" not in document] == []
