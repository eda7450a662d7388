"""Each TLS fault of an endpoint is reported by its own sentence."""

from __future__ import annotations

import pytest

from copper_emulator.core.tls import TlsFault


@pytest.mark.parametrize("fault", TlsFault, ids=lambda fault: fault.name)
def test_a_text_with_its_sentence_tells_of_it_and_of_no_other(fault: TlsFault) -> None:
    assert TlsFault.named_in(f"https://127.0.0.1:8443: {fault} 127.0.0.1") is fault


def test_other_texts_tell_of_none() -> None:
    assert TlsFault.named_in("https://127.0.0.1:8443: connection refused") is None
