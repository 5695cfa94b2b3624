"""``manage.py reapply_erasures``: after a restore, erase again who was erased since the backup."""

from typing import Any

from django.core.management.base import BaseCommand

from nuanxin.kernel import clock
from nuanxin.people import actions


class Command(BaseCommand):
    """Run after every restore, before the pages are opened."""

    help = "恢复备份之后，把备份以后清除过的人再清除一遍"

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how many records were erased again."""
        self.stdout.write(f"重新清除了 {actions.reapply_erasures(now=clock.now())} 份档案。")
