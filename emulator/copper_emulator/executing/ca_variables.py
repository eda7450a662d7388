"""Which variables name a file of authorities, and does a program trust it instead of others, or beside them?"""

from __future__ import annotations

REPLACING = (
    "SSL_CERT_FILE",  # OpenSSL: Python, Ruby, PHP's streams, curl of many systems, .NET on Linux, Rust's native-tls; Go
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",  # the command curl, and requests
    "GIT_SSL_CAINFO",
    "PERL_LWP_SSL_CA_FILE",
)
"""Replace what a program trusts by default, hence get a file with everything that was trusted before."""

ADDING = ("NODE_EXTRA_CA_CERTS", "DENO_CERT")
"""Add to what is trusted, hence get the one certificate; who names a file of their own there gets that file, too."""

NAMING = (*REPLACING, *ADDING)
"""The files that a user names in them are part of what was trusted before."""
