"""Certificates: earned by coming often enough, issued once, proved by number, taken back with a reason."""

import pytest
from django.db import DatabaseError, transaction

from nuanxin.kernel.errors import Conflict, Malformed, NotFound
from nuanxin.notices.models import Notice
from nuanxin.programmes.actions.certifying import issue_certificates, revoke_certificate
from nuanxin.programmes.actions.claims import apply_for_place
from nuanxin.programmes.actions.sessions import SessionDraft, create_session, place_people
from nuanxin.programmes.models import Booking, Certificate
from nuanxin.programmes.queries.certificates import (
    get_certificate,
    get_own_certificate,
    list_my_certificates,
)
from nuanxin.programmes.rules.definitions import definition, read_definition
from tests.programmes.test_fulfilment import DAY, HOUR, Day

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


class Course(Day):
    """Five evenings of a course with three people; the first comes to four, the second to three."""

    def __init__(self, town):
        self.town, self.cast = town, town.cast
        self.now, self.cadre = town.cast.now, town.cast.county_cadre
        self.offer = town.offer(places=3, definition="skill_training")
        self.members = town.riders(3)
        for member in self.members:
            apply_for_place(code=self.offer.code, actor=member, now=self.now)
        self.starts_at = self.now + 5 * DAY
        self.evenings = []
        for number in range(5):
            starts = self.starts_at + number * DAY
            draft = SessionDraft(
                f"第 {number + 1} 晚", "培训学校", starts, starts + 2 * HOUR, 10,
                series=self.evenings[0].series if self.evenings else None,
            )  # fmt: skip
            made = create_session(
                offer_id=self.offer.id, draft=draft, actor=self.cadre, now=self.now
            )
            self.evenings.append(made)
        self.session = self.evenings[0]
        place_people(offer_id=self.offer.id, actor=self.cadre, now=self.now)
        for number, evenings in ((0, 4), (1, 3)):
            for session in self.evenings[:evenings]:
                code = Booking.objects.get(
                    session=session, application__worker_id=self.members[number].worker_id
                ).code
                self.scan(self.gate(session), at=session.starts_at, code=code)
        self.over = self.starts_at + 6 * DAY

    def issue(self, **more):
        given = {"offer_id": self.offer.id, "actor": self.cadre, "now": self.over}
        return issue_certificates(**(given | more))

    def revoke(self, **more):
        given = {"offer_id": self.offer.id, "number": Certificate.objects.get().number}
        given |= {"reason": "冒名顶替，本人没到场", "actor": self.cadre, "now": self.over}
        return revoke_certificate(**(given | more))


@pytest.fixture
def course(town):
    return Course(town)


def test_four_of_five_evenings_earn_it_and_three_do_not(course):
    assert (course.issue(), course.issue()) == (1, 0)
    one = Certificate.objects.get()
    assert one.application.worker_id == course.members[0].worker_id
    assert (one.attended, one.sessions) == (4, 5)
    assert Notice.objects.filter(kind="programmes.certificate_issued").count() == 1


def test_nobody_has_earned_it_while_an_evening_is_to_come(course):
    assert course.issue(now=course.evenings[4].starts_at) == 0


def test_only_who_manages_the_offer_issues_or_revokes(course):
    other = course.cast.cadre_of_next_county
    with pytest.raises(NotFound):
        course.issue(actor=other)
    assert course.issue() == 1
    with pytest.raises(NotFound):
        course.revoke(actor=other)
    course.revoke()


def test_who_holds_the_number_learns_whether_it_stands_and_no_name(course):
    course.issue()
    number = Certificate.objects.get().number
    found = get_certificate(number.lower())
    assert found.revoked_on is None
    assert found.masked_name == "骑××"
    course.revoke()
    assert get_certificate(number).revoked_reason == "冒名顶替，本人没到场"
    with pytest.raises(NotFound, match="没有这个编号"):
        get_certificate("NOSUCHONE2")


def test_it_is_taken_back_once_and_says_why(course):
    course.issue()
    for reason in ("", "错了", "很" * 201):
        with pytest.raises(Malformed):
            course.revoke(reason=reason)
    course.revoke()
    with pytest.raises(Conflict) as refused:
        course.revoke()
    assert refused.value.code == "programmes.certificate_is_revoked"
    with pytest.raises(DatabaseError), transaction.atomic():
        Certificate.objects.update(revoked_at=None, revoked_reason="")
    assert course.issue() == 0


def test_it_is_ones_own(course):
    course.issue()
    first, second, _ = course.members
    (row,) = list_my_certificates(first.worker_id)
    assert get_own_certificate(row.number, worker_id=first.worker_id).name
    assert list_my_certificates(second.worker_id) == []
    with pytest.raises(NotFound):
        get_own_certificate(row.number, worker_id=second.worker_id)


def test_a_service_without_certificates_says_so(town):
    offer = town.offer(places=1)
    with pytest.raises(Conflict) as refused:
        issue_certificates(offer_id=offer.id, actor=town.cast.county_cadre, now=town.cast.now)
    assert refused.value.code == "programmes.no_certificates"


def test_the_pages(course):
    course.issue()
    number = Certificate.objects.get().number
    desk = course.cast.client("county_cadre")
    path = f"/desk/programmes/{course.offer.id}/certificates/"
    assert number in desk.get(path).content.decode()
    anybody = course.cast.client("rider_ye")
    assert "这张结业证是真的" in anybody.get(f"/certificates/{number}/").content.decode()
    asked = anybody.get("/certificates/", {"number": "nosuchone2"})
    assert asked.status_code == 404
    assert "没有这个编号" in asked.content.decode()
    refused = desk.post(f"{path}act/", {"do": "revoke", "number": number, "reason": "错"})
    assert refused.status_code == 422
    told = {"do": "revoke", "number": number, "reason": "冒名顶替，本人没到场"}
    assert desk.post(f"{path}act/", told).status_code == 302
    assert "这张结业证作废了" in anybody.get(f"/certificates/{number}/").content.decode()


@pytest.mark.parametrize("share", [-1, 101, "八成"])
def test_a_share_beyond_the_whole_is_a_fault_of_the_definition(share):
    shipped = definition("skill_training")
    entry = {
        "code": shipped.code, "title": shipped.title, "kind": "training", "gives": shipped.gives,
        "ways": ["first_come"], "source": shipped.source, "checked_on": shipped.checked_on,
        "certificate_percent": share,
    }  # fmt: skip
    with pytest.raises(ValueError, match="certificate_percent"):
        read_definition(entry)


def test_the_paper_is_a_pdf_with_the_number(course, settings):
    from nuanxin.programmes.forms.certificate_paper import certificate_pdf

    course.issue()
    number = Certificate.objects.get().number
    own = get_own_certificate(number, worker_id=course.members[0].worker_id)
    body = certificate_pdf(own, address=f"https://example.org/certificates/{number}/")
    assert body.startswith(b"%PDF")
    assert len(body) > 5_000
