"""Django's own default settings, reduced to what the endpoint needs."""

SECRET_KEY = "only for tests"
ALLOWED_HOSTS = ["billing.example.com", "localhost"]
INSTALLED_APPS = ["tests.frameworks.django_project"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = ["^hooks/live"]
ROOT_URLCONF = "tests.frameworks.django_project.urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "static/"
USE_TZ = True
