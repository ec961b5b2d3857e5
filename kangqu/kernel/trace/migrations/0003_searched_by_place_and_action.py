"""The auditor asks by institution and by action as well as by person and actor."""

from django.db import migrations

INDEXES = """
CREATE INDEX trace_entry_institution ON trace_entry (institution_id, at DESC) WHERE institution_id IS NOT NULL;
-- Scans are most of the rows and written in the greatest hurry; asked for by action alone they are found by their time.
CREATE INDEX trace_entry_action ON trace_entry (action, at DESC) WHERE action <> 'code.scan';
-- What was done about security is little among everything else.
CREATE INDEX trace_entry_security ON trace_entry (at DESC) WHERE stream = 'security';
"""


class Migration(migrations.Migration):
    dependencies = [("trace", "0002_presences")]
    operations = [migrations.RunSQL(INDEXES, "DROP INDEX trace_entry_security, trace_entry_action, trace_entry_institution")]
