"""Django's name for the tables."""

from django.apps import AppConfig


class StorageConfig(AppConfig):
    name = "titrant.storage"
    label = "storage"
    default_auto_field = "django.db.models.BigAutoField"
