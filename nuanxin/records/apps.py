"""The application «留痕»."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "nuanxin.records"
    label = "records"
    verbose_name = "留痕"
