"""The Django application that carries the template tags."""

from django.apps import AppConfig


class PresentationConfig(AppConfig):
    """Template tags and components for every package; it has no tables."""

    name = "config.presentation"
    label = "presentation"
    verbose_name = "呈现"
