"""What is ours on a director: no longer keys of services alone, but settings too."""

from django.db import migrations, models


def to_scopes(apps, schema_editor):
    """The keys become the services of a scope that decides no setting."""
    for status in apps.get_model("telemetry", "DirectorStatus").objects.all():
        keys = status.owned if isinstance(status.owned, list) else []
        status.owned = {"services": keys, "timeouts": [], "sync": False, "sysctls": []}
        status.save(update_fields=["owned"])


def to_keys(apps, schema_editor):
    """Back to the keys of the services."""
    for status in apps.get_model("telemetry", "DirectorStatus").objects.all():
        status.owned = status.owned.get("services", [])
        status.save(update_fields=["owned"])


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0001_initial")]

    operations = [
        migrations.RenameField("directorstatus", "owned_keys", "owned"),
        migrations.AlterField("directorstatus", "owned", models.JSONField(default=dict)),
        migrations.RunPython(to_scopes, to_keys),
    ]
