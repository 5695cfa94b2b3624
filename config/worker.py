"""The process of the background jobs: ``python -m config.worker``."""

import asyncio
import os

os.environ["NUANXIN_PROCESS"] = "worker"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

# Jobs that wait for the database leave the processor to others; more than this gains nothing.
_CONCURRENT_JOBS = 4
_POLL_SECONDS = 2.0
_FINISH_SECONDS = 2.0


def main() -> None:
    """Work until SIGTERM or SIGINT; the jobs in hand get a moment to end."""
    django.setup()
    from procrastinate.contrib.django import app

    from config.jobs import HEARTBEAT_SECONDS, STALLED_SECONDS

    async def work() -> None:
        with app.replace_connector(app.connector.get_worker_connector()):  # type: ignore[attr-defined]
            async with app.open_async():
                await app.run_worker_async(
                    concurrency=_CONCURRENT_JOBS,
                    fetch_job_polling_interval=_POLL_SECONDS,
                    shutdown_graceful_timeout=_FINISH_SECONDS,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=STALLED_SECONDS * 4,
                )

    asyncio.run(work())


if __name__ == "__main__":
    main()
