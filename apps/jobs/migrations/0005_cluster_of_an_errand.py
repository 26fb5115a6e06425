import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    """Of what was asked before, the cluster that its director is in now: nothing else is known."""
    director = apps.get_model("inventory", "Director").objects.filter(pk=OuterRef("director_id"))
    errands = apps.get_model("jobs", "Errand").objects
    errands.update(cluster_id=Subquery(director.values("cluster_id")[:1]))


class Migration(migrations.Migration):
    dependencies = [("jobs", "0004_turns"), ("inventory", "0002_claimed_endpoints")]

    operations = [
        migrations.AddField(
            model_name="errand",
            name="cluster",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="inventory.cluster",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
