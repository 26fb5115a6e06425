from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0009_seals_outside")]

    operations = [
        migrations.AddField(
            model_name="auditsink",
            name="hash",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
    ]
