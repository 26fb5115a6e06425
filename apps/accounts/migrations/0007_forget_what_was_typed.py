"""What was typed into forms beside wrong passwords is forgotten: some fields held passwords, unmasked."""

from django.db import migrations


def forget(apps, schema_editor):
    attempts = apps.get_model("axes", "AccessAttempt").objects.using(schema_editor.connection.alias)
    attempts.update(post_data="", get_data="")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_api_tokens"),
        ("axes", "0010_accessattemptexpiration"),
    ]

    operations = [migrations.RunPython(forget, migrations.RunPython.noop)]
