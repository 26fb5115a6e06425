"""Drains: the intent, and how far it is."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("changes", "0004_guards"),
        ("inventory", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Drain",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("service", models.JSONField()),
                ("address", models.GenericIPAddressField()),
                ("port", models.PositiveIntegerField()),
                ("weight_before", models.PositiveIntegerField()),
                ("reason", models.TextField()),
                (
                    "then",
                    models.CharField(
                        choices=[
                            ("remove", "remove it"),
                            ("keep", "keep it at weight 0"),
                            ("undo", "give it its weight back"),
                        ],
                        max_length=8,
                    ),
                ),
                ("minutes", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "at_deadline",
                    models.CharField(
                        choices=[
                            ("remove", "remove it"),
                            ("keep", "keep it at weight 0"),
                            ("undo", "give it its weight back"),
                        ],
                        default="keep",
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "waits for its change"),
                            ("draining", "draining"),
                            ("removing", "being removed"),
                            ("undoing", "being undone"),
                            ("removed", "removed"),
                            ("kept", "kept at weight 0"),
                            ("undone", "undone"),
                            ("not_begun", "not begun"),
                        ],
                        default="asked",
                        max_length=10,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300)),
                ("asked_at", models.DateTimeField(auto_now_add=True)),
                ("begun_at", models.DateTimeField(blank=True, null=True)),
                ("deadline", models.DateTimeField(blank=True, null=True)),
                ("counts", models.JSONField(blank=True, null=True)),
                ("counted_at", models.DateTimeField(blank=True, null=True)),
                ("idle_since", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "change",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="changes.change",
                    ),
                ),
                (
                    "cluster",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="drains",
                        to="inventory.cluster",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("cluster", "service", "address", "port"),
                        name="one_open_drain_a_real_server",
                    )
                ],
            },
        ),
    ]
