"""Settings of the project; what differs between deployments comes from the environment."""

import os
from pathlib import Path

SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "only for trying it out")
# The host of COPPER_TARGET must be listed, or Django answers every notification with 400.
ALLOWED_HOSTS = ["sales.example.com"]
ROOT_URLCONF = "sales.urls"
INSTALLED_APPS = ["deals"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path(__file__).parent.parent / "sales.sqlite"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

COPPER_API_URL = os.environ.get("COPPER_API_URL", "https://api.copper.com/developer_api/v1")
COPPER_TOKEN = os.environ.get("COPPER_TOKEN", "")
COPPER_EMAIL = os.environ.get("COPPER_EMAIL", "")
COPPER_TARGET = os.environ.get("COPPER_TARGET", "https://sales.example.com/hooks/copper")
COPPER_SECRET = os.environ.get("COPPER_SECRET", "")
