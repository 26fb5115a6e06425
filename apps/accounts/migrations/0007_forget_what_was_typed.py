"""What django-axes kept of forms in which a password was wrong: until now also the new password beside it, on
the page to change one's own (AXES_SENSITIVE_PARAMETERS did not name those fields). How often somebody failed stays.
"""

from django.db import migrations


def forget(apps, schema_editor):
    apps.get_model("axes", "AccessAttempt").objects.update(get_data="", post_data="")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_api_tokens"),
        ("axes", "0010_accessattemptexpiration"),
    ]

    operations = [migrations.RunPython(forget, migrations.RunPython.noop)]
