"""Roles are grants of our own, everywhere or in one cluster; they were groups of Django's before."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ROLES = ("viewer", "operator", "approver", "auditor", "emergency", "admin")


def move_roles(apps, schema_editor):
    """Who was in the group of a role holds it everywhere now. Viewers could read the audit log until
    now: they hold the role auditor from here on, so that nobody loses sight of anything."""
    alias = schema_editor.connection.alias
    grants = apps.get_model("accounts", "RoleGrant").objects.using(alias)
    groups = apps.get_model("auth", "Group").objects.using(alias)
    users = apps.get_model("accounts", "User").objects.using(alias)
    for group in groups.filter(name__in=ROLES):
        for user in users.filter(groups=group):
            grants.create(user=user, role=group.name, cluster=None, source="manual")
            if group.name == "viewer":
                grants.create(user=user, role="auditor", cluster=None, source="manual")
        group.delete()
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    names = dict(apps.get_model("accounts", "User")._meta.permissions)
    permissions.filter(content_type__app_label="accounts", codename__in=names).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_errands"),
        ("inventory", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="RoleGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(choices=[(role, role) for role in ROLES], max_length=12),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("manual", "given by an administrator"),
                            ("sso", "from single sign-on"),
                        ],
                        default="manual",
                        max_length=8,
                    ),
                ),
                ("granted_at", models.DateTimeField(auto_now_add=True)),
                (
                    "cluster",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="inventory.cluster",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grants",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ("id",)},
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("cluster__isnull", False)),
                fields=("user", "role", "cluster", "source"),
                name="role_once_in_a_cluster",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("cluster__isnull", True)),
                fields=("user", "role", "source"),
                name="role_once_everywhere",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", list(ROLES))), name="role_is_one_of_ours"
            ),
        ),
        migrations.RunPython(move_roles, migrations.RunPython.noop),
        migrations.AlterModelOptions(
            name="user", options={"verbose_name": "user", "verbose_name_plural": "users"}
        ),
    ]
