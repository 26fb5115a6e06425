"""What heads claim is kept in a table of its own."""

import django.db.models.deletion
from django.db import migrations, models


def fill(apps, schema_editor):
    """The claims of each head that there is."""
    endpoint = apps.get_model("inventory", "ClaimedEndpoint")
    clusters = apps.get_model("inventory", "Cluster").objects.exclude(head=None)
    for cluster in clusters.select_related("head"):
        claims = {
            (service["protocol"], service["address"], service["port"])
            for service in cluster.head.table["services"]
            if "address" in service
        }
        endpoint.objects.bulk_create(
            (
                endpoint(cluster=cluster, protocol=protocol, address=address, port=port)
                for protocol, address, port in sorted(claims)
            ),
            batch_size=500,
        )


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ClaimedEndpoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("protocol", models.CharField(max_length=4)),
                ("address", models.CharField(db_index=True, max_length=45)),
                ("port", models.PositiveIntegerField()),
                (
                    "cluster",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="endpoints",
                        to="inventory.cluster",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("cluster", "protocol", "address", "port"),
                        name="a_head_claims_it_once",
                    )
                ],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
