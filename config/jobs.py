"""Housekeeping of the job queue itself."""

from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.manager import JobManager

# A worker says every HEARTBEAT seconds that it lives; who was silent for STALLED is dead.
HEARTBEAT_SECONDS = 5.0
STALLED_SECONDS = 15.0
_KEEP_FINISHED_HOURS = 72


@app.periodic(cron="* * * * * */10")
@app.task(queueing_lock="config.requeue_stalled", pass_context=True)
async def requeue_stalled(context: JobContext, timestamp: int) -> None:
    """Every ten seconds: see ``give_back_stalled``."""
    await give_back_stalled(context.app.job_manager)


async def give_back_stalled(manager: JobManager) -> None:
    """Give the jobs of a worker that died back to the queue, and forget the worker.

    Each job makes its own effects happen once; running it again is safe.
    """
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
        await manager.retry_job(job)
    await manager.prune_stalled_workers(seconds_since_heartbeat=STALLED_SECONDS * 4)


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="config.forget_finished", pass_context=True)
async def forget_finished(context: JobContext, timestamp: int) -> None:
    """Delete jobs that succeeded some days ago: the queue is fast while it is short."""
    await context.app.job_manager.delete_old_jobs(nb_hours=_KEEP_FINISHED_HOURS)
