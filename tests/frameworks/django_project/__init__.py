"""A small Django project with a webhook endpoint; its tests run in a separate pytest with pytest-django."""
