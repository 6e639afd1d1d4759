"""A permission that nothing asked for is gone: operators take in, and do the rest at the machine's terminal."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def remove(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Nobody holds it any more."""
    apps.get_model("auth", "Permission").objects.filter(codename="operate", content_type__model="review").delete()


class Migration(migrations.Migration):
    dependencies = [("encounters", "0021_accepted_figures")]

    operations = [
        migrations.AlterModelOptions(
            name="review",
            options={
                "permissions": [
                    ("work_reviews", "Can claim and decide reviews"),
                    ("lead_reviews", "Can assign, reopen and take second reviews"),
                    ("audit_reviews", "Can read history and audit accepted encounters"),
                ]
            },
        ),
        migrations.RunPython(remove, migrations.RunPython.noop),
    ]
