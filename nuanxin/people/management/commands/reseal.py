"""``manage.py reseal``: seal everything with the newest data key, so that an old one may go."""

from typing import Any

from django.core.management.base import BaseCommand

from nuanxin.kernel.actor import SYSTEM
from nuanxin.people import actions
from nuanxin.records.actions import reseal_files


class Command(BaseCommand):
    """Can be stopped and run again; done when it says 0."""

    help = "把全部密文和文件钥匙换成用最新的数据钥匙加密"

    def handle(self, *args: Any, **options: Any) -> None:
        """Work through the columns, then the files."""
        values = actions.reseal_everything(actor=SYSTEM)
        files = 0
        while done := reseal_files():
            files += done
        self.stdout.write(f"换了 {values} 个密文、{files} 个文件的钥匙。")
        if not values and not files:
            self.stdout.write(
                "没有用旧钥匙加密的内容了，旧钥匙可以移走（先确认备份也不再需要它）。"
            )
