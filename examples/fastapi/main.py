"""For `uvicorn main:app` or `fastapi run`: directory, configured by environment variables."""

import os

from copper_client import Client
from directory import create_app

app = create_app(
    Client(
        os.environ.get("COPPER_API_URL", "https://api.copper.com/developer_api/v1"),
        os.environ["COPPER_TOKEN"],
        os.environ["COPPER_EMAIL"],
    ),
    target=os.environ["COPPER_TARGET"],
    secret=os.environ["COPPER_SECRET"],
)
