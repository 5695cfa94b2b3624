"""``manage.py verify_chain``: recompute the sealed log and name the first event that was changed."""

from typing import Any

from django.core.management.base import BaseCommand

from nuanxin.kernel.actor import SYSTEM
from nuanxin.records import queries


class Command(BaseCommand):
    """Exit 0 when all stands, 1 when something was changed."""

    help = "核对操作日志的封存链"

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the outcome in one line."""
        outcome = queries.verify_chain(actor=SYSTEM)
        counted = (
            f"封存 {outcome.seals} 段，{outcome.events} 条事件；未封存 {outcome.unsealed_events} 条"
        )
        if outcome.fault is None:
            self.stdout.write(f"核对通过：{counted}。")
            return
        where = f"事件 {outcome.first_broken_event}" if outcome.first_broken_event else "封存记录"
        self.stderr.write(f"核对没有通过：{where}：{outcome.fault.label}。到此之前{counted}。")
        raise SystemExit(1)
