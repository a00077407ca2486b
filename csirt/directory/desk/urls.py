"""Addresses of what admins set, under the console."""

from django.urls import path

from csirt.directory.views import settings

urlpatterns = [
    path("", settings.settings, name="desk-settings"),
    path("reponse", settings.new_reply, name="desk-new-reply"),
    path("<str:key>/", settings.setting, name="desk-setting"),
]
