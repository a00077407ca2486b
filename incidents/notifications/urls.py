"""The one address of mail: what waits for a person."""

from django.urls import path

from incidents.notifications import views

urlpatterns = [path("", views.waiting, name="notifications")]
