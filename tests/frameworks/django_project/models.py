"""What the application knows about its customers."""

from __future__ import annotations

from django.db import models


class Customer(models.Model):  # type: ignore[misc]
    """A customer who is a person in Copper."""

    copper_id = models.BigIntegerField(unique=True)
    stale = models.BooleanField(default=False)
