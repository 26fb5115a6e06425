"""Records that were written before there was a chain get their digests, and what the search looks into."""

from django.db import migrations

from apps.audit.canonical import FIELDS, digest_of, form
from apps.audit.searching import search_text_of


def fill(apps, schema_editor):
    records = apps.get_model("audit", "AuditRecord")._base_manager
    for record in records.filter(digest="").order_by("id").iterator(chunk_size=50):
        content = {name: getattr(record, name) for name in FIELDS}
        canonical = form(record.at, content)
        records.filter(pk=record.pk).update(
            digest=digest_of(canonical), size=len(canonical), search_text=search_text_of(content)
        )


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_chain_and_search")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
