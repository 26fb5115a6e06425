"""The database itself refuses what the services refuse: triggers, for whoever writes past them.

Each names its rule in the error. PostgreSQL and SQLite hold the same rules in their own words.
"""

from django.db import migrations

STEPS = (
    ("draft", "in_review withdrawn"),
    ("in_review", "draft approved rejected withdrawn stale"),
    ("rejected", "draft withdrawn"),
    ("stale", "draft withdrawn"),
    ("approved", "applying draft withdrawn stale"),
    ("applying", "applied failed partial"),
    ("failed", "applied partial"),
    ("partial", "applied failed"),
)
LEGAL = " OR ".join(
    f"(OLD.state = '{before}' AND NEW.state IN ({', '.join(repr(s) for s in after.split())}))"
    for before, after in STEPS
)
NAMED = """EXISTS (SELECT 1 FROM changes_clusterpolicy p
    JOIN changes_clusterpolicy_approvers a ON a.clusterpolicy_id = p.id
    WHERE p.cluster_id = NEW.cluster_id)"""
APPROVALS = f"""(SELECT COUNT(DISTINCT r.reviewer_id) FROM changes_review r
    WHERE r.change_id = NEW.id AND r.verdict = 'approve' AND r.digest = NEW.digest
    AND r.version = NEW.version AND r.reviewer_id <> NEW.author_id
    AND (NOT {NAMED} OR r.reviewer_id IN (
        SELECT a.user_id FROM changes_clusterpolicy p
        JOIN changes_clusterpolicy_approvers a ON a.clusterpolicy_id = p.id
        WHERE p.cluster_id = NEW.cluster_id)))"""
NEEDED = """COALESCE((SELECT approvals FROM changes_clusterpolicy
    WHERE cluster_id = NEW.cluster_id), 1)"""
APPROVED = f"""(NEW.approved_by = 'people' AND {APPROVALS} >= {NEEDED})
    OR (NEW.approved_by = 'policy' AND EXISTS (SELECT 1 FROM changes_clusterpolicy
        WHERE cluster_id = NEW.cluster_id AND (approvals = 0 OR free_weights)))
    OR (NEW.approved_by = 'emergency' AND EXISTS (SELECT 1 FROM inventory_revision
        WHERE id = NEW.rolls_back_to_id AND applied_at IS NOT NULL AND digest = NEW.digest))
    OR (NEW.approved_by = 'unconfirmed' AND EXISTS (SELECT 1 FROM changes_change c
        WHERE c.id = NEW.takes_back_id AND c.confirmed_at IS NULL AND c.confirm_by <= {{now}}))"""

CHANGE_RULES = (
    ("NEW.author_id <> OLD.author_id OR NEW.cluster_id <> OLD.cluster_id",
     "a change keeps its author and its cluster"),
    (f"NEW.state <> OLD.state AND NOT ({LEGAL})", "no legal step of a change"),
    ("OLD.state <> 'draft' AND {table_differs}", "the table of a submitted change is frozen"),
    ("OLD.state <> 'draft' AND NEW.state <> 'draft' AND NEW.digest <> OLD.digest",
     "the digest of a submitted change is frozen"),
    ("OLD.state <> 'draft' AND NEW.state <> 'draft' AND NEW.version <> OLD.version",
     "the version of a submitted change is frozen"),
    (f"NEW.state = 'approved' AND OLD.state <> 'approved' AND NOT ({APPROVED})",
     "a change is approved by others, as the policy of its cluster says"),
    ("NEW.state = 'applying' AND NOT EXISTS (SELECT 1 FROM inventory_revision"
     " WHERE id = NEW.revision_id AND cluster_id = NEW.cluster_id AND digest = NEW.digest)",
     "what is applied is the approved table"),
    ("OLD.revision_id IS NOT NULL AND NEW.revision_id IS DISTINCT FROM OLD.revision_id",
     "a change keeps its revision"),
)  # fmt: skip
REVIEW_RULES = (
    ("NOT EXISTS (SELECT 1 FROM changes_change WHERE id = NEW.change_id"
     " AND author_id = NEW.author_id AND digest = NEW.digest AND version = NEW.version)",
     "a review is of what its change is now, and names its author"),
)  # fmt: skip
REVISION_RULES = (
    ("NEW.number <> OLD.number OR NEW.cluster_id <> OLD.cluster_id OR NEW.digest <> OLD.digest"
     " OR {table_differs}", "a revision never changes"),
    ("OLD.applied_at IS NOT NULL AND NEW.applied_at IS NULL", "a revision stays applied"),
)  # fmt: skip
CLUSTER_RULES = (
    ("NEW.head_id IS DISTINCT FROM OLD.head_id AND NOT EXISTS (SELECT 1 FROM inventory_revision"
     " WHERE id = NEW.head_id AND cluster_id = NEW.id AND applied_at IS NOT NULL)",
     "the head is an applied revision of the cluster"),
)  # fmt: skip

GUARDS = (
    ("changes_change", "UPDATE", CHANGE_RULES),
    ("changes_change", "INSERT", (("NEW.state <> 'draft'", "a change begins as a draft"),)),
    ("changes_change", "DELETE", (("TRUE", "a change is never deleted"),)),
    ("changes_review", "INSERT", REVIEW_RULES),
    ("changes_review", "UPDATE", (("TRUE", "a review never changes"),)),
    ("changes_review", "DELETE", (("TRUE", "a review is never deleted"),)),
    ("inventory_revision", "UPDATE", REVISION_RULES),
    ("inventory_revision", "DELETE", (("TRUE", "a revision is never deleted"),)),
    ("inventory_cluster", "UPDATE", CLUSTER_RULES),
)

CLOCKS_MAY_DIFFER = "1 minute"
"""By how much the worker's clock may be before the database's."""


def name_of(table, event):
    return f"guard_{table}_{event.lower()}"


def on_postgresql(table, event, rules):
    """A function that raises the first broken rule, and its trigger."""
    name = name_of(table, event)
    now = f"clock_timestamp() + interval '{CLOCKS_MAY_DIFFER}'"
    checks = "\n".join(
        f"IF {rule.format(table_differs='NEW.table IS DISTINCT FROM OLD.table', now=now)}"
        f" THEN RAISE EXCEPTION '{says}' USING ERRCODE = 'integrity_constraint_violation'; END IF;"
        for rule, says in rules
    ).replace("NEW.table", 'NEW."table"').replace("OLD.table", 'OLD."table"')  # fmt: skip
    give = "OLD" if event == "DELETE" else "NEW"
    yield f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {checks} RETURN {give}; END $$"
    yield f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"


def on_sqlite(table, event, rules):
    """One trigger that aborts at the first broken rule."""
    now = f"strftime('%Y-%m-%d %H:%M:%f', 'now', '+{CLOCKS_MAY_DIFFER}')"
    checks = " ".join(
        f"SELECT RAISE(ABORT, '{says}') WHERE "
        f"{rule.format(table_differs='NEW.table IS NOT OLD.table', now=now)};"
        for rule, says in rules
    ).replace("IS DISTINCT FROM", "IS NOT").replace("NEW.table", 'NEW."table"').replace("OLD.table", 'OLD."table"')  # fmt: skip
    yield f"CREATE TRIGGER {name_of(table, event)} BEFORE {event} ON {table} BEGIN {checks} END"


def add(schema_editor, guards):
    write = {"postgresql": on_postgresql, "sqlite": on_sqlite}[schema_editor.connection.vendor]
    for guard in guards:
        for statement in write(*guard):
            schema_editor.execute(statement, params=None)


def remove(schema_editor, guards):
    postgresql = schema_editor.connection.vendor == "postgresql"
    for table, event, _rules in guards:
        name = name_of(table, event)
        schema_editor.execute(
            f"DROP TRIGGER {name} ON {table}" if postgresql else f"DROP TRIGGER {name}"
        )
        if postgresql:
            schema_editor.execute(f"DROP FUNCTION {name}()")


def put_up(apps, schema_editor):
    add(schema_editor, GUARDS)


def take_down(apps, schema_editor):
    remove(schema_editor, GUARDS)


class Migration(migrations.Migration):
    dependencies = [
        ("changes", "0003_policies_and_approvals"),
        ("inventory", "0001_initial"),
    ]

    operations = [migrations.RunPython(put_up, take_down)]
