"""Runs wait for their turn: director by director."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0003_errand"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="position",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="run",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "waiting for its turn"),
                    ("queued", "queued"),
                    ("running", "running"),
                    ("verified", "verified"),
                    ("failed", "failed"),
                    ("partial", "partly applied"),
                    ("lost", "lost"),
                    ("superseded", "superseded"),
                    ("skipped", "not begun"),
                ],
                default="queued",
                max_length=12,
            ),
        ),
    ]
