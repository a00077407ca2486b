"""The desk itself: its commands (``csirt/management/commands``)."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "csirt"
    label = "desk"
