"""Cases are searched by state at many institutions at once: without these, whoever asks for a rare state reads them all.

An index that is built beside the running house is in no transaction: what an earlier try left of it goes first.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("cases", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS case_in_state", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="case",
            index=models.Index(fields=["institution", "programme", "state", "opened_at", "id"], name="case_in_state"),
        ),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS case_of_origin_in_state", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="case",
            index=models.Index(fields=["origin", "programme", "state", "opened_at", "id"], name="case_of_origin_in_state"),
        ),
    ]
