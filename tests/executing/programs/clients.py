"""Requests the account from Copper with each client there is, and prints their answers."""

import asyncio
import http.client
import json
import ssl
import urllib.request

import aiohttp
import httpx
import requests

URL = "https://api.copper.com/developer_api/v1/account"
HEADERS = {"X-PW-AccessToken": "t", "X-PW-Application": "developer_api", "X-PW-UserEmail": "ada@example.com"}


def by_http_client() -> str:
    connection = http.client.HTTPSConnection("api.prosperworks.com")
    connection.request("GET", "/developer_api/v1/account", headers=HEADERS)
    name: str = json.load(connection.getresponse())["name"]
    connection.close()
    return name


async def by_aiohttp(*, trust_env: bool) -> str:
    async with aiohttp.ClientSession(trust_env=trust_env) as session, session.get(URL, headers=HEADERS) as answer:
        name: str = (await answer.json())["name"]
        return name


async def by_asyncio() -> str:
    reader, writer = await asyncio.open_connection("api.copper.com", 443, ssl=ssl.create_default_context())
    lines = ["GET /developer_api/v1/account HTTP/1.1", "Host: api.copper.com", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in HEADERS.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    raw = await reader.read()
    writer.close()
    name: str = json.loads(raw.partition(b"\r\n\r\n")[2])["name"]
    return name


with urllib.request.urlopen(urllib.request.Request(URL, headers=HEADERS)) as answer:
    urllib_name = json.load(answer)["name"]
told = {
    "requests": requests.get(URL, headers=HEADERS, timeout=30).json()["name"],
    "httpx": httpx.get(URL, headers=HEADERS).json()["name"],
    "urllib": urllib_name,
    "http.client": by_http_client(),
    "aiohttp": asyncio.run(by_aiohttp(trust_env=False)),
    "aiohttp with trust_env": asyncio.run(by_aiohttp(trust_env=True)),
    "asyncio": asyncio.run(by_asyncio()),
}
print(json.dumps(told))  # noqa: T201
