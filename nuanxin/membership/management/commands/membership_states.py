"""``manage.py membership_states``: print the page of state diagrams."""

from typing import Any

from django.core.management.base import BaseCommand

from nuanxin.membership.states import diagrams


class Command(BaseCommand):
    help = "打印会籍状态图（docs/reference/membership-states.md）"
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        self.stdout.write(diagrams(), ending="")
