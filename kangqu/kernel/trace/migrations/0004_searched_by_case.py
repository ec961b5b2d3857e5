"""A case's timeline is read by the case."""

from django.db import migrations

INDEX = "CREATE INDEX trace_entry_case ON trace_entry (object_id, at) WHERE object_type = 'case' AND stream = 'step'"


class Migration(migrations.Migration):
    dependencies = [("trace", "0003_searched_by_place_and_action")]
    operations = [migrations.RunSQL(INDEX, "DROP INDEX trace_entry_case")]
