"""Addresses of the formulary's pages."""

from django.urls import path

from drugs import views

app_name = "drugs"

urlpatterns = [
    path("", views.index, name="index"),
    path("gaps/", views.gaps, name="gaps"),
    path("<int:pk>/", views.detail, name="detail"),
]
