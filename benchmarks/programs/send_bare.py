"""A minimal sender: aiohttp's client, one kept session, prepared bytes, several requests at once, no cookies.

Reads lines of JSON from standard input: first `{"url": ..., "headers": {...}, "body": ..., "at_once": 32}`, then each
time the number of requests to send. Prints the number when all have been answered.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import aiohttp


async def send_all(session: aiohttp.ClientSession, said: dict[str, Any], count: int) -> None:
    url, headers, body = said["url"], said["headers"], said["body"].encode()
    left = iter(range(count))

    async def worker() -> None:
        for _ in left:
            async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                await response.read()
                if response.status != 200:
                    raise SystemExit(f"the receiver answered {response.status}")

    await asyncio.gather(*(worker() for _ in range(said["at_once"])))


async def main() -> None:
    said = json.loads(sys.stdin.readline())
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent"),
    ) as session:
        # In a thread, so that the loop notices connections that the receiver closes between two bursts.
        while line := await asyncio.to_thread(sys.stdin.readline):
            await send_all(session, said, int(line))
            print(line.strip(), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
