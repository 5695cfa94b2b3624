"""``manage.py openapi_document``: print the OpenAPI document of the API for programs."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from nuanxin.desk.api import openapi_document


class Command(BaseCommand):
    help = "打印接口说明（docs/reference/openapi.json）"
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        self.stdout.write(
            json.dumps(openapi_document(), ensure_ascii=False, indent=1, sort_keys=True)
        )
