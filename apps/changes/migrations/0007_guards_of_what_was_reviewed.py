"""More that the database refuses: a revision called applied that no change applied, an emergency that
nobody would look at, and other times, confirmation or plans than those that were submitted.

The triggers of 0004 on the same tables are made anew, with its rules and these. Before them comes a column
of plans, whether they take over what others put there: no plan changes any more once they are up.
"""

from importlib import import_module

from django.db import migrations, models

first = import_module("apps.changes.migrations.0004_guards")

FROZEN = " OR ".join(
    f"NEW.{column} IS DISTINCT FROM OLD.{column}"
    for column in (
        "start_at", "start_until", "allow_empty", "base_id", "rolls_back_to_id", "takes_back_id"
    )
)  # fmt: skip
SUBMITTED = "OLD.state <> 'draft' AND NEW.state <> 'draft'"
STRICTER = """(NEW.confirm_within = OLD.confirm_within OR OLD.confirm_within = 0
    OR (NEW.confirm_within > 0 AND NEW.confirm_within < OLD.confirm_within))"""
BECOMES_APPROVED = "NEW.state = 'approved' AND OLD.state <> 'approved'"

CHANGE_RULES = (
    *first.CHANGE_RULES,
    (f"{SUBMITTED} AND ({FROZEN})", "what was submitted with a change is frozen"),
    (f"{SUBMITTED} AND NEW.adopt AND NOT OLD.adopt", "a submitted change takes over no more"),
    (f"{SUBMITTED} AND NOT {STRICTER}", "the confirmation of a submitted change only gets stricter"),
    (f"{BECOMES_APPROVED} AND NEW.approved_by = 'emergency' AND (NOT NEW.review_due"
     " OR NOT EXISTS (SELECT 1 FROM inventory_revision"
     " WHERE id = NEW.rolls_back_to_id AND cluster_id = NEW.cluster_id))",
     "an emergency goes back to a revision of its cluster, and its review is due"),
    (f"{BECOMES_APPROVED} AND NEW.approved_by = 'unconfirmed' AND NOT EXISTS"
     " (SELECT 1 FROM changes_change c WHERE c.id = NEW.takes_back_id"
     " AND c.cluster_id = NEW.cluster_id AND c.state = 'applied')",
     "what is taken back was applied to the cluster"),
    ("OLD.review_due AND NOT NEW.review_due AND NEW.state IN"
     " ('approved', 'applying', 'applied', 'failed', 'partial') AND NOT EXISTS"
     " (SELECT 1 FROM changes_review r WHERE r.change_id = NEW.id AND r.afterwards"
     " AND r.version = NEW.version)",
     "a review is due until somebody has looked at it"),
)  # fmt: skip
REVISION_RULES = (
    *first.REVISION_RULES,
    ("OLD.applied_at IS NOT NULL AND NEW.applied_at IS DISTINCT FROM OLD.applied_at",
     "a revision is applied once"),
    ("OLD.applied_at IS NULL AND NEW.applied_at IS NOT NULL AND NOT EXISTS"
     " (SELECT 1 FROM changes_change WHERE revision_id = NEW.id AND state = 'applied')",
     "a revision is applied by its change"),
)  # fmt: skip
NO_PLAN_OF_NOW = """NOT EXISTS (SELECT 1 FROM changes_change c WHERE c.id = {row}.change_id AND
    (c.state = 'draft' OR (c.state = 'approved' AND c.approved_by = 'emergency')))"""

ANEW = (
    ("changes_change", "UPDATE", CHANGE_RULES),
    ("inventory_revision", "UPDATE", REVISION_RULES),
)
ADDED = (
    ("inventory_revision", "INSERT", (("NEW.applied_at IS NOT NULL", "a revision begins unapplied"),)),
    ("changes_directorplan", "UPDATE", (("TRUE", "a plan never changes"),)),
    ("changes_directorplan", "INSERT",
     ((NO_PLAN_OF_NOW.format(row="NEW"), "the plans of a submitted change are frozen"),)),
    ("changes_directorplan", "DELETE",
     ((NO_PLAN_OF_NOW.format(row="OLD"), "the plans of a submitted change are frozen"),)),
)  # fmt: skip


def adopt_as_their_changes(apps, schema_editor):
    """What plans take over, they take over by the word of their change."""
    plans = apps.get_model("changes", "DirectorPlan").objects
    plans.filter(change__adopt=True).exclude(conflicts=[]).update(adopt=True)


def replace_with(guards, gone):
    def run(apps, schema_editor):
        first.remove(schema_editor, gone)
        first.add(schema_editor, guards)

    return run


BEFORE = tuple(guard for guard in first.GUARDS if guard[:2] in {guard[:2] for guard in ANEW})


class Migration(migrations.Migration):
    dependencies = [("changes", "0006_drift")]

    operations = [
        migrations.AddField("directorplan", "adopt", models.BooleanField(default=False)),
        migrations.RunPython(adopt_as_their_changes, migrations.RunPython.noop),
        migrations.RunPython(
            replace_with((*ANEW, *ADDED), gone=BEFORE), replace_with(BEFORE, gone=(*ANEW, *ADDED))
        ),
    ]
