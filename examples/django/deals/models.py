"""What sales knows about Copper's opportunities."""

from collections.abc import Iterable
from typing import Any

from django.db import models, transaction


class Deal(models.Model):
    """An opportunity, as it was in Copper when it was fetched."""

    copper_id = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=500)
    value = models.DecimalField(max_digits=15, decimal_places=2, null=True)
    status = models.CharField(max_length=20)
    modified = models.BigIntegerField()

    @classmethod
    def keep(cls, record: dict[str, Any]) -> None:
        """Store an opportunity. If two versions are fetched at once, the one modified later in Copper stays."""
        with transaction.atomic():
            known = cls.objects.select_for_update().filter(pk=record["id"]).first()
            if known is not None and known.modified > record["date_modified"]:
                return
            values = {
                "name": record["name"],
                "value": record["monetary_value"],
                "status": record["status"],
                "modified": record["date_modified"],
            }
            cls.objects.update_or_create(pk=record["id"], defaults=values)


class Note(models.Model):
    """Something happened to an opportunity, and it is to be fetched again."""

    copper_id = models.BigIntegerField(db_index=True)

    @classmethod
    def take(cls, ids: Iterable[int]) -> None:
        """Note all of these opportunities, or none."""
        cls.objects.bulk_create(cls(copper_id=copper_id) for copper_id in ids)
