"""Two records of one person with two places: the earlier stays, the other goes on, and both are told."""

from datetime import timedelta

import pytest

from nuanxin.notices.models import Notice
from nuanxin.programmes.actions.claims import apply_for_place
from nuanxin.programmes.actions.merging import ProgrammesMergeStep
from nuanxin.programmes.actions.sessions import SessionDraft, create_session, place_people
from nuanxin.programmes.models import Application, Booking
from nuanxin.programmes.states import ClaimState

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
HOUR = timedelta(hours=1)


class Pair:
    """Two records of one person, of which ``second`` asked later, and somebody who waits."""

    def __init__(self, town):
        self.town, self.now, self.cadre = town, town.cast.now, town.cast.county_cadre
        self.first, self.second, self.waiting = town.riders(3)

    def apply(self, offer, *riders):
        for number, rider in enumerate(riders):
            apply_for_place(code=offer.code, actor=rider, now=self.now + number * HOUR)

    def state(self, offer, rider):
        found = Application.objects.filter(offer=offer, worker_id=rider.worker_id)
        return [ClaimState(one.state) for one in found.order_by("id")]

    def session(self, offer, *, after=0 * HOUR):
        at = self.now + timedelta(days=5) + after
        draft = SessionDraft("场", "体检中心", at, at + 2 * HOUR, 9)
        create_session(offer_id=offer.id, draft=draft, actor=self.cadre, now=self.now)
        place_people(offer_id=offer.id, actor=self.cadre, now=self.now)

    def ids(self, *, kept, folded):
        return {"kept_id": kept.worker_id, "folded_id": folded.worker_id}

    def fold(self, **ids):
        return ProgrammesMergeStep().fold(**ids, actor=self.cadre, now=self.now)

    def unfold(self, memo, **ids):
        ProgrammesMergeStep().unfold(memo, **ids, actor=self.cadre, now=self.now)


@pytest.fixture
def pair(town):
    return Pair(town)


@pytest.mark.parametrize("keeps_the_later_record", [False, True])
def test_of_two_places_the_earlier_stays_and_the_other_goes_to_the_next(
    pair, keeps_the_later_record, django_capture_on_commit_callbacks
):
    offer = pair.town.offer(places=2)
    pair.apply(offer, pair.first, pair.second, pair.waiting)
    earlier = Application.objects.get(offer=offer, worker_id=pair.first.worker_id)
    kept, folded = pair.first, pair.second
    if keeps_the_later_record:
        kept, folded = folded, kept
    with django_capture_on_commit_callbacks(execute=True):
        memo = pair.fold(**pair.ids(kept=kept, folded=folded))
    live = Application.objects.get(offer=offer, worker_id=kept.worker_id, state=4)
    assert live.id == earlier.id
    assert pair.state(offer, pair.waiting) == [ClaimState.GRANTED]
    assert memo["ended_titles"] == [offer.title]
    told = Notice.objects.filter(kind="programmes.merged_double")
    assert {(one.worker_id, one.account_id) for one in told} == {
        (kept.worker_id, None), (None, pair.cadre.account_id),
    }  # fmt: skip


def test_taken_apart_again_the_ended_one_waits_since_its_place_is_somebodys(
    pair, django_capture_on_commit_callbacks
):
    offer = pair.town.offer(places=2)
    pair.apply(offer, pair.first, pair.second, pair.waiting)
    ids = pair.ids(kept=pair.first, folded=pair.second)
    with django_capture_on_commit_callbacks(execute=True):
        memo = pair.fold(**ids)
    with django_capture_on_commit_callbacks(execute=True):
        pair.unfold(memo, **ids)
    assert pair.state(offer, pair.first) == [ClaimState.CONFIRMED]
    assert pair.state(offer, pair.second) == [ClaimState.WAITING]
    assert pair.state(offer, pair.waiting) == [ClaimState.GRANTED]
    assert "要排队" in Notice.objects.filter(worker_id=pair.second.worker_id).latest("id").body


def test_taken_apart_with_nobody_waiting_the_free_place_is_kept_for_him_again(
    pair, django_capture_on_commit_callbacks
):
    offer = pair.town.offer(places=2)
    pair.apply(offer, pair.first, pair.second)
    ids = pair.ids(kept=pair.first, folded=pair.second)
    with django_capture_on_commit_callbacks(execute=True):
        memo = pair.fold(**ids)
    with django_capture_on_commit_callbacks(execute=True):
        pair.unfold(memo, **ids)
    assert pair.state(offer, pair.second) == [ClaimState.GRANTED]


@pytest.mark.parametrize(("after", "left"), [(1 * HOUR, 1), (3 * HOUR, 2)])
def test_of_two_sessions_at_one_hour_the_earlier_application_stays(pair, after, left):
    exam = pair.town.offer(places=1)
    training = pair.town.offer(places=1, definition="season_gift")
    pair.apply(exam, pair.first)
    apply_for_place(code=training.code, actor=pair.second, now=pair.now + HOUR)
    pair.session(exam)
    pair.session(training, after=after)
    memo = pair.fold(**pair.ids(kept=pair.second, folded=pair.first))
    assert len(memo["ended"]) == 2 - left
    held = Booking.objects.filter(ended_at=None).values_list("application__offer_id", flat=True)
    assert set(held) == ({exam.id} if left == 1 else {exam.id, training.id})
