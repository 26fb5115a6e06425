"""What a cluster asks of its changes: approvals, freezes, confirmation; rollbacks; scheduled starts."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def number_reviews(apps, schema_editor):
    """Each verdict belongs to one submit, and each submit raised the version: count them."""
    alias = schema_editor.connection.alias
    reviews = apps.get_model("changes", "Review").objects.using(alias)
    seen: dict[int, int] = {}
    for review in reviews.order_by("id"):
        seen[review.change_id] = seen.get(review.change_id, 0) + 1
        reviews.filter(pk=review.pk).update(version=seen[review.change_id])
    changes = apps.get_model("changes", "Change").objects.using(alias)
    for change in changes.filter(pk__in=seen).only("pk", "version", "digest"):
        newest = reviews.filter(change=change, verdict="approve", digest=change.digest)
        for review in newest.order_by("-id")[:1]:  # of what it holds now: it still counts
            reviews.filter(pk=review.pk).update(version=change.version)
    gone = ("approved", "applying", "applied", "failed", "partial")
    changes.filter(state__in=gone).update(approved_by="people")
    schema_editor.connection.check_constraints()  # PostgreSQL alters no table that has checks pending


class Migration(migrations.Migration):
    dependencies = [
        ("changes", "0002_conflicts_by_name"),
        ("inventory", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ClusterPolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "approvals",
                    models.PositiveSmallIntegerField(
                        default=1, validators=[django.core.validators.MaxValueValidator(3)]
                    ),
                ),
                ("free_weights", models.BooleanField(default=False)),
                (
                    "confirm_within",
                    models.PositiveSmallIntegerField(
                        default=0, validators=[django.core.validators.MaxValueValidator(1440)]
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
            ],
        ),
        migrations.CreateModel(
            name="FreezeWindow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(max_length=120)),
                ("starts_at", models.DateTimeField(blank=True, null=True)),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                ("weekdays", models.JSONField(default=list)),
                ("from_time", models.TimeField(blank=True, null=True)),
                ("to_time", models.TimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.RemoveConstraint(
            model_name="change",
            name="one_change_at_a_time_is_applied",
        ),
        migrations.AddField(
            model_name="change",
            name="approved_by",
            field=models.CharField(
                blank=True,
                choices=[
                    ("people", "approved by people"),
                    ("policy", "the cluster's policy asks for nobody"),
                    ("emergency", "rolled back first, to be reviewed after"),
                    ("unconfirmed", "taken back because nobody confirmed it"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="change",
            name="confirm_by",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="change",
            name="confirm_within",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="change",
            name="confirmed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="change",
            name="confirmed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="change",
            name="review_due",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="change",
            name="rolls_back_to",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="inventory.revision",
            ),
        ),
        migrations.AddField(
            model_name="change",
            name="start_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="change",
            name="start_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="change",
            name="takes_back",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="taken_back_by",
                to="changes.change",
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="afterwards",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="review",
            name="version",
            field=models.PositiveIntegerField(default=1),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="review",
            name="verdict",
            field=models.CharField(
                choices=[("approve", "approved"), ("reject", "rejected"), ("comment", "commented")],
                max_length=8,
            ),
        ),
        migrations.RunPython(number_reviews, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "applying")),
                fields=("cluster",),
                name="one_change_at_a_time_is_applied",
            ),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("start_at", None),
                    ("start_until", None),
                    ("start_until__gt", models.F("start_at")),
                    _connector="OR",
                ),
                name="a_window_ends_after_it_begins",
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.UniqueConstraint(
                condition=models.Q(("verdict", "approve")),
                fields=("change", "version", "reviewer"),
                name="one_approval_a_person",
            ),
        ),
        migrations.AddField(
            model_name="clusterpolicy",
            name="approvers",
            field=models.ManyToManyField(blank=True, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name="clusterpolicy",
            name="cluster",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="policy",
                to="inventory.cluster",
            ),
        ),
        migrations.AddField(
            model_name="freezewindow",
            name="cluster",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="freezes",
                to="inventory.cluster",
            ),
        ),
        migrations.AddConstraint(
            model_name="clusterpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("approvals__lte", 3)), name="at_most_three_approvals"
            ),
        ),
        migrations.AddConstraint(
            model_name="freezewindow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ends_at__gt", models.F("starts_at")), ("starts_at__isnull", False)),
                    models.Q(
                        ("from_time__isnull", False),
                        ("starts_at", None),
                        ("to_time__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="once_or_every_week",
            ),
        ),
    ]
