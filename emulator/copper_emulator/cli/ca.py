"""`copper-emulator ca`: the local authority's certificate, for programs to trust, and certificates for endpoints."""

from __future__ import annotations

import hashlib
import shlex
import ssl
from pathlib import Path

import click

from copper_emulator.cli import Failure, WrongUse
from copper_emulator.cli.files import STDIO, print_out, unwritable, write_private
from copper_emulator.cli.output import Output
from copper_emulator.core.errors import AuthorityError
from copper_emulator.shell.tls.authority import HERE, Authority


@click.command(short_help="Show or export the certificate of the local authority.")
@click.option("--export", "export", metavar="FILE", help="write its certificate to FILE (PEM); - is stdout")
@click.option(
    "--issue",
    metavar="FILE",
    help="write a new key and certificate for an endpoint to FILE, which only you can read; - is stdout",
)
@click.option(
    "--host",
    "hosts",
    metavar="NAME",
    multiple=True,
    help=f"with --issue, a host the certificate is for, instead of {', '.join(HERE)}; repeatable",
)
@click.option("--force", is_flag=True, help="with --issue, overwrite an existing file")
@click.option("--json", "as_json", is_flag=True, help="print it as JSON")
def ca(*, export: str | None, issue: str | None, hosts: tuple[str, ...], force: bool, as_json: bool) -> None:
    """Show where the local authority is, which signs the emulator's certificates; it is created at first use.

    Clients that reach the emulator over TLS must trust the authority's certificate. With --issue it signs a
    certificate for an endpoint on this machine, so that the emulator can deliver there with verification on.

    \b
    Examples:
      copper-emulator ca
      copper-emulator ca --export copper-emulator.pem
      copper-emulator ca --issue endpoint.pem --host localhost
    """
    _check_options(export, issue, hosts, force=force)
    if issue is not None and not force and Path(issue).is_file():
        raise Failure(f"--issue {issue}: the file exists, and its key would be lost; to overwrite it: --force")
    output = Output(as_json=as_json)
    try:
        authority = Authority.kept()
        issued = b"" if issue is None else authority.issued_pem(*(hosts or HERE))
    except AuthorityError as error:
        raise Failure(str(error)) from None
    if issue is not None:
        _write_issued(issue, issued, output)
    if export is not None:
        _export(export, authority, output)
    if export is None and issue is None:
        _show(authority, output)


def _check_options(export: str | None, issue: str | None, hosts: tuple[str, ...], *, force: bool) -> None:
    if force and issue is None:
        raise WrongUse("--force overwrites an existing file: it needs --issue FILE")
    if hosts and issue is None:
        raise WrongUse("--host says whom a certificate is for: it needs --issue FILE")
    if not all(host.strip() for host in hosts):
        raise WrongUse("--host is empty: write the endpoint's name or address, like localhost")
    if issue is not None and export is not None and STDIO in (issue, export):
        raise WrongUse("- is stdout: use it for only one of --issue and --export")


def _show(authority: Authority, output: Output) -> None:
    file = str(authority.certificate_file)
    output.json({"certificate": file, "fingerprint": _fingerprint(authority)})
    output.line(f"The local authority's certificate: {file}")
    output.line(f"  SHA-256 {_fingerprint(authority)}")
    output.line("Its key is beside it, readable only by you. Nothing trusts it by default; to make a program do so:")
    shown = shlex.quote(file)
    for text in (f"curl --cacert {shown}", f"NODE_EXTRA_CA_CERTS={shown}", f"requests.get(url, verify={file!r})"):
        output.line(f"  {text}")
    output.line("copper-emulator exec does this for a whole command.")


def _export(path: str, authority: Authority, output: Output) -> None:
    if path == STDIO:
        print_out(authority.certificate_pem.decode("ascii"))
        return
    try:
        Path(path).write_bytes(authority.certificate_pem)
    except OSError as error:
        raise unwritable(path, error) from None
    output.json({"exported": path, "fingerprint": _fingerprint(authority)})
    output.line(f"The local authority's certificate is in {path} (SHA-256 {_fingerprint(authority)})")


def _write_issued(path: str, issued: bytes, output: Output) -> None:
    write_private(Path(path), issued.decode("ascii"))
    if path == STDIO:
        return
    output.json({"issued": path})
    output.line(f"A key and its certificate are in {path}, valid for one year; only you can read it")


def _fingerprint(authority: Authority) -> str:
    der = ssl.PEM_cert_to_DER_cert(authority.certificate_pem.decode("ascii"))
    return hashlib.sha256(der).digest().hex(":").upper()
