"""Are files real just now? TLS needs them: OpenSSL reads certificates itself, past everything that Python replaces."""

from __future__ import annotations

from copper_emulator.core.errors import AuthorityError


def check_files() -> None:
    """Raise AuthorityError if pyfakefs has replaced the file system, where OpenSSL would not find what is written."""
    # Looked up now: a module's own reference would be the one from when it was imported.
    import os

    if type(os).__module__.partition(".")[0] == "pyfakefs":
        raise AuthorityError(
            "TLS needs certificates in real files, and pyfakefs has replaced the file system: begin what needs TLS "
            "before it. In a test, use @pytest.mark.copper(intercept=True), or name before fs the fixture "
            "copper_intercept, or one of your own that calls copper_endpoint(tls=True)"
        )
