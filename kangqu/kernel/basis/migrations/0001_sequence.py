"""The one sequence that every number inside the city comes from."""

from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE kangqu_id AS bigint START 1000 CACHE 1",
            "DROP SEQUENCE kangqu_id",
        ),
    ]
