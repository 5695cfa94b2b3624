"""The application «权限»."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "nuanxin.access"
    label = "access"
    verbose_name = "权限"
