"""Did an endpoint's call of the API go to a proxy instead, because the environment has one for every host?"""

from __future__ import annotations

import re

from copper_emulator.core.account import Account
from copper_emulator.core.model import Delivery
from copper_emulator.core.surface import CONNECTED

_HERE = "127.0.0.1"

_CLIENT = re.compile(r"""File ".*[\\/](?:httpx|httpcore|requests|urllib3|urllib[\\/]request\.py)\b""")
"""A frame of a client that takes its proxy from the environment by itself. aiohttp does so only if it is told to."""


def about_proxy(delivery: Delivery, account: Account) -> str:
    """What else helps if it may have been that, to be added to an advice; empty if it was not.

    Few clients say whom they called, but an endpoint that has reached the API goes past the proxy.
    """
    if account.surface in CONNECTED:
        # The server may be on another machine.
        return ""
    has_called = any(call.during == delivery.notification.serial for call in account.call_log.calls())
    advice = "" if has_called else about_proxy_in(delivery.traceback or "")
    return f"; or, {advice}" if advice else ""


def about_proxy_in(traceback: str) -> str:
    """What helps if a traceback in this process may be of that, without a full stop; empty if it is not."""
    proxy = _proxy_of_here() if _CLIENT.search(traceback) else ""
    if not proxy:
        return ""
    return f"if a call of copper.api_url has failed, set NO_PROXY={_HERE}: it went to the proxy in {proxy}"


def _proxy_of_here() -> str:
    """The variable with the proxy to which a call of this machine goes; empty if it goes to none."""
    # Here, because it takes longer to import than everything else that a failed expectation needs.
    from urllib.request import getproxies_environment, proxy_bypass

    proxies = getproxies_environment()
    if not proxies or proxy_bypass(_HERE):
        return ""
    return next((f"{scheme.upper()}_PROXY" for scheme in ("http", "all") if proxies.get(scheme)), "")
