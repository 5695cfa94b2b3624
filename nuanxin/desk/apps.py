"""The application «工作台»."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "nuanxin.desk"
    label = "desk"
    verbose_name = "工作台"
