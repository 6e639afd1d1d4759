"""A string such as "encounters.Encounter" is no import, so no contract sees it: relations point downward, too."""

from django.apps import apps
from django.db.models import Model

BELOW = {
    "drugs": {"drugs", "auth", "contenttypes"},
    "encounters": {"encounters", "drugs", "auth", "contenttypes"},
}


def relations(model: type[Model]) -> set[str]:
    """The applications that the model's own columns point to."""
    return {
        field.related_model._meta.app_label
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and isinstance(field.related_model, type)
    }


def test_relations_point_downward() -> None:
    wrong = {
        f"{model._meta.label} -> {label}"
        for application, allowed in BELOW.items()
        for model in apps.get_app_config(application).get_models()
        for label in relations(model) - allowed
    }
    assert wrong == set()


def test_the_roof_has_no_tables() -> None:
    assert list(apps.get_app_config("infusion_coder").get_models()) == []


def test_there_are_relations_to_look_at() -> None:
    assert "drugs" in {label for model in apps.get_app_config("encounters").get_models() for label in relations(model)}
