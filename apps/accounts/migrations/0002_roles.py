"""The four roles and what each may do."""

from django.db import migrations

VIEWER = ("view_console", "view_audit")
OPERATOR = (*VIEWER, "edit_clusters", "edit_changes", "submit_changes")
APPROVER = (*VIEWER, "review_changes")
ADMIN = (*OPERATOR, "review_changes", "manage_directors", "manage_people")
ROLES = {"viewer": VIEWER, "operator": OPERATOR, "approver": APPROVER, "admin": ADMIN}


def make_roles(apps, schema_editor):
    alias = schema_editor.connection.alias
    content_types = apps.get_model("contenttypes", "ContentType").objects.using(alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    groups = apps.get_model("auth", "Group").objects.using(alias)
    user_type, _ = content_types.get_or_create(app_label="accounts", model="user")
    names = dict(apps.get_model("accounts", "User")._meta.permissions)
    # Django makes permissions after all migrations; the roles need theirs now.
    made = {
        codename: permissions.get_or_create(
            content_type=user_type, codename=codename, defaults={"name": name}
        )[0]
        for codename, name in names.items()
    }
    for role, codenames in ROLES.items():
        group, _ = groups.get_or_create(name=role)
        group.permissions.set([made[codename] for codename in codenames])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
