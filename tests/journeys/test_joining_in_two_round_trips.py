"""Joining asks the database twice: who acts, and the one statement that does everything."""

from datetime import date

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from bench.one_click_limit import send
from bench.one_click_world import Person, by_last_tap, by_program
from bench.round_trips import counted_round_trips
from nuanxin.access.models import Account, HostBinding, Session
from nuanxin.membership.models import JoinApplication
from nuanxin.membership.states import Channel
from nuanxin.people.models import Worker
from nuanxin.records.models import Event
from tests.cast import API_CLIENT_TOKEN
from tests.membership.cast import identity_of, phone_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
NAME = "陈小测"


@pytest.fixture
def people(cast):
    union = cast.union("couriers")

    def invent(how_many):
        return [
            Person(NAME, identity_of(date(1990, 5, 20)), phone_of(), union.code, union.adcode)
            for _ in range(how_many)
        ]

    return invent


def round_trips_of(requests, status):
    """Return the round trips of each request, the first of which taught the connection."""
    numbers = []
    for request in requests:
        with counted_round_trips() as trips:
            assert send(request) == status
        numbers.append(trips.number)
    return numbers[1:]


@pytest.mark.parametrize("with_draft", [False, True], ids=["three taps", "all questions"])
def test_the_last_tap_of_somebody_new_is_two_round_trips(people, with_draft):
    requests = by_last_tap(people(3), with_draft=with_draft)
    assert round_trips_of(requests, 302) == [2, 2]
    assert JoinApplication.objects.filter(channel=Channel.ONE_CLICK).count() == 3


def test_a_program_joins_somebody_in_two_round_trips(people):
    assert round_trips_of(by_program(people(3), API_CLIENT_TOKEN), 201) == [2, 2]
    assert JoinApplication.objects.count() == 3


def test_the_counting_sees_a_transaction_and_a_statement_too_many(people):
    from django.db import connection, transaction

    with counted_round_trips() as trips, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert trips.number == 3  # a savepoint is set, and released


def last_tap(person):
    """Return a browser that has just agreed, and the cookie that it had before."""
    request = by_last_tap([person], with_draft=True)[0].decode()
    cookies = dict(
        pair.split("=", 1) for pair in request.split("Cookie: ")[1].split("\r\n")[0].split("; ")
    )
    browser = Client()
    for name, value in cookies.items():
        browser.cookies[name] = value
    before = cookies[settings.SESSION_COOKIE_NAME]
    assert browser.post(reverse("join-check")).status_code == 302
    return browser, before


def test_who_has_joined_is_signed_in_under_a_new_cookie(people):
    (person,) = people(1)
    browser, before = last_tap(person)
    assert browser.cookies[settings.SESSION_COOKIE_NAME].value != before
    account = Account.objects.get(name=NAME)
    assert account.worker_id == Worker.objects.get(name=NAME).id
    assert Session.objects.filter(account=account).count() == 1
    assert browser.get(reverse("worker-me")).status_code == 200
    assert HostBinding.objects.get().account_id == account.id
    opened = Event.objects.get(kind="access.account_opened")
    assert opened.data == {"account": str(account.id), "worker_id": account.worker_id}
    other = Client()
    other.cookies[settings.SESSION_COOKIE_NAME] = before
    assert other.get(reverse("worker-me")).status_code == 302  # the old cookie opens nothing


def test_the_last_page_reads_the_receipt_from_the_application(people):
    (person,) = people(1)
    browser, _ = last_tap(person)
    page = browser.get(reverse("join-done")).content.decode()
    assert "收到了" in page
    assert NAME in page
    assert "大关快递行业联合工会" in page
    JoinApplication.objects.update(state=5, decided_at="2026-11-24T02:00Z")
    assert browser.get(reverse("join-done"))["Location"] == reverse("worker-me")


def test_a_phone_that_signs_in_somebody_else_stays_there(people):
    first, second = people(2)
    second = Person(second.name, second.identity, first.phone, second.union, second.county)
    last_tap(first)
    last_tap(second)
    accounts = Account.objects.filter(name=NAME).order_by("worker_id")
    assert [one.phone_hash is not None for one in accounts] == [True, False]


def test_two_taps_in_one_browser_make_one_of_everything(people):
    (person,) = people(1)
    request = by_last_tap([person])[0]
    assert [send(request), send(request)] == [302, 302]
    assert JoinApplication.objects.count() == 1
    assert Account.objects.filter(name=NAME).count() == 1
