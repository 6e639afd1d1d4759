"""The groups of people, and what each may do. Further permissions are given by later migrations."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# Permission: the model that it hangs on, and its name as the model has it.
PERMISSIONS = {
    "encounters.take_in": ("encounter", "Can send encounters in and settle refused records"),
    "encounters.view_encounter": ("encounter", "Can view encounter"),
    "encounters.work_reviews": ("review", "Can claim and decide reviews"),
    "encounters.lead_reviews": ("review", "Can assign, reopen and take second reviews"),
    "encounters.audit_reviews": ("review", "Can read history and audit accepted encounters"),
    "encounters.operate": ("review", "Can see the state of the installation"),
    "drugs.maintain_formulary": ("formularyrelease", "Can maintain the formulary"),
}
GROUPS = {
    "coder": ("encounters.view_encounter", "encounters.work_reviews", "encounters.take_in"),
    "lead": (
        "encounters.view_encounter",
        "encounters.work_reviews",
        "encounters.lead_reviews",
        "encounters.take_in",
    ),
    "auditor": ("encounters.view_encounter", "encounters.audit_reviews"),
    "formulary_admin": ("drugs.maintain_formulary",),
    "policy_owner": ("encounters.view_encounter",),
    "interface": ("encounters.view_encounter", "encounters.take_in"),
    "operator": ("encounters.operate", "encounters.take_in"),
}


def make_groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Each group exists and holds its permissions.

    On a new database Django makes the permissions only after the last migration, so they are made here and found there.
    """
    content_types = apps.get_model("contenttypes", "ContentType")
    permissions = apps.get_model("auth", "Permission")
    groups = apps.get_model("auth", "Group")
    made = {}
    for label, (model, name) in PERMISSIONS.items():
        app_label, codename = label.split(".")
        content_type, _ = content_types.objects.get_or_create(app_label=app_label, model=model)
        made[label], _ = permissions.objects.get_or_create(
            content_type=content_type, codename=codename, defaults={"name": name}
        )
    for group_name, labels in GROUPS.items():
        group, _ = groups.objects.get_or_create(name=group_name)
        group.permissions.add(*(made[label] for label in labels))


def remove_groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The groups are gone; permissions stay with their models."""
    apps.get_model("auth", "Group").objects.filter(name__in=GROUPS).delete()


class Migration(migrations.Migration):
    """Seven groups."""

    dependencies = [
        ("encounters", "0002_rows_are_never_rewritten"),
        ("drugs", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_groups, remove_groups)]
