"""What a plan takes over is kept by name: a sync daemon has no service's key."""

from django.db import migrations

from lvs.documents import key_from_document


def to_names(apps, schema_editor):
    """Keys of services become their names."""
    plans = apps.get_model("changes", "DirectorPlan").objects.exclude(conflicts=[])
    for plan in plans:
        plan.conflicts = [
            entry if isinstance(entry, str) else str(key_from_document(entry))
            for entry in plan.conflicts
        ]
        plan.save(update_fields=["conflicts"])


class Migration(migrations.Migration):
    dependencies = [("changes", "0001_initial")]

    operations = [migrations.RunPython(to_names, migrations.RunPython.noop)]
