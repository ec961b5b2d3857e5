"""When a pot was emptied last: what was boiled in it since its last cleaning."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tcm_pharmacy", "0003_promises")]
    operations = [
        migrations.AddField(
            model_name="pot",
            name="emptied_at",
            field=models.DateTimeField(null=True, verbose_name="最近一次出锅"),
        ),
    ]
