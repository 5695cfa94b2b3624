"""Every page in a real Chromium, as somebody who may see it, on a phone and on a desk.

The pages come from the URL resolver, their objects from ``samples`` and from the demonstration
world. On each one, 360 and 1440 pixels wide: axe finds nothing, nothing runs out at the side, the
console stays silent, nobody else is asked for anything; and a worker's first view stays light.
``NUANXIN_LOOK=folder`` also keeps a picture of each.
"""

import gzip
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from inspect import getclosurevars
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings as project
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from django.urls import reverse
from playwright.sync_api import Error as PlaywrightError

from nuanxin.access.actions import hold_host_person, hold_pending_password, hold_verified_phone
from nuanxin.access.middleware.sessions import SessionStore
from nuanxin.access.queries.keeping import HostPerson, sealed_for_session
from nuanxin.kernel import clock, policy
from nuanxin.kernel.actor import ANONYMOUS, Actor
from nuanxin.membership.actions import listings
from nuanxin.membership.models import Ceremony, JoinApplication
from nuanxin.membership.pages import draft
from nuanxin.membership.queries.invitations import token_of
from nuanxin.membership.states import ListingKind
from nuanxin.orgs.models import Employer, UnionChange
from nuanxin.people.states import ConsentPurpose
from nuanxin.programmes.models import ContestRound, Judge, Offer
from tests.cast import Cast
from tests.chromium import WIDTHS, Witness, findings, follow, runs_out_px, serve
from tests.demonstration import Demonstration, as_cast, copy_of
from tests.membership.cast import identity_of
from tests.walk.attestations import asked_of, help_session
from tests.walk.routes import Route, all_routes
from tests.walk.samples import SAMPLES
from tests.walk.siting import plan

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORKER_FIRST_VIEW_BYTES = 60_000
MOST_PIXELS_HIGH = 8_000
NOT_PAGES = {
    "healthz": "for machines",
    "card-bundle": "for the page that checks cards",
    "figures-table": "a file",
    "figures-services-table": "a file",
    "figures-dcat": "for machines",
    "figures-card-picture": "a picture",
    "figures-chart": "a picture",
    "figure-rows-export": "a file",
    "desk-listing-result": "a file",
    "desk-stations-export": "a file",
    "open-stations": "a file",
    "station-photo": "a picture",
    "desk-station-funding-workbook": "a file",
    "desk-station-repairs-workbook": "a file",
    "desk-mending": "leads to the one list of what is out of order",
    "desk-roster-result": "a file",
    "card-check-worker": "a script",
    "worker-card-paper": "a file",
    "worker-joining-paper": "a file",
    "offer-draw": "a file",
    "desk-definition-yaml": "a file",
    "desk-siting-workbook": "a file",
    "desk-siting-geojson": "a file",
    "desk-station-upgrades-workbook": "a file",
    "my-booking-calendar": "a file",
    "certificate-paper": "a file",
    "door-list": "for the page at the door",
    "door-worker": "a script",
    "door-people": "opens with the cookie of a gate alone: see test_door_in_chromium",
    "draw-script": "a script",
    "worker-stations-worker": "a script",
    "worker-station-share": "a picture",
    "worker-station-poster": "a file",
    "station-join-poster": "a file",
    "station-join": "leads on",
    "worker-stations-county": "for the device to keep",
    "sign-in-host": "leads to another site",
    "sign-in-host-return": "comes from another site",
    "desk-inspect-worker": "a script",
    "station-draw-file": "a file",
    "station-draw-script": "a script",
    "large": "a switch that leads back",
}
"""Addresses that answer GET and show no page, each with the reason."""

ANSWERS = {"gallery-error": 404}
"""Pages that do not answer 200: the gallery shows what a missing page looks like."""

READERS = (
    "anonymous",
    "rider_ye",
    "officer_chen",
    "county_cadre",
    "security_admin",
    "system_admin",
    "audit_admin",
    "province_cadre",
)
"""Who opens a page: the first of these who may."""


@dataclass
class Walker:
    """Opens pages as somebody, in one context a person."""

    browser: Any
    address: str
    world: Demonstration
    cast: Cast
    tabs: dict[str, Any] = field(default_factory=dict)
    witnesses: dict[str, Witness] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    answered: list[Any] = field(default_factory=list)

    def tab_with(self, who: str, cookie: str | None) -> Any:
        """Return the tab of a person, with his session's cookie."""
        if who not in self.tabs:
            context = self.browser.new_context(
                viewport={"width": 1440, "height": WIDTHS[1440]}, locale="zh-CN"
            )
            if cookie is not None:
                name = project.SESSION_COOKIE_NAME
                context.add_cookies([{"name": name, "value": cookie, "url": self.address}])
            self.witnesses[who] = Witness(self.address)
            self.witnesses[who].watch(context)
            context.on("response", lambda answer: self.answered.append(answer))
            self.tabs[who] = context.new_page()
        return self.tabs[who]

    def tab_of(self, reader: str) -> Any:
        """Return the tab of one of the cast."""
        cookie = None
        if reader != "anonymous":
            client = self.cast.same_client(reader)
            cookie = client.cookies[project.SESSION_COOKIE_NAME].value
        return self.tab_with(reader, cookie)

    def go(self, who: str, tab: Any, path: str) -> Any:
        """Open ``path``; forget what was heard before."""
        self.answered.clear()
        self.witnesses[who].said.clear()
        self.witnesses[who].asked_elsewhere.clear()
        return tab.goto(self.address + path)

    def first_view_bytes(self) -> int:
        """Return what the last page and its parts weigh, gzipped as on the wire."""
        total = 0
        for answer in self.answered:
            if answer.url not in self.sizes or "/static/" not in answer.url:
                self.sizes[answer.url] = len(gzip.compress(_body_of(answer), 6))
            total += self.sizes[answer.url]
        return total


def _body_of(answer: Any) -> bytes:
    """Return what came; nothing for a redirect, and for the page that was just left behind."""
    if 300 <= answer.status < 400:
        return b""
    try:
        body: bytes = answer.body()
    except PlaywrightError as gone:
        if "navigated away" in str(gone):
            return b""
        raise
    return body


@pytest.fixture(scope="module")
def walker(
    chromium: Any,
    demonstration_template: Any,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Walker]:
    folder = tmp_path_factory.mktemp("walk")
    with (
        copy_of(demonstration_template, django_db_blocker, folder / "files") as world,
        override_settings(ASSET_BUILD_ROOT=folder / "assets"),
        serve(WSGIHandler()) as address,
    ):
        made = Walker(chromium, address, world, as_cast(world))
        yield made
        for tab in made.tabs.values():
            tab.context.close()


def faults_of(walker: Walker, who: str, tab: Any, name: str) -> list[str]:
    """Return everything that is wrong with the page that ``who`` has open, at both widths."""
    found = []
    weight = walker.first_view_bytes() if tab.locator(".nx-page").count() else 0
    if weight > WORKER_FIRST_VIEW_BYTES:
        found.append(f"the first view weighs {weight:,} bytes")
    for width, height in sorted(WIDTHS.items(), reverse=True):
        tab.set_viewport_size({"width": width, "height": height})
        # As high as the page, so that the bar at the bottom lies over nothing that could be scrolled.
        whole = min(MOST_PIXELS_HIGH, tab.evaluate("document.documentElement.scrollHeight"))
        tab.set_viewport_size({"width": width, "height": max(height, whole)})
        if (over := runs_out_px(tab)) > 0:
            found.append(f"{width}: runs out by {over} px")
        found += [f"{width}: {finding}" for finding in findings(tab)]
        if folder := os.environ.get("NUANXIN_LOOK"):
            tab.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    heard = walker.witnesses[who]
    return found + heard.said + [f"asked {url}" for url in heard.asked_elsewhere]


Opener = Callable[[Walker], tuple[str, Any, str]]
"""Gives who opens a page, his tab, and the path."""


# ---- pages as the resolver knows them ---------------------------------------------------------


def _answers_get(route: Route) -> bool:
    """Return whether the page's function takes GET: ``require_POST`` and its like say so."""
    methods = getclosurevars(route.view).nonlocals.get("request_method_list", ["GET"])
    return "GET" in methods


PAGES = [
    route
    for route in all_routes()
    if not route.is_for_programs and route.name not in NOT_PAGES and _answers_get(route)
]


def _may_open(actor: Actor, route: Route, cast: Cast) -> bool:
    requirement = route.requirements["GET"]
    if requirement is None or requirement.is_public:
        return True
    path = cast.union("couriers").path
    own = actor.worker_id
    return any(
        policy.holds(actor, right)
        and (
            policy.may(actor, right, path=path)
            or (own is not None and policy.may(actor, right, worker_id=own))
        )
        for right in requirement.rights
    )


@pytest.mark.parametrize("route", [pytest.param(route, id=route.name) for route in PAGES])
def test_a_page_is_whole(walker: Walker, route: Route) -> None:
    who, tab, path = _opened(walker, route)
    answer = walker.go(who, tab, path)
    assert answer.status == ANSWERS.get(route.name, 200), f"{who} got {answer.status} at {path}"
    assert urlsplit(tab.url).path == path.split("?")[0], "leads elsewhere: prepare it in PREPARED"
    assert faults_of(walker, who, tab, route.name) == []


# ---- pages that a plain GET does not reach ----------------------------------------------------


def _joiner(walker: Walker, who: str = "joiner") -> Any:
    """Return the tab of somebody who has filled in everything and has not sent it yet."""
    if who in walker.tabs:
        return walker.tabs[who]
    now, code = walker.world.clock.now, walker.cast.union("couriers").code
    store = SessionStore()
    hold_verified_phone(store, phone="13800006027", now=now)
    filled = {
        "scanned": code,
        "jobs": ["delivery_rider"],
        "county": 330105,
        "name": "陈永强",
        "identity": identity_of(),
        "union": code,
        "channel": 2,
    }
    store[draft.KEY] = sealed_for_session(draft.KEY, filled, until=now + draft.KEPT_FOR)
    store.save()
    return walker.tab_with(who, store.session_key)


def _join_page(name: str) -> Opener:
    return lambda walker: ("joiner", _joiner(walker), reverse(name))


def _done_page(walker: Walker) -> tuple[str, Any, str]:
    tab = _joiner(walker, "applicant")
    tab.goto(walker.address + reverse("join-check"))
    follow(tab, tab.get_by_role("button", name="交给工会"))
    return "applicant", tab, reverse("join-done")


def _invitation_page(walker: Walker) -> tuple[str, Any, str]:
    asked = JoinApplication.objects.get(id=walker.world.objects["applications_invited"][0])
    assert asked.expires_on is not None
    token = token_of(asked.id, asked.expires_on)
    return "anonymous", walker.tab_of("anonymous"), reverse("invitation", args=[token])


def _quick_page(walker: Walker) -> tuple[str, Any, str]:
    """Open the three-tap page, as somebody whom a host app has passed."""
    now = walker.world.clock.now
    store = SessionStore()
    person = HostPerson("zlb", "s-1", "陈永强", identity_of(), "13800006029", now)
    hold_host_person(store, person=person, now=now)
    store.save()
    code = walker.cast.union("couriers").code
    return "guest", walker.tab_with("guest", store.session_key), f"{reverse('join-quick')}?u={code}"


def _claim_page(walker: Walker) -> tuple[str, Any, str]:
    store = SessionStore()
    hold_verified_phone(store, phone="13800006028", now=walker.world.clock.now)
    store.save()
    return "claimer", walker.tab_with("claimer", store.session_key), reverse("sign-in-claim")


def _second_step(name: str, secret: str) -> Opener:
    def opened(walker: Walker) -> tuple[str, Any, str]:
        account = walker.cast.accounts["officer_chen"]
        store = SessionStore()
        hold_pending_password(
            store,
            account_id=account.id,
            username=account.username or "",
            epoch=account.session_epoch,
            secret=secret,
            now=walker.world.clock.now,
        )
        store.save()
        return name, walker.tab_with(name, store.session_key), reverse(name)

    return opened


def _objects_page(name: str, reader: str, kind: str, at: int = 0) -> Opener:
    """Open one of the demonstration's own objects: there is more on it than on a sample."""

    def opened(walker: Walker) -> tuple[str, Any, str]:
        return (
            reader,
            walker.tab_of(reader),
            reverse(name, args=[walker.world.objects[kind][at]]),
        )

    return opened


def _judges_page(name: str, *, is_sheet: bool) -> Opener:
    """Open a page of judging as one of the demonstration's judges, whose session was begun."""

    def opened(walker: Walker) -> tuple[str, Any, str]:
        contest = walker.world.objects["contests"][0]
        held = ContestRound.objects.get(contest_id=contest, ordinal=2)
        store = SessionStore()
        store["judge"] = Judge.objects.filter(contest_id=contest).order_by("-ordinal")[0].id
        store.save()
        args = [held.id]
        if is_sheet:
            args.append(held.roundentry_set.order_by("id")[0].entrant.number)
        return "judge", walker.tab_with("judge", store.session_key), reverse(name, args=args)

    return opened


def _about_an_offer(name: str, programme: str = "degree_and_skill") -> Opener:
    """Open a page about one of the demonstration's offers, as a member."""

    def opened(walker: Walker) -> tuple[str, Any, str]:
        code = Offer.objects.get(
            id__in=walker.world.objects["offers"], programme__code=programme
        ).code
        return "rider_ye", walker.tab_of("rider_ye"), f"{reverse(name)}?of={code}"

    return opened


def _dissolutions_page(walker: Walker) -> tuple[str, Any, str]:
    """Open the list with two dissolutions that wait."""
    for name in ("couriers", "drivers"):
        UnionChange.objects.create(
            union=walker.cast.union(name),
            kind="dissolved",
            effective_on=clock.business_day(walker.world.clock.now),
            recorded_at=walker.world.clock.now,
            reason="上级工会批准",
            document="拱工〔2026〕13号",
        )
    return "county_cadre", walker.tab_of("county_cadre"), reverse("desk-dissolutions")


_OUTLETS_TABLE = """网点名称,地址,县区,街道,类型
样例大关网点,上塘路 1 号,拱墅区,大关街道,揽投部
样例慈溪网点,,慈溪市,,加盟
样例大关网点,,拱墅区,,
样例白云网点,,,白云街道,
"""


def _ceremony_page(name: str) -> Opener:
    """Open a ceremony of the union in which the demonstration has invited somebody."""

    def opened(walker: Walker) -> tuple[str, Any, str]:
        asked = JoinApplication.objects.get(id=walker.world.objects["applications_invited"][0])
        made = Ceremony.objects.create(
            union_id=asked.union_id,
            title="骑手入会日",
            code=f"{Ceremony.objects.count():06d}",
            held_on=clock.business_day(walker.world.clock.now),
            created_at=walker.world.clock.now,
        )
        return "county_cadre", walker.tab_of("county_cadre"), reverse(name, args=[made.id])

    return opened


def _listing_page(walker: Walker) -> tuple[str, Any, str]:
    """Open a table of outlets that waits to be confirmed."""
    cast, now = walker.cast, walker.world.clock.now
    SAMPLES["desk-employer"].of_union(cast, cast.union("couriers"))  # type: ignore[misc]
    listing_id = listings.open_listing(
        union_id=cast.union("couriers").id,
        kind=ListingKind.OUTLETS,
        file_name="网点一览.csv",
        content=_OUTLETS_TABLE.encode(),
        options={"employer": Employer.objects.get(name="样例有限公司").id},
        actor=cast.actor("officer_chen"),
        now=now,
    )
    listings.read_listing_file(listing_id=listing_id, now=now)
    return "officer_chen", walker.tab_of("officer_chen"), reverse("desk-listing", args=[listing_id])


def _linked_page(kind: str) -> Opener:
    """Open what a link of the demonstration leads to, without signing in."""
    return lambda walker: (
        "anonymous",
        walker.tab_of("anonymous"),
        urlsplit(walker.world.objects[kind]).path,
    )


def _two_plans(walker: Walker) -> tuple[str, Any, str]:
    """Open two plans of a county beside each other."""
    county = walker.cast.union("county")
    chosen = urlencode({name: plan(walker.cast, county).id for name in ("a", "b")})
    return (
        "county_cadre",
        walker.tab_of("county_cadre"),
        f"{reverse('desk-siting-compare')}?{chosen}",
    )


PREPARED: dict[str, Opener] = {
    "desk-siting-compare": _two_plans,
    "keeper-link": _linked_page("keeper_link"),
    "station-screen": _linked_page("door_screen"),
    "station-now": lambda walker: (
        "anonymous",
        walker.tab_of("anonymous"),
        reverse("station-now", args=[walker.world.objects["kept_station"]]),
    ),
    "judging-round": _judges_page("judging-round", is_sheet=False),
    "judging-sheet": _judges_page("judging-sheet", is_sheet=True),
    "desk-help-session": lambda walker: (
        "officer_chen",
        walker.tab_of("officer_chen"),
        reverse("desk-help-session", args=[help_session(walker.cast, "officer_chen")]),
    ),
    "desk-proof-answer": lambda walker: (
        "officer_chen",
        walker.tab_of("officer_chen"),
        reverse("desk-proof-answer", args=[asked_of(walker.cast, "officer_chen")]),
    ),
    "fact-answer": lambda walker: (
        "rider_ye",
        walker.tab_of("rider_ye"),
        f"{reverse('fact-answer')}?of=degree",
    ),
    "offer-questions": _about_an_offer("offer-questions"),
    "review-ask": _about_an_offer("review-ask"),
    "desk-listing": _listing_page,
    "desk-ceremony-signed": _ceremony_page("desk-ceremony-signed"),
    "desk-ceremony-sheet": _ceremony_page("desk-ceremony-sheet"),
    "desk-dissolutions": _dissolutions_page,
    "join-of": lambda walker: (
        "anonymous",
        walker.tab_of("anonymous"),
        reverse("join-of", args=[walker.cast.union("couriers").code]),
    ),
    "join-work": _join_page("join-work"),
    "join-person": _join_page("join-person"),
    "join-union": _join_page("join-union"),
    "join-check": _join_page("join-check"),
    "join-quick": _quick_page,
    "join-done": _done_page,
    "worker-consent": lambda walker: (
        "rider_ye",
        walker.tab_of("rider_ye"),
        f"{reverse('worker-consent')}?of={ConsentPurpose.IDENTITY_NUMBER.slug}",
    ),
    "invitation": _invitation_page,
    "sign-in-claim": _claim_page,
    "desk-sign-in-code": _second_step("desk-sign-in-code", ""),
    "desk-sign-in-enrol": _second_step("desk-sign-in-enrol", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"),
    "desk-tree": lambda walker: (
        "county_cadre",
        walker.tab_of("county_cadre"),
        f"{reverse('desk-tree')}?q=%E5%B7%A5%E4%BC%9A",
    ),
    "desk-offer-new": lambda walker: (
        "county_cadre",
        walker.tab_of("county_cadre"),
        f"{reverse('desk-offer-new')}?of=degree_and_skill",
    ),
    "desk-roster": _objects_page("desk-roster", "officer_chen", "batch_ids"),
    "desk-application": _objects_page("desk-application", "officer_chen", "applications_doubtful"),
    "desk-member": _objects_page("desk-member", "officer_chen", "memberships_of_home"),
}


def _opened(walker: Walker, route: Route) -> tuple[str, Any, str]:
    if (prepare := PREPARED.get(route.name)) is not None:
        return prepare(walker)
    cast = walker.cast
    sample, kwargs = SAMPLES.get(route.name), {}
    actors = {"anonymous": ANONYMOUS} | {
        name: cast.actor(name) for name in READERS if name != "anonymous"
    }
    who = next((name for name in READERS if _may_open(actors[name], route, cast)), None)
    assert who is not None, f"nobody of {READERS} may open {route.pattern}"
    if sample is not None and sample.public is not None:
        kwargs = sample.public(cast)
    elif sample is not None and sample.of_union is not None:
        kwargs = sample.of_union(cast, cast.union("couriers"))
    elif sample is not None and sample.of_person is not None:
        kwargs = sample.of_person(cast, who)
    return who, walker.tab_of(who), reverse(route.name, kwargs=kwargs)


@pytest.mark.parametrize("change", ["territory", "territory-days"])
def test_a_form_behind_the_menu_of_a_union_is_whole(walker: Walker, change: str) -> None:
    code = walker.cast.union("couriers").code
    tab = walker.tab_of("county_cadre")
    answer = walker.go("county_cadre", tab, reverse("desk-union-shape", args=[code, change]))
    assert answer.status == 200
    assert faults_of(walker, "county_cadre", tab, f"desk-union-shape-{change}") == []
