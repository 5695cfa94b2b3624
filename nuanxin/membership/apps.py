"""The application «会籍»."""

from django.apps import AppConfig


class MembershipConfig(AppConfig):
    name = "nuanxin.membership"
    label = "membership"
    verbose_name = "会籍"
