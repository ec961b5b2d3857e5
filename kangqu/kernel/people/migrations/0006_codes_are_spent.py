"""A code says when it was spent."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0005_households_of_lists")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE people_code_use ADD COLUMN spent_at timestamptz",
            "ALTER TABLE people_code_use DROP COLUMN spent_at",
            state_operations=[
                migrations.AddField("codeuse", "spent_at", models.DateTimeField(null=True)),
            ],
        ),
    ]
