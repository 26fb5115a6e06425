"""Who may ask directors and set their counters to zero."""

from django.db import migrations

NEW = ("ask_directors", "zero_counters")
ASKERS = ("operator", "approver", "admin")
ACTORS = ("operator", "admin")


def grant(apps, schema_editor):
    alias = schema_editor.connection.alias
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    groups = apps.get_model("auth", "Group").objects.using(alias)
    content_types = apps.get_model("contenttypes", "ContentType").objects.using(alias)
    user_type, _ = content_types.get_or_create(app_label="accounts", model="user")
    names = dict(apps.get_model("accounts", "User")._meta.permissions)
    # Django makes permissions after all migrations; the roles need theirs now.
    made = {
        codename: permissions.get_or_create(
            content_type=user_type, codename=codename, defaults={"name": names[codename]}
        )[0]
        for codename in NEW
    }
    for role in ASKERS:
        groups.get(name=role).permissions.add(made["ask_directors"])
    for role in ACTORS:
        groups.get(name=role).permissions.add(made["zero_counters"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_roles")]

    operations = [
        migrations.AlterModelOptions(
            name="user",
            options={
                "permissions": [
                    ("view_console", "Can see everything but secrets"),
                    ("view_audit", "Can read the audit log"),
                    ("edit_clusters", "Can edit clusters"),
                    ("edit_changes", "Can edit changes"),
                    ("submit_changes", "Can submit changes"),
                    ("review_changes", "Can review changes"),
                    ("ask_directors", "Can see the connections and the fitness of directors"),
                    ("zero_counters", "Can set counters to zero"),
                    ("manage_directors", "Can manage directors"),
                    ("manage_people", "Can manage people"),
                ]
            },
        ),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
