"""What changes that have not ended claim is kept in a table of its own."""

import django.db.models.deletion
from django.db import migrations, models


def fill(apps, schema_editor):
    """The claims of each change that may still reach a kernel, or did without becoming the head."""
    endpoint = apps.get_model("changes", "ProposedEndpoint")
    changes = apps.get_model("changes", "Change").objects.exclude(
        state__in=("applied", "withdrawn")
    )
    for change in changes:
        claims = {
            (service["protocol"], service["address"], service["port"])
            for service in change.table["services"]
            if service.get("protocol") in ("tcp", "udp", "sctp") and 0 <= service["port"] <= 65535
        }
        endpoint.objects.bulk_create(
            (
                endpoint(change=change, protocol=protocol, address=address, port=port)
                for protocol, address, port in sorted(claims)
            ),
            batch_size=500,
        )


class Migration(migrations.Migration):
    dependencies = [
        ("changes", "0004_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="ClaimsLock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ProposedEndpoint",
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
                    "change",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="endpoints",
                        to="changes.change",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("change", "protocol", "address", "port"),
                        name="a_change_claims_it_once",
                    )
                ],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
