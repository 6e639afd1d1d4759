"""How often an import was begun; what a release leaves out; packages that were only renamed."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Two columns and a group."""

    dependencies = [
        ("drugs", "0006_not_billed_here"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="importdifference",
            name="difference_group_is_known",
        ),
        migrations.AddField(
            model_name="formularyimport",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="formularyrelease",
            name="note",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="importact",
            name="group",
            field=models.CharField(
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
                    ("package_renamed", "Names and labelers"),
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
        migrations.AlterField(
            model_name="importdifference",
            name="group",
            field=models.CharField(
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
                    ("package_renamed", "Names and labelers"),
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
                            "package_renamed",
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
    ]
