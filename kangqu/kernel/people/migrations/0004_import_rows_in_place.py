"""Rows of an import get their answer in their own page: room is left in every page, and no index names the outcome."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0003_importing")]
    operations = [
        migrations.RemoveIndex(model_name="importrow", name="import_row_error"),
        migrations.RemoveIndex(model_name="importrow", name="import_row_document"),
        migrations.AddIndex(
            model_name="importrow", index=models.Index(fields=["blind"], name="import_row_blind")
        ),
        migrations.RunSQL(
            "ALTER TABLE people_importrow SET (fillfactor = 60)", "ALTER TABLE people_importrow RESET (fillfactor)"
        ),
    ]
