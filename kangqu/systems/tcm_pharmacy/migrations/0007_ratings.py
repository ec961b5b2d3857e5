"""Ratings, and a doctor's own prescriptions by time."""

import django.db.models.deletion
from django.db import migrations, models

import kangqu.kernel.basis.ids


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0001_initial"),
        ("people", "0005_households_of_lists"),
        ("places", "0001_initial"),
        ("tcm_pharmacy", "0006_promise_news"),
    ]
    operations = [
        migrations.CreateModel(
            name="Rating",
            fields=[
                ("id", models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False, primary_key=True, serialize=False)),
                ("prescriber_id", models.BigIntegerField(null=True)),
                ("stars", models.SmallIntegerField()),
                ("reasons", models.JSONField(default=list)),
                ("sentence", models.CharField(blank=True, max_length=200)),
                ("rated_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("by_id", models.BigIntegerField(null=True)),
                ("case", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case")),
                ("complaint", models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="cases.case")),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person")),
                ("pharmacy", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="places.institution")),
            ],
            options={
                "indexes": [models.Index(fields=["pharmacy", "rated_at", "id"], name="rating_of_pharmacy")],
                "constraints": [models.CheckConstraint(condition=models.Q(("stars__range", (1, 5))), name="rating_stars")],
            },
        ),
        migrations.AddIndex(
            model_name="prescription",
            index=models.Index(
                condition=models.Q(("prescriber_id__isnull", False)),
                fields=["prescriber_id", "received_at"],
                name="prescription_of_prescriber",
            ),
        ),
    ]
