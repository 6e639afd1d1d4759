import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from drugs.models import HcpcsCode, ImportFileChunk
from tests.factories.drugs import BillingCodeFactory, DrugNameFactory, NdcFactory, listed_drug
from tests.factories.users import UserFactory

SHOWN = [model for model in apps.get_app_config("drugs").get_models() if model not in (HcpcsCode, ImportFileChunk)]


@pytest.mark.django_db
class TestAdmin:
    @pytest.mark.parametrize("model", SHOWN, ids=[model.__name__ for model in SHOWN])
    def test_shows_and_never_writes(self, model: type) -> None:
        drug = listed_drug("one", code="J9990")
        for make in (BillingCodeFactory, NdcFactory, DrugNameFactory):
            make.create()
        client = Client()
        client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
        name = model.__name__.lower()
        listed = client.get(reverse(f"admin:drugs_{name}_changelist"), {"q": drug.name} if name == "drug" else None)
        assert listed.status_code == 200
        assert client.get(reverse(f"admin:drugs_{name}_add")).status_code == 403
        page = admin.site._registry[model]
        assert page.actions == [] or not page.has_delete_permission(listed.wsgi_request)
