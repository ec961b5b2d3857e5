"""The one code: keys, cards, uses (a partition for each day of issue) and the first answers to scans."""

from django.db import migrations, models

USES = """
CREATE TABLE people_code_use (
    issued_at timestamptz NOT NULL,
    handle bigint NOT NULL,
    place_id bigint NOT NULL,
    institution_id bigint NOT NULL,
    at timestamptz NOT NULL,
    uses integer NOT NULL DEFAULT 1,
    previous_place_id bigint,
    previous_institution_id bigint,
    previous_at timestamptz,
    PRIMARY KEY (issued_at, handle)
) PARTITION BY RANGE (issued_at);
CREATE TABLE people_code_use_rest PARTITION OF people_code_use DEFAULT;
"""

_USES_AND_ALGORITHMS = {
    "use": [("dynamic", "dynamic"), ("paper", "paper")],
    "algorithm": [("ES256", "ES256"), ("EdDSA", "EdDSA"), ("SM2", "SM2")],
    "kind": [("dynamic", "动态码"), ("paper", "纸质卡")],
}


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="CodeKey",
            fields=[
                ("number", models.PositiveSmallIntegerField(primary_key=True, serialize=False, verbose_name="密钥编号")),
                ("use", models.CharField(choices=_USES_AND_ALGORITHMS["use"], max_length=8)),
                ("algorithm", models.CharField(choices=_USES_AND_ALGORITHMS["algorithm"], max_length=8)),
                ("public", models.BinaryField(max_length=65)),
                ("sealed", models.BinaryField()),
                ("signs_from", models.DateTimeField()),
                ("signs_until", models.DateTimeField()),
                ("made_at", models.DateTimeField()),
                ("made_by", models.BigIntegerField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("withdrawn_why", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(number__gte=1, number__lte=255), name="code_key_fits_a_byte"),
                    models.CheckConstraint(condition=models.Q(signs_until__gt=models.F("signs_from")), name="code_key_has_an_end"),
                ]
            },
        ),
        migrations.CreateModel(
            name="Card",
            fields=[
                ("handle", models.BigIntegerField(primary_key=True, serialize=False)),
                ("person_id", models.BigIntegerField()),
                ("kind", models.CharField(choices=_USES_AND_ALGORITHMS["kind"], max_length=8)),
                ("formal", models.BooleanField(default=True, verbose_name="正式卡")),
                ("issued_at", models.DateTimeField()),
                ("issued_by", models.BigIntegerField(null=True)),
                ("key_number", models.PositiveSmallIntegerField(null=True)),
                ("suspended_at", models.DateTimeField(null=True)),
                ("suspended_why", models.CharField(blank=True, max_length=200)),
                ("revoked_at", models.DateTimeField(null=True)),
                ("revoked_why", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["person_id"], name="card_person"),
                    models.Index(
                        condition=models.Q(("kind", "paper"), ("revoked_at__isnull", False)), fields=["revoked_at"], name="card_revoked"
                    ),
                    models.Index(condition=models.Q(("suspended_at__isnull", False)), fields=["suspended_at"], name="card_suspended"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at", None)), fields=("person_id", "kind"), name="one_card_of_a_kind"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("handle__gte", 0), ("handle__lt", 1 << 48)), name="card_handle_is_six_bytes"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CodeScan",
            fields=[
                ("scanner_id", models.BigIntegerField()),
                ("key", models.CharField(max_length=64)),
                ("pk", models.CompositePrimaryKey("scanner_id", "key", blank=True, editable=False, primary_key=True, serialize=False)),
                ("content", models.BinaryField(max_length=16)),
                ("scanned_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("institution_id", models.BigIntegerField(null=True)),
                ("place_id", models.BigIntegerField(null=True)),
                ("word", models.CharField(max_length=12)),
                ("flags", models.CharField(blank=True, max_length=60)),
                ("person_id", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "people_code_scan",
                "indexes": [models.Index(fields=["received_at"], name="code_scan_received")],
            },
        ),
        migrations.RunSQL(
            USES,
            "DROP TABLE people_code_use",
            state_operations=[
                migrations.CreateModel(
                    name="CodeUse",
                    fields=[
                        ("issued_at", models.DateTimeField()),
                        ("handle", models.BigIntegerField()),
                        ("pk", models.CompositePrimaryKey("issued_at", "handle", blank=True, editable=False, primary_key=True, serialize=False)),
                        ("place_id", models.BigIntegerField()),
                        ("institution_id", models.BigIntegerField()),
                        ("at", models.DateTimeField()),
                        ("uses", models.PositiveIntegerField(default=1)),
                        ("previous_place_id", models.BigIntegerField(null=True)),
                        ("previous_institution_id", models.BigIntegerField(null=True)),
                        ("previous_at", models.DateTimeField(null=True)),
                    ],
                    options={"db_table": "people_code_use"},
                )
            ],
        ),
    ]
