"""The WSGI application, for gunicorn, mod_wsgi, and the tests."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sales.settings")
application = get_wsgi_application()
