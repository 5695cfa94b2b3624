"""A worker that runs a roster in a process of its own, so that a test may kill it for good.

Imports nothing of the product before Django is set up: the new process reads this module first.
"""

import os
from typing import Any


def work(batch_id: int, chunk_rows: int, place: Any, now: Any, heard: Any) -> None:
    """Run the batch; say after every chunk how far it came, then wait to be told to go on.

    ``place`` is (database settings, files root, sealing keys) of the test.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django
    from django.conf import settings

    database, files_root, keys = place
    settings.DATABASES["default"].update(database)
    settings.FILES_ROOT = files_root
    django.setup()
    from nuanxin.kernel import sealing
    from nuanxin.kernel.actor import Actor
    from nuanxin.membership.actions import roster_effect, roster_reading, rosters

    sealing.configure(keys)
    for module in (roster_reading, roster_effect):
        module.CHUNK_ROWS = chunk_rows  # type: ignore[attr-defined]

    def told(done: int, _all: int) -> None:
        heard.send(done)
        heard.recv()

    rosters.run_batch(batch_id=batch_id, actor=Actor(name="陈会"), now=now, told=told)
