"""The index of the search: trigrams, in PostgreSQL by pg_trgm, in SQLite by FTS5."""

from django.core.management.base import CommandError
from django.db import DatabaseError, migrations, transaction

NEW = "INSERT INTO audit_search(rowid, words) VALUES (NEW.id, NEW.search_text);"
TRIGGER_SQLITE = (
    f"CREATE TRIGGER audit_search_new AFTER INSERT ON audit_auditrecord BEGIN {NEW} END"
)


def put_up(apps, schema_editor):
    {"postgresql": on_postgresql, "sqlite": on_sqlite}[schema_editor.connection.vendor](
        schema_editor
    )


def on_postgresql(schema_editor):
    try:
        with transaction.atomic(schema_editor.connection.alias):
            schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError as error:
        raise CommandError(
            "The search of the audit log needs PostgreSQL's extension pg_trgm (package postgresql-contrib). "
            "The console's account may not create it or it is not installed: let an administrator call "
            f"“CREATE EXTENSION pg_trgm” in this database, then migrate again. PostgreSQL says: {error}"
        ) from error
    schema_editor.execute(
        "CREATE INDEX audit_search ON audit_auditrecord USING gin (search_text gin_trgm_ops)"
    )


def on_sqlite(schema_editor):
    """A table without content of its own: only the index, by the record's id as rowid."""
    try:
        schema_editor.execute(
            "CREATE VIRTUAL TABLE audit_search USING fts5(words, content='', tokenize='trigram')"
        )
    except DatabaseError as error:
        raise CommandError(
            "The search of the audit log needs SQLite 3.34 or newer with FTS5, or PostgreSQL. "
            f"SQLite says: {error}"
        ) from error
    schema_editor.execute(
        "INSERT INTO audit_search(rowid, words) SELECT id, search_text FROM audit_auditrecord"
    )
    schema_editor.execute(TRIGGER_SQLITE)


def take_down(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX audit_search")
        return
    schema_editor.execute("DROP TRIGGER audit_search_new")
    schema_editor.execute("DROP TABLE audit_search")


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_digests_of_what_is_there")]

    operations = [migrations.RunPython(put_up, take_down)]
