# ruff: noqa: RUF012 - as Django writes them
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Deal",
            fields=[
                ("copper_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=500)),
                ("value", models.DecimalField(decimal_places=2, max_digits=15, null=True)),
                ("status", models.CharField(max_length=20)),
                ("modified", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("copper_id", models.BigIntegerField(db_index=True)),
            ],
        ),
    ]
