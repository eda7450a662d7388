"""The local authority: made once, its key readable only by its owner, its certificates accepted by what trusts it."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import stat
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from copper_emulator.core.errors import AuthorityError
from copper_emulator.shell.tls.authority import HOSTS, Authority
from copper_emulator.shell.tls.authority_files import KeptFiles, authority_folder
from copper_emulator.shell.tls.trust import trusting


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "authority"


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> str | None:
    """Make one handshake over real sockets; return the TLS version. Raises what the client raises."""
    return shaken(server, client, name)[0]


def shaken(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> tuple[str | None, str | None]:
    """The same, also returning the protocol that was agreed on."""
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            with server.wrap_socket(theirs, server_side=True) as connection:
                connection.recv(1)
        except OSError:
            pass

    thread = Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(ours, server_hostname=name) as connection:
            return connection.version(), connection.selected_alpn_protocol()
    finally:
        ours.close()
        thread.join()
        theirs.close()


@pytest.mark.parametrize("host", HOSTS)
def test_who_trusts_it_takes_its_certificate_for_this_machine_and_for_coppers_api(host: str) -> None:
    authority = Authority.temporary()

    assert shake_hands(authority.server_context(), trusting(authority.certificate_pem), host) == "TLSv1.3"


def test_a_certificate_is_for_the_names_that_were_given_and_for_no_other() -> None:
    authority = Authority.temporary()
    server, client = authority.server_context("copper.test", "10.1.2.3"), trusting(authority.certificate_pem)

    assert shake_hands(server, client, "copper.test")
    assert shake_hands(server, client, "10.1.2.3")
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        shake_hands(server, client, "localhost")


def test_strict_verification_takes_it_too() -> None:
    """It is the default from Python 3.13 on."""
    authority = Authority.temporary()
    client = trusting(authority.certificate_pem)
    client.verify_flags |= ssl.VERIFY_X509_STRICT

    assert shake_hands(authority.server_context(), client, "localhost")


def test_nobody_else_trusts_it() -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer certificate"):
        shake_hands(Authority.temporary().server_context(), ssl.create_default_context(), "localhost")


def test_its_servers_speak_no_version_before_1_2() -> None:
    authority = Authority.temporary()
    client = trusting(authority.certificate_pem)
    client.set_ciphers("DEFAULT@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        client.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        client.maximum_version = ssl.TLSVersion.TLSv1_1

    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        shake_hands(authority.server_context(), client, "localhost")


def test_a_client_that_would_like_http2_is_told_that_it_is_not_spoken() -> None:
    authority = Authority.temporary()
    client = trusting(authority.certificate_pem)
    client.set_alpn_protocols(["h2", "http/1.1"])

    assert shaken(authority.server_context(), client, "localhost") == ("TLSv1.3", "http/1.1")


def test_a_name_that_is_none_is_refused_with_the_name() -> None:
    with pytest.raises(AuthorityError, match=r"no certificate can be made for not a name"):
        Authority.temporary().server_context("not a name")


# --- trusting more ------------------------------------------------------------------------------------------------


def test_a_client_trusts_the_authorities_of_files_too(tmp_path: Path) -> None:
    mine, theirs = Authority.temporary(), Authority.temporary()
    file = tmp_path / "theirs.pem"
    file.write_bytes(theirs.certificate_pem)

    assert shake_hands(theirs.server_context(), trusting(mine.certificate_pem, files=[file]), "localhost")
    assert shake_hands(theirs.server_context(), trusting(files=[file]), "localhost")


def test_a_missing_file_of_authorities_is_named(tmp_path: Path) -> None:
    with pytest.raises(AuthorityError, match=r"missing\.pem cannot be read: No such file or directory"):
        trusting(files=[tmp_path / "missing.pem"])


@pytest.mark.parametrize("content", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nMII\n"])
def test_a_file_without_certificates_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.pem"
    file.write_bytes(content)

    with pytest.raises(AuthorityError, match=r"broken\.pem contains no readable certificate"):
        trusting(files=[file])


def test_a_bundle_has_this_authority_beside_those_that_are_trusted_anyway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, company = Authority.temporary(), Authority.temporary()
    of_company, bundle = tmp_path / "company.pem", tmp_path / "bundle.pem"
    of_company.write_bytes(company.certificate_pem)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(of_company))

    mine.bundle(bundle)

    client = ssl.create_default_context(cafile=str(bundle))
    assert shake_hands(mine.server_context(), client, "localhost")
    assert shake_hands(company.server_context(), client, "localhost")
    system = ssl.create_default_context().get_ca_certs(binary_form=True)
    assert set(system) <= set(client.get_ca_certs(binary_form=True))


def test_a_bundle_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(AuthorityError, match=r"cannot be written: No such file or directory"):
        Authority.temporary().bundle(tmp_path / "missing" / "bundle.pem")


posix = pytest.mark.skipif(os.name != "posix", reason="the bits are those of POSIX")


# --- keeping ------------------------------------------------------------------------------------------------------


def test_it_is_made_once_and_found_again(folder: Path) -> None:
    first, second = Authority.kept(folder), Authority.kept(folder)

    assert first.certificate_pem == second.certificate_pem
    assert shake_hands(first.server_context(), trusting(second.certificate_pem), "localhost")
    assert second.certificate_file == folder / "certificate.pem"
    assert second.certificate_file.read_bytes() == second.certificate_pem
    assert sorted(path.name for path in folder.iterdir()) == ["authority.pem", "certificate.pem"]


@posix
def test_its_key_is_readable_by_its_owner_only_whatever_the_umask(folder: Path) -> None:
    before = os.umask(0)
    try:
        Authority.kept(folder)
    finally:
        os.umask(before)

    assert stat.S_IMODE((folder / "authority.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert b"PRIVATE KEY" not in (folder / "certificate.pem").read_bytes()


@posix
def test_a_key_that_others_can_read_is_not_used(folder: Path) -> None:
    Authority.kept(folder)
    file = folder / "authority.pem"
    file.chmod(0o640)

    with pytest.raises(AuthorityError, match=rf"others can read it \(mode 0640\): delete it, .* chmod 600 {file}"):
        Authority.kept(folder)


@posix
@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_folder_in_which_others_can_write_is_not_used(folder: Path, mode: int) -> None:
    """Neither to read a key nor to write one."""
    folder.mkdir(parents=True)
    folder.chmod(mode)
    says = rf"others can write there \(mode {mode:04o}\): chmod 700 {folder}, or name a different folder in COPPER_"

    with pytest.raises(AuthorityError, match=says):
        Authority.kept(folder)
    assert list(folder.iterdir()) == []

    folder.chmod(0o700)
    Authority.kept(folder)
    folder.chmod(mode)
    with pytest.raises(AuthorityError, match=says):
        Authority.kept(folder)


@posix
@pytest.mark.parametrize("mode", [0o755, 0o1777])
def test_a_folder_in_which_nobody_else_can_replace_the_key_is(folder: Path, mode: int) -> None:
    folder.mkdir(parents=True)
    folder.chmod(mode)

    assert Authority.kept(folder).certificate_pem == Authority.kept(folder).certificate_pem


@posix
def test_a_key_of_another_user_is_not_used(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    Authority.kept(folder)
    file = folder / "authority.pem"
    os.chown(file, 12345, -1)

    with pytest.raises(AuthorityError, match=rf"{file} has the key .* another user's \(id 12345\)"):
        Authority.kept(folder)


@posix
def test_a_folder_of_another_user_is_not_used(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    folder.mkdir(mode=0o700, parents=True)
    os.chown(folder, 12345, -1)

    with pytest.raises(AuthorityError, match=rf"{folder} is to hold the key .* another user's \(id 12345\)"):
        Authority.kept(folder)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda pem: b"", id="empty"),
        pytest.param(lambda pem: b"nonsense", id="nonsense"),
        pytest.param(lambda pem: pem[: len(pem) // 2], id="half"),
        pytest.param(lambda pem: pem[pem.index(b"-----BEGIN CERT") :], id="no key"),
        pytest.param(lambda pem: pem[: pem.index(b"-----BEGIN CERT")], id="no certificate"),
        pytest.param(
            lambda pem: pem[: pem.index(b"-----BEGIN CERT")] + Authority.temporary().certificate_pem,
            id="another's certificate",
        ),
    ],
)
def test_a_damaged_one_is_named_and_says_what_to_do(folder: Path, damage: object) -> None:
    Authority.kept(folder)
    file = folder / "authority.pem"
    assert callable(damage)
    file.write_bytes(damage(file.read_bytes()))

    with pytest.raises(
        AuthorityError, match=r"authority\.pem is damaged .*: delete it, and a new authority is created"
    ):
        Authority.kept(folder)


def test_a_folder_that_cannot_be_made_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(AuthorityError, match=r"file/authority.*: Not a directory\. Name a different folder in COPPER_"):
        Authority.kept(tmp_path / "file" / "authority")


def test_the_certificates_file_is_repaired(folder: Path) -> None:
    certificate = Authority.kept(folder).certificate_pem
    (folder / "certificate.pem").write_text("something else")

    assert Authority.kept(folder).certificate_pem == certificate
    assert (folder / "certificate.pem").read_bytes() == certificate


def test_a_certificate_that_cannot_be_put_in_its_place_leaves_nothing_behind(folder: Path) -> None:
    KeptFiles(folder).keep(b"both")
    (folder / "certificate.pem").mkdir()

    with pytest.raises(AuthorityError, match="the local authority cannot be kept in"):
        KeptFiles(folder).certificate(b"the certificate")

    assert sorted(path.name for path in folder.iterdir()) == ["authority.pem", "certificate.pem"]


@pytest.mark.parametrize("links", [True, False], ids=["with links", "where the file system knows none"])
def test_who_is_quicker_wins_and_nothing_else_is_left(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool
) -> None:
    def refuse(_self: Path, _target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    if not links:
        monkeypatch.setattr(Path, "hardlink_to", refuse)

    assert KeptFiles(folder).keep(b"the first") == b"the first"
    assert KeptFiles(folder).keep(b"the second") == b"the first"
    assert [path.name for path in folder.iterdir()] == ["authority.pem"]


def test_processes_that_begin_at_once_have_the_same_one(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from copper_emulator.shell.tls.authority import Authority\n"
        "sys.stdin.read(); sys.stdout.buffer.write(Authority.kept(Path(sys.argv[1])).certificate_pem)"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    certificates = {process.communicate(timeout=60)[0] for process in processes}

    assert certificates == {Authority.kept(folder).certificate_pem}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param({"COPPER_EMULATOR_AUTHORITY": "/a", "XDG_DATA_HOME": "/b"}, "/a", id="named"),
        pytest.param({"XDG_DATA_HOME": "/b"}, "/b/copper-emulator/authority", id="XDG"),
    ],
)
def test_the_environment_says_where_it_is_kept(environment: dict[str, str], expected: str) -> None:
    assert authority_folder(environment) == Path(expected)


@pytest.mark.skipif(sys.platform != "linux", reason="each platform has its own")
def test_without_a_word_it_is_in_the_users_data_folder() -> None:
    assert authority_folder({}) == Path.home() / ".local/share/copper-emulator/authority"


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        pytest.param("darwin", {}, "Library/Application Support/copper-emulator/authority", id="macOS"),
        pytest.param("win32", {}, "AppData/Local/copper-emulator/authority", id="Windows"),
        pytest.param("win32", {"LOCALAPPDATA": "/local"}, "/local/copper-emulator/authority", id="Windows, named"),
    ],
)
def test_other_platforms_have_folders_of_their_own(
    platform: str, environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)

    assert authority_folder(environment) == Path.home() / expected


def test_a_user_without_a_home_is_asked_to_name_a_folder() -> None:
    """As in a container run as a user it does not know."""
    code = "from copper_emulator.shell.tls.authority_files import authority_folder; authority_folder({})"
    nobody = {name: value for name, value in os.environ.items() if name not in ("HOME", "COPPER_EMULATOR_AUTHORITY")}
    command = [sys.executable, "-c", f"import os, pwd; pwd.getpwuid = lambda uid: {{}}[uid]\n{code}"]
    done = subprocess.run(command, env=nobody, capture_output=True, text=True, check=False)

    assert "this user has no home folder: name one in COPPER_EMULATOR_AUTHORITY" in done.stderr


def test_importing_it_imports_neither_trustme_nor_cryptography() -> None:
    code = (
        "import sys, copper_emulator.shell.tls.authority; print(sorted({'trustme', 'cryptography'} & set(sys.modules)))"
    )

    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
