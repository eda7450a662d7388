"""A small Django project with a webhook endpoint; its tests run in a pytest of their own, with pytest-django."""
