"""The trace, partitioned by month, its places in commit order, and its seals."""

from django.db import migrations, models

POSITION = """
-- Transaction numbers start again on a fresh server: after a restore the base lifts them above every stored position.
CREATE TABLE trace_epoch (single boolean PRIMARY KEY DEFAULT true CHECK (single), base bigint NOT NULL, server bigint NOT NULL);
INSERT INTO trace_epoch (base, server) SELECT 0, system_identifier FROM pg_control_system();
CREATE FUNCTION trace_position() RETURNS bigint LANGUAGE sql VOLATILE AS
$$ SELECT base + pg_current_xact_id()::text::bigint FROM trace_epoch $$;
CREATE FUNCTION trace_final_below() RETURNS bigint LANGUAGE sql VOLATILE AS
$$ SELECT base + pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM trace_epoch $$;
"""

TRACE = """
CREATE TABLE trace_entry (
    id bigint NOT NULL,
    at timestamptz NOT NULL,
    position bigint NOT NULL DEFAULT trace_position(),
    stream varchar(12) NOT NULL,
    action varchar(60) NOT NULL,
    result varchar(20) NOT NULL,
    actor_id bigint,
    actor_role varchar(40) NOT NULL DEFAULT '',
    institution_id bigint,
    person_id bigint,
    object_type varchar(30) NOT NULL DEFAULT '',
    object_id bigint,
    purpose varchar(30) NOT NULL DEFAULT '',
    reason varchar(200) NOT NULL DEFAULT '',
    ip inet,
    device varchar(60) NOT NULL DEFAULT '',
    request_id varchar(32) NOT NULL DEFAULT '',
    facts json NOT NULL DEFAULT '{}',
    before_hash bytea,
    after_hash bytea,
    mac bytea NOT NULL CHECK (length(mac) = 32),
    PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE TABLE trace_entry_rest PARTITION OF trace_entry DEFAULT;
CREATE INDEX trace_entry_person ON trace_entry (person_id, at DESC) WHERE person_id IS NOT NULL;
CREATE INDEX trace_entry_actor ON trace_entry (actor_id, at DESC) WHERE actor_id IS NOT NULL;
CREATE INDEX trace_entry_position ON trace_entry USING brin (position) WITH (pages_per_range = 16);
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("basis", "0001_sequence")]
    operations = [
        migrations.RunSQL(POSITION, "DROP FUNCTION trace_final_below(); DROP FUNCTION trace_position(); DROP TABLE trace_epoch"),
        migrations.RunSQL(
            TRACE,
            "DROP TABLE trace_entry",
            state_operations=[
                migrations.CreateModel(
                    name="TraceEntry",
                    fields=[
                        ("id", models.BigIntegerField()),
                        ("at", models.DateTimeField()),
                        ("pk", models.CompositePrimaryKey("at", "id", blank=True, editable=False, primary_key=True, serialize=False)),
                        ("position", models.BigIntegerField()),
                        ("stream", models.CharField(max_length=12)),
                        ("action", models.CharField(max_length=60)),
                        ("result", models.CharField(max_length=20)),
                        ("actor_id", models.BigIntegerField(null=True)),
                        ("actor_role", models.CharField(max_length=40)),
                        ("institution_id", models.BigIntegerField(null=True)),
                        ("person_id", models.BigIntegerField(null=True)),
                        ("object_type", models.CharField(max_length=30)),
                        ("object_id", models.BigIntegerField(null=True)),
                        ("purpose", models.CharField(max_length=30)),
                        ("reason", models.CharField(max_length=200)),
                        ("ip", models.GenericIPAddressField(null=True)),
                        ("device", models.CharField(max_length=60)),
                        ("request_id", models.CharField(max_length=32)),
                        ("facts", models.JSONField()),
                        ("before_hash", models.BinaryField(null=True)),
                        ("after_hash", models.BinaryField(null=True)),
                        ("mac", models.BinaryField(max_length=32)),
                    ],
                    options={"db_table": "trace_entry"},
                )
            ],
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("stream", models.CharField(max_length=20)),
                ("day", models.DateField()),
                ("from_position", models.BigIntegerField()),
                ("to_position", models.BigIntegerField()),
                ("count", models.BigIntegerField()),
                ("rows_digest", models.BinaryField(max_length=32)),
                ("previous", models.BinaryField(max_length=32)),
                ("digest", models.BinaryField(max_length=32)),
                ("sealed_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["stream", "day"], name="seal_day")],
                "constraints": [models.UniqueConstraint(fields=["stream", "from_position"], name="seal_once")],
            },
        ),
    ]
