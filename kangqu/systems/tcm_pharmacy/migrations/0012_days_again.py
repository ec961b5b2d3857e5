"""The days are counted anew: what a hospital left out is a figure of its own and no finding."""

from django.db import migrations

AGAIN = "DELETE FROM tcm_pharmacy_daysum; DELETE FROM tcm_pharmacy_daycounted;"


class Migration(migrations.Migration):
    dependencies = [("tcm_pharmacy", "0011_machine_times")]
    operations = [migrations.RunSQL(AGAIN, migrations.RunSQL.noop)]
