"""Presences, by person and by place, a partition for each day; and the devices' own keys of the last days."""

from django.db import migrations, models

_COLUMNS = """
    id bigint NOT NULL,
    at timestamptz NOT NULL,
    person_id bigint NOT NULL,
    institution_id bigint NOT NULL,
    station_id bigint,
    device_id bigint NOT NULL,
    means varchar(8) NOT NULL,
    temperature smallint,
    flag varchar(10) NOT NULL DEFAULT '',
    received_at timestamptz NOT NULL,
    position bigint NOT NULL DEFAULT trace_position(),
    mac bytea NOT NULL CHECK (length(mac) = 32),
"""

PRESENCES = f"""
CREATE TABLE presence_by_person ({_COLUMNS} PRIMARY KEY (person_id, at, id)) PARTITION BY RANGE (at);
CREATE TABLE presence_by_person_rest PARTITION OF presence_by_person DEFAULT;
CREATE TABLE presence_by_place ({_COLUMNS} PRIMARY KEY (institution_id, at, id)) PARTITION BY RANGE (at);
CREATE TABLE presence_by_place_rest PARTITION OF presence_by_place DEFAULT;
CREATE INDEX presence_by_place_position ON presence_by_place USING brin (position) WITH (pages_per_range = 16);
CREATE TABLE presence_key (id bigint PRIMARY KEY, content bigint NOT NULL, received_at timestamptz NOT NULL);
CREATE INDEX presence_key_received ON presence_key USING brin (received_at) WITH (pages_per_range = 16);
"""


def _fields(*key):
    return [
        ("id", models.BigIntegerField()),
        ("at", models.DateTimeField()),
        ("person_id", models.BigIntegerField()),
        ("institution_id", models.BigIntegerField()),
        ("station_id", models.BigIntegerField(null=True)),
        ("device_id", models.BigIntegerField()),
        ("means", models.CharField(max_length=8)),
        ("temperature", models.SmallIntegerField(null=True)),
        ("flag", models.CharField(max_length=10)),
        ("received_at", models.DateTimeField()),
        ("position", models.BigIntegerField()),
        ("mac", models.BinaryField(max_length=32)),
        ("pk", models.CompositePrimaryKey(*key, blank=True, editable=False, primary_key=True, serialize=False)),
    ]


class Migration(migrations.Migration):
    dependencies = [("trace", "0001_tables")]
    operations = [
        migrations.RunSQL(
            PRESENCES,
            "DROP TABLE presence_key, presence_by_place, presence_by_person",
            state_operations=[
                migrations.CreateModel(
                    name="PresenceByPerson", fields=_fields("person_id", "at", "id"), options={"db_table": "presence_by_person"}
                ),
                migrations.CreateModel(
                    name="PresenceByPlace", fields=_fields("institution_id", "at", "id"), options={"db_table": "presence_by_place"}
                ),
                migrations.CreateModel(
                    name="PresenceKey",
                    fields=[
                        ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("content", models.BigIntegerField()),
                        ("received_at", models.DateTimeField()),
                    ],
                    options={"db_table": "presence_key"},
                ),
            ],
        ),
    ]
