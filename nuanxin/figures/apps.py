"""The application «数读»."""

from django.apps import AppConfig


class FiguresConfig(AppConfig):
    name = "nuanxin.figures"
    label = "figures"
    verbose_name = "数读"
