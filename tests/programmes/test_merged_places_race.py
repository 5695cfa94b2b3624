"""Somebody gives his place back while his two records are merged: he does not lose both."""

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning

import pytest
from django.db import connection, transaction

from nuanxin.programmes.actions import merging
from nuanxin.programmes.actions.claim_statement import LOCK, RELEASE
from nuanxin.programmes.models import Application
from nuanxin.programmes.states import ClaimState
from tests.programmes.test_merged_places import Pair

pytestmark = pytest.mark.slow


def merged_during_a_withdrawal(town):
    """Return how many live applications the person has after both, and whether the merge waited."""
    pair = Pair(town)
    offer = town.offer(places=2)
    pair.apply(offer, pair.first, pair.second)
    earlier = Application.objects.get(offer=offer, worker_id=pair.first.worker_id)

    def fold():
        try:
            with transaction.atomic():
                pair.fold(**pair.ids(kept=pair.first, folded=pair.second))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(LOCK, {"application": earlier.id})
            values = {"application": earlier.id, "to": int(ClaimState.WITHDRAWN), "now": pair.now}
            cursor.execute(RELEASE, values)
            merge = pool.submit(fold)
            try:
                merge.result(timeout=3)
                has_waited = False
            except StillRunning:
                has_waited = True
        merge.result(timeout=30)
    live = Application.objects.filter(offer=offer, state__in=(1, 2, 3, 4, 7)).count()
    return live, has_waited


def test_the_merge_waits_for_the_withdrawal_and_leaves_the_other_place(racing_town):
    assert merged_during_a_withdrawal(racing_town) == (1, True)


def test_without_the_lock_he_loses_both(racing_town, monkeypatch):
    monkeypatch.setattr(merging, "_LOCK", "SELECT 1")
    live, _ = merged_during_a_withdrawal(racing_town)
    assert live == 0
