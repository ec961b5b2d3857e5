"""The figures of days that are over."""

import django.db.models.deletion
from django.db import migrations, models

import kangqu.kernel.basis.ids


class Migration(migrations.Migration):
    dependencies = [("places", "0001_initial"), ("tcm_pharmacy", "0008_recall_contacts")]
    operations = [
        migrations.CreateModel(
            name="DayCounted",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("counted_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="DaySum",
            fields=[
                ("id", models.BigIntegerField(db_default=kangqu.kernel.basis.ids.NextId(), editable=False, primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("figures", models.JSONField()),
                ("pharmacy", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="places.institution")),
            ],
            options={
                "indexes": [models.Index(fields=["day"], name="day_sum_day")],
                "constraints": [models.UniqueConstraint(fields=("pharmacy", "day"), name="day_sum_once")],
            },
        ),
    ]
