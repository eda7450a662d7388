"""Which variables name a file of authorities, and does it replace those that a program trusts or add to them?"""

from __future__ import annotations

REPLACING = (
    "SSL_CERT_FILE",  # OpenSSL: Python, Ruby, PHP's streams, curl on many systems, .NET on Linux, Rust's native-tls; Go
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",  # the curl command, and requests
    "GIT_SSL_CAINFO",
    "PERL_LWP_SSL_CA_FILE",
)
"""These replace what a program trusts by default, so they get a file with everything that was trusted before."""

ADDING = ("NODE_EXTRA_CA_CERTS", "DENO_CERT")
"""These add to what is trusted, so they get our certificate only; if the user names a file there, that file as well."""

NAMING = (*REPLACING, *ADDING)
"""Files that the user names in these are part of what was trusted before."""
