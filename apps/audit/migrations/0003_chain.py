"""Each record gets a digest, a text to search and a place in a chain."""

import django.db.models.deletion
from django.db import migrations, models

from apps.audit.canonical import FIELDS, GENESIS, digest_of, link_of
from apps.audit.search import search_text


def note_digests(apps, schema_editor):
    """Records of before get their digest and search text from what they hold."""
    records = apps.get_model("audit", "AuditRecord").objects.using(schema_editor.connection.alias)
    for record in records.order_by("id").iterator(chunk_size=1000):
        content = {name: getattr(record, name) for name in FIELDS}
        text = search_text(content)
        records.filter(pk=record.pk).update(digest=digest_of(content), search_text=text)


def link_up(apps, schema_editor):
    """Chain the records of before, in their order."""
    alias = schema_editor.connection.alias
    records = apps.get_model("audit", "AuditRecord").objects.using(alias)
    links = apps.get_model("audit", "AuditLink").objects.using(alias)
    previous = GENESIS
    batch = []
    found = records.order_by("id").values_list("id", "digest").iterator(chunk_size=1000)
    for position, (number, digest) in enumerate(found, 1):
        link = link_of(previous, digest, number)
        batch.append(links.model(position=position, record_id=number, previous=previous, hash=link))
        previous = link
        if len(batch) == 1000:
            links.bulk_create(batch)
            batch = []
    links.bulk_create(batch)


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_cluster_of_a_record")]

    operations = [
        migrations.AlterField(
            model_name="auditrecord", name="at", field=models.DateTimeField(db_index=True)
        ),
        migrations.AddField(
            model_name="auditrecord",
            name="digest",
            field=models.CharField(default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="auditrecord",
            name="search_text",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.CreateModel(
            name="AuditLink",
            fields=[
                ("position", models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                (
                    "record",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="link",
                        to="audit.auditrecord",
                    ),
                ),
                ("previous", models.CharField(blank=True, max_length=64)),
                ("hash", models.CharField(max_length=64)),
            ],
            options={"ordering": ("position",)},
        ),
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveBigIntegerField(unique=True)),
                ("hash", models.CharField(max_length=64)),
                ("sealed_at", models.DateTimeField()),
                ("key_id", models.CharField(max_length=16)),
                ("signature", models.CharField(max_length=128)),
            ],
            options={"ordering": ("position",)},
        ),
        migrations.RunPython(note_digests, migrations.RunPython.noop),
        migrations.RunPython(link_up, migrations.RunPython.noop),
    ]
