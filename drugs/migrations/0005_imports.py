"""Imports, their differences and acts; a package may be of no drug yet."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ONCE = ("importact", "importfilechunk")
"""Tables whose rows are written once."""


def guard(table: str) -> migrations.RunSQL:
    """The trigger of one table. TRUNCATE stays possible, as for the rest of the formulary."""
    return migrations.RunSQL(
        f"CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON drugs_{table} "
        "FOR EACH ROW EXECUTE FUNCTION drugs_refuse_rewrite();",
        f"DROP TRIGGER guard ON drugs_{table};",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("drugs", "0004_status_indicators"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FormularyImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("hcpcs", "HCPCS Level II"),
                            ("asp_pricing", "ASP pricing"),
                            ("asp_crosswalk", "ASP NDC-HCPCS crosswalk"),
                            ("noc_pricing", "NOC pricing"),
                            ("noc_crosswalk", "NOC crosswalk"),
                            ("addendum_b", "OPPS Addendum B"),
                            ("ndc_product", "FDA NDC product"),
                            ("ndc_package", "FDA NDC package"),
                        ],
                        max_length=20,
                    ),
                ),
                ("effective_from", models.DateField()),
                ("effective_until", models.DateField()),
                ("file_name", models.CharField(max_length=255)),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.PositiveBigIntegerField()),
                ("requested_by_name", models.CharField(max_length=150)),
                ("requested_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("reading", "Being read"),
                            ("differences", "To be approved"),
                            ("in_part", "Approved in part"),
                            ("published", "Published"),
                            ("rolled_back", "Rolled back"),
                            ("refused", "Refused"),
                            ("abandoned", "Abandoned"),
                        ],
                        default="received",
                        max_length=12,
                    ),
                ),
                ("state_at", models.DateTimeField()),
                ("nudged_at", models.DateTimeField(blank=True, null=True)),
                ("round", models.PositiveIntegerField(default=0)),
                ("title", models.CharField(blank=True, max_length=300)),
                ("rows_read", models.PositiveIntegerField(default=0)),
                ("rows_dropped", models.JSONField(blank=True, default=dict)),
                ("problems", models.JSONField(blank=True, default=list)),
                ("problem_count", models.PositiveIntegerField(default=0)),
                ("compared_at", models.DateTimeField(blank=True, null=True)),
                ("affected", models.JSONField(blank=True, null=True)),
                ("error", models.CharField(blank=True, max_length=1000)),
                ("error_place", models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="ImportAct",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("received", "sent the file"),
                            ("approved", "approved"),
                            ("second", "approved as second"),
                            ("withheld", "withheld"),
                            ("compared", "had it compared again"),
                            ("published", "published"),
                            ("rolled_back", "rolled back"),
                            ("abandoned", "abandoned"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "group",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("unit_size", "Unit size changed"),
                            ("code_ended", "Codes ended"),
                            ("code_new", "New codes"),
                            ("descriptor", "Descriptor changed"),
                            ("drug_moved", "Drugs that move to another code"),
                            ("crosswalk_moved", "Packages moved to another code"),
                            ("crosswalk_units", "Units in a package changed"),
                            ("crosswalk_ended", "Packages taken off a code"),
                            ("crosswalk_new", "Packages newly under a code"),
                            ("package_changed", "Packages changed"),
                            ("package_ended", "Packages no longer listed"),
                            ("package_new", "New packages"),
                            ("price_changed", "Prices changed"),
                            ("price_new", "First prices"),
                            ("price_same", "Prices carried on"),
                            ("price_ended", "Prices withdrawn"),
                            ("status_changed", "Status changed"),
                            ("status_new", "First status"),
                            ("status_same", "Status carried on"),
                            ("status_ended", "Status withdrawn"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "differences",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), blank=True, default=list, size=None
                    ),
                ),
                ("by_name", models.CharField(max_length=150)),
                ("at", models.DateTimeField()),
                ("reason", models.CharField(blank=True, max_length=500)),
            ],
        ),
        migrations.CreateModel(
            name="ImportConflict",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("round", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("by_hand", "Set by hand before"),
                            ("publishers", "Two publishers disagree"),
                            ("unreadable", "Amount that cannot be read"),
                            ("twice", "Said twice, differently"),
                            ("two_codes", "One package, two codes"),
                            ("no_drug", "Code of no drug in the formulary"),
                            ("no_meaning", "Code without a meaning"),
                            ("still_valid", "No longer listed, still valid"),
                            ("retroactive", "Dates of service in the past"),
                        ],
                        max_length=12,
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=5)),
                ("ndc", models.CharField(blank=True, max_length=11)),
                ("line", models.PositiveIntegerField(blank=True, null=True)),
                ("text", models.CharField(max_length=500)),
                ("is_to_settle", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="ImportDifference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("round", models.PositiveIntegerField()),
                (
                    "group",
                    models.CharField(
                        choices=[
                            ("unit_size", "Unit size changed"),
                            ("code_ended", "Codes ended"),
                            ("code_new", "New codes"),
                            ("descriptor", "Descriptor changed"),
                            ("drug_moved", "Drugs that move to another code"),
                            ("crosswalk_moved", "Packages moved to another code"),
                            ("crosswalk_units", "Units in a package changed"),
                            ("crosswalk_ended", "Packages taken off a code"),
                            ("crosswalk_new", "Packages newly under a code"),
                            ("package_changed", "Packages changed"),
                            ("package_ended", "Packages no longer listed"),
                            ("package_new", "New packages"),
                            ("price_changed", "Prices changed"),
                            ("price_new", "First prices"),
                            ("price_same", "Prices carried on"),
                            ("price_ended", "Prices withdrawn"),
                            ("status_changed", "Status changed"),
                            ("status_new", "First status"),
                            ("status_same", "Status carried on"),
                            ("status_ended", "Status withdrawn"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "table",
                    models.CharField(
                        choices=[
                            ("meaning", "Meaning of a code"),
                            ("price", "Price"),
                            ("status", "Status indicator"),
                            ("package", "Package"),
                            ("package_code", "Code of a package"),
                            ("drug_code", "Code of a drug"),
                        ],
                        max_length=12,
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=5)),
                ("ndc", models.CharField(blank=True, max_length=11)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("line", models.PositiveIntegerField(blank=True, null=True)),
                ("standing_id", models.BigIntegerField(blank=True, null=True)),
                ("before", models.JSONField(blank=True, null=True)),
                ("after", models.JSONField(blank=True, null=True)),
                ("effective_from", models.DateField()),
                ("effective_until", models.DateField(blank=True, null=True)),
                ("needs_second", models.BooleanField(default=False)),
                ("needs_own_decision", models.BooleanField(default=False)),
                (
                    "decision",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("first", "Awaits a second approver"),
                            ("approved", "Approved"),
                            ("withheld", "Withheld"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ImportFileChunk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("content", models.BinaryField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="formularyrelease",
            name="release_by_hand_names_the_person",
        ),
        migrations.AlterField(
            model_name="formularyrelease",
            name="kind",
            field=models.CharField(
                choices=[
                    ("seed", "Starter formulary"),
                    ("import", "Imported file"),
                    ("hand", "By hand"),
                    ("rollback", "Rolled back"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="ndc",
            name="drug",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="ndcs", to="drugs.drug"
            ),
        ),
        migrations.AddConstraint(
            model_name="formularyrelease",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind__in", ("hand", "rollback")), _negated=True),
                    models.Q(("imported_by_name", ""), _negated=True),
                    _connector="OR",
                ),
                name="release_by_hand_names_the_person",
            ),
        ),
        migrations.AddField(
            model_name="formularyimport",
            name="compared_with",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="drugs.formularyrelease",
            ),
        ),
        migrations.AddField(
            model_name="formularyimport",
            name="release",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="imported",
                to="drugs.formularyrelease",
            ),
        ),
        migrations.AddField(
            model_name="formularyimport",
            name="requested_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="formularyimport",
            name="rolled_back_by",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rolled_back",
                to="drugs.formularyrelease",
            ),
        ),
        migrations.AddField(
            model_name="importact",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="importact",
            name="formulary_import",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="acts", to="drugs.formularyimport"
            ),
        ),
        migrations.AddField(
            model_name="importconflict",
            name="formulary_import",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="conflicts", to="drugs.formularyimport"
            ),
        ),
        migrations.AddField(
            model_name="importdifference",
            name="first_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="importdifference",
            name="formulary_import",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="differences", to="drugs.formularyimport"
            ),
        ),
        migrations.AddField(
            model_name="importfilechunk",
            name="formulary_import",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="chunks", to="drugs.formularyimport"
            ),
        ),
        migrations.AddConstraint(
            model_name="formularyimport",
            constraint=models.CheckConstraint(
                condition=models.Q(("effective_until__gt", models.F("effective_from"))),
                name="import_period_is_not_empty",
            ),
        ),
        migrations.AddConstraint(
            model_name="formularyimport",
            constraint=models.CheckConstraint(
                condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="import_sha256_is_hex"
            ),
        ),
        migrations.AddConstraint(
            model_name="formularyimport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "received",
                            "reading",
                            "differences",
                            "in_part",
                            "published",
                            "rolled_back",
                            "refused",
                            "abandoned",
                        ],
                    )
                ),
                name="import_state_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="formularyimport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ("published", "rolled_back")), ("release__isnull", True), _connector="XOR"
                ),
                name="import_has_a_release_once_published",
            ),
        ),
        migrations.AddConstraint(
            model_name="formularyimport",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "rolled_back"), ("rolled_back_by__isnull", True), _connector="XOR"),
                name="import_rolled_back_by_a_release",
            ),
        ),
        migrations.AddConstraint(
            model_name="formularyimport",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("rolled_back", "refused", "abandoned")), _negated=True),
                fields=("sha256",),
                name="import_of_a_file_once_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="importact",
            constraint=models.CheckConstraint(
                condition=models.Q(("by_name", ""), _negated=True), name="import_act_names_the_person"
            ),
        ),
        migrations.AddConstraint(
            model_name="importact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("verb__in", ("withheld", "rolled_back", "abandoned")), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="import_act_against_has_a_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="importconflict",
            index=models.Index(fields=["formulary_import", "round", "kind"], name="conflict_of_an_import"),
        ),
        migrations.AddConstraint(
            model_name="importconflict",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="conflict_says_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="importconflict",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "by_hand",
                            "publishers",
                            "unreadable",
                            "twice",
                            "two_codes",
                            "no_drug",
                            "no_meaning",
                            "still_valid",
                            "retroactive",
                        ],
                    )
                ),
                name="conflict_kind_is_known",
            ),
        ),
        migrations.AddIndex(
            model_name="importdifference",
            index=models.Index(
                fields=["formulary_import", "round", "group", "decision"], name="difference_in_its_group"
            ),
        ),
        migrations.AddIndex(
            model_name="importdifference",
            index=models.Index(fields=["formulary_import", "round", "ndc"], name="difference_of_a_package"),
        ),
        migrations.AddConstraint(
            model_name="importdifference",
            constraint=models.CheckConstraint(
                condition=models.Q(("before__isnull", False), ("after__isnull", False), _connector="OR"),
                name="difference_says_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="importdifference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "group__in",
                        [
                            "unit_size",
                            "code_ended",
                            "code_new",
                            "descriptor",
                            "drug_moved",
                            "crosswalk_moved",
                            "crosswalk_units",
                            "crosswalk_ended",
                            "crosswalk_new",
                            "package_changed",
                            "package_ended",
                            "package_new",
                            "price_changed",
                            "price_new",
                            "price_same",
                            "price_ended",
                            "status_changed",
                            "status_new",
                            "status_same",
                            "status_ended",
                        ],
                    )
                ),
                name="difference_group_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="importdifference",
            constraint=models.CheckConstraint(
                condition=models.Q(("decision__in", ["open", "first", "approved", "withheld"])),
                name="difference_decision_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="importfilechunk",
            constraint=models.UniqueConstraint(
                fields=("formulary_import", "number"), name="import_chunk_once_a_number"
            ),
        ),
        *(guard(table) for table in ONCE),
    ]
