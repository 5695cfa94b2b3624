"""Five years of a small province, lived through the real actions, and the plain truth about them.

The journal is written beside the actions: who was a live member of which union from which day on,
and since when that is known. It knows nothing of flows, stocks, spots or the closure of the tree.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction

from nuanxin.figures.queries.measuring import Measurement, measure
from nuanxin.figures.queries.reading import spans_under, standing_under
from nuanxin.kernel import clock
from nuanxin.kernel.actor import SYSTEM, Actor, Role
from nuanxin.kernel.errors import Refusal
from nuanxin.kernel.period import Period
from nuanxin.membership.actions import reorganising, reseating
from nuanxin.membership.actions.leaving import leave_union
from nuanxin.membership.actions.retention import restore_membership, retain_membership
from nuanxin.membership.actions.review import approve_applications, undo_decisions
from nuanxin.membership.actions.stocks import fold_flows
from nuanxin.membership.actions.transfer import transfer_me
from nuanxin.membership.actions.unions import move_members_of_merged_union
from nuanxin.membership.figures.rows import counted_rows
from nuanxin.membership.models import JoinApplication, MemberFlow, Membership
from nuanxin.membership.states import Channel, FlowKind, JoinState, RetentionReason
from nuanxin.orgs import actions as orgs
from nuanxin.orgs.models import Placement, Territory, Union
from nuanxin.orgs.states import DissolutionGround, UnionKind
from nuanxin.people.models import Worker
from tests.membership.cast import make_application, make_worker, officer, person

BEGIN, END = date(2021, 6, 1), date(2026, 5, 31)
FOUNDED = date(2020, 1, 1)
DOCUMENT = "浙总工发〔2021〕3号"
COUNTIES = (330105, 330106, 330212)
REGIONS = (330000, 330100, 330200, *COUNTIES)
LIVE = "membership.live_members_persons"
NEW = "membership.new_members_persons"
LEFT = "membership.left_members_persons"
UNIONS = "orgs.unions"
CODES = (LIVE, NEW, LEFT, UNIONS)
VERBS = {
    "joins": 12, "joins_again": 4, "transfers": 5, "leaves": 3, "is_retained": 3, "is_restored": 3,
    "approval_is_undone": 2, "late_entry": 2, "founds": 2, "merges": 2, "splits": 1, "dissolves": 1,
    "moves": 2, "tree_is_corrected": 2, "seat_moves": 2, "seat_is_corrected": 1, "folds": 4,
    "publishes": 6,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """From ``day`` on a person is a live member of ``union``, or of none; known since ``at``."""

    person: int
    day: date
    at: datetime
    union: int | None


@dataclass(frozen=True, slots=True)
class Counted:
    """Something that a figure in a period counts once: ``persons`` is −1 where it is taken back."""

    code: str
    day: date
    at: datetime
    union: int
    county: int
    persons: int = 1


@dataclass(frozen=True, slots=True)
class Published:
    """What was asked, and the answer that was kept."""

    code: str
    asked: dict[str, Any]
    at: datetime
    value: int


@dataclass
class Tree:
    """The rows of who stood under whom and who sat where, read plainly: no closure, no path."""

    placements: dict[int, list[Placement]]
    seats: dict[int, list[Territory]]

    def lives(self, union: int, day: date, known: datetime) -> bool:
        """Return whether the union had a seat on that day, as known then."""
        return self.seat(union, day, known) is not None

    def seat(self, union: int, day: date, known: datetime) -> int | None:
        """Return the county of its seat on a day."""
        found = _holding(self.seats.get(union, []), day, known)
        return found[0].adcode if found else None

    def place(self, union: int, day: date, known: datetime) -> int:
        """Return where its members count: once it has ended, at its last seat until they moved on."""
        rows = [row for row in self.seats[union] if _known(row, known) and row.valid_from <= day]
        return max(rows, key=lambda row: row.valid_from).adcode

    def above(self, union: int, day: date, known: datetime) -> set[int]:
        """Return the union and all above it; of one that has ended, those of its last day."""
        day = min(day, self._last_day(union, known))
        found = {union}
        while rows := _holding(self.placements.get(union, []), day, known):
            union = rows[0].parent_id
            found.add(union)
        return found

    def _last_day(self, union: int, known: datetime) -> date:
        ends = [row.valid_to for row in self.placements.get(union, []) if _known(row, known)]
        if not ends or None in ends:
            return date.max
        return max(end for end in ends if end) - timedelta(days=1)


def _known(row: Placement | Territory, known: datetime) -> bool:
    return row.recorded_at <= known and (row.superseded_at is None or row.superseded_at > known)


def _holding(rows: list[Any], day: date, known: datetime) -> list[Any]:
    return [
        row
        for row in rows
        if _known(row, known)
        and row.valid_from <= day
        and (row.valid_to is None or row.valid_to > day)
    ]


@dataclass
class FiveYears:
    """A province that lives on, step by step; ``log`` says what happened, for a failing run."""

    chosen: random.Random
    now: datetime = field(default_factory=lambda: datetime(2021, 6, 1, 2, tzinfo=UTC))
    ids: dict[str, int] = field(default_factory=dict)
    standings: list[Standing] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    cadre: Actor = SYSTEM

    def begin(self) -> None:
        """Found province, cities, counties, and two unions in each county."""
        root = self._found("浙江省总工会", None, 330000, kind=UnionKind.FEDERATION)
        self.ids["province"] = root
        for city, county in ((330100, 330105), (330100, 330106), (330200, 330212)):
            if f"city{city}" not in self.ids:
                self.ids[f"city{city}"] = self._found(
                    f"{city}总工会", root, city, kind=UnionKind.FEDERATION
                )
            above = self._found(
                f"{county}总工会", self.ids[f"city{city}"], county, kind=UnionKind.FEDERATION
            )
            self.ids[f"county{county}"] = above
            for number in (1, 2):
                self.ids[f"joint{county}/{number}"] = self._found(
                    f"{county}骑手{number}联合工会", above, county
                )
        self.cadre = officer(Union.objects.get(id=root), name="陈敏", role=Role.COUNTY_CADRE)

    def live(self, steps: int) -> None:
        """Let ``steps`` things happen, spread over the five years."""
        each = (END - BEGIN) / steps
        verbs, weights = list(VERBS), list(VERBS.values())
        for _ in range(steps):
            pause = each * self.chosen.choice((0, 0.2, 1, 2.8))
            self.now += max(pause, timedelta(minutes=5))
            if clock.business_day(self.now) > END:
                self.now -= pause
            (verb,) = self.chosen.choices(verbs, weights)
            self.do(verb)

    def do(self, verb: str) -> None:
        """Let one thing happen, or be refused: then nothing has happened."""
        self.now += timedelta(minutes=1)
        self.log.append(f"{self.now:%Y-%m-%d %H:%M} {verb}")
        before = len(self.standings), len(self.counted)
        try:
            with transaction.atomic():
                getattr(self, verb)()
            self.done[verb] += 1
        except (Refusal, LookupError) as refused:
            del self.standings[before[0] :], self.counted[before[1] :]
            self.log[-1] += f": {type(refused).__name__} {getattr(refused, 'code', '')}"

    # ---- people -------------------------------------------------------------------------------

    def joins(self) -> None:
        """Somebody new joins, approved by the committee."""
        union = self._taking()
        self._approve(make_application(union, make_worker(created_at=self.now), **self._cut()))

    def joins_again(self) -> None:
        """Somebody who left, or whose approval was taken back, joins again."""
        waiting = JoinApplication.objects.filter(state=JoinState.SUBMITTED).order_by("id").first()
        if waiting is not None:
            self._approve(waiting)
            return
        gone = set(Membership.objects.values_list("worker_id", flat=True))
        gone -= set(Membership.objects.filter(ended_on=None).values_list("worker_id", flat=True))
        worker = self._one(sorted(gone))
        application = make_application(
            self._taking(), **self._cut(), worker=Worker.objects.get(id=worker)
        )
        self._approve(application)

    def transfers(self) -> None:
        """A member moves to another union, from hold too."""
        member = self._member()
        union = self._taking()
        transfer_me(
            to_union_id=union.id, channel=Channel.ONLINE, actor=person(member.worker_id),
            now=self.now,
        )  # fmt: skip
        self._stands(member.worker_id, union.id)

    def leaves(self) -> None:
        """A member leaves; one on hold has been taken off before."""
        member = self._member()
        leave_union(actor=person(member.worker_id), now=self.now)
        if member.state == 1:
            self._counts(LEFT, member.union)
        self._stands(member.worker_id, None)

    def is_retained(self) -> None:
        """A membership is put on hold."""
        member = self._member(state=1)
        retain_membership(
            membership_id=member.id, reason=RetentionReason.UNEMPLOYED, actor=self.cadre,
            now=self.now,
        )  # fmt: skip
        self._stands(member.worker_id, None)

    def is_restored(self) -> None:
        """A membership on hold is live again."""
        member = self._member(state=2)
        restore_membership(membership_id=member.id, actor=self.cadre, now=self.now)
        self._stands(member.worker_id, member.union_id)

    def approval_is_undone(self) -> None:
        """An approval is taken back, a day later."""
        worker = make_worker(created_at=self.now)
        run = self._approve(make_application(self._taking(), worker, **self._cut()))
        self.now += timedelta(hours=self.chosen.choice((1, 23)))
        member = Membership.objects.select_related("union").get(worker=worker)
        assert undo_decisions(run_id=run, actor=self.cadre, now=self.now).decided == 1
        self._counts(NEW, member.union, persons=-1)
        self._stands(worker.id, None)

    def late_entry(self) -> None:
        """Somebody turns out to have been a member since an earlier day: entered today."""
        union = self._taking()
        day = max(FOUNDED, self._earlier())
        cut = self._cut()
        seat = self.tree().seat(union.id, day, self.now)
        if seat is None or seat != union.adcode or _has_moved_since(union.id, day):
            raise LookupError("a union that sat elsewhere in between")
        member = Membership.objects.create(
            worker=make_worker(created_at=self.now), union=union, started_on=day, joined_on=day,
            work_adcode=union.adcode, recorded_at=self.now, **cut,
        )  # fmt: skip
        MemberFlow.objects.create(
            day=day, union_id=union.id, county=seat, kind=FlowKind.JOINED, persons=1,
            recorded_at=self.now, **cut,
        )  # fmt: skip
        self.counted.append(Counted(NEW, day, self.now, union.id, seat))
        self.standings.append(Standing(member.worker_id, day, self.now, union.id))

    # ---- unions -------------------------------------------------------------------------------

    def founds(self) -> None:
        """A union is founded, some days ago."""
        county = self.chosen.choice(COUNTIES)
        name = f"新{len(self.ids)}联合工会"
        self.ids[name] = self._found(
            name, self.ids[f"county{county}"], county, founded_on=self._lately()
        )

    def merges(self) -> None:
        """A union goes into another, as of some days ago; its members go on there."""
        source, target = self._two()
        day = self._lately()
        before = self._of_the_days_before(day, source.id, target.id)
        reorganising.merge_union(
            union_id=source.id, target_id=target.id, effective_on=day,
            document=DOCUMENT, actor=SYSTEM, now=self.now,
        )  # fmt: skip
        assert self._of_the_days_before(day, source.id, target.id) == before
        self._all_go(source.id, target.id)

    def splits(self) -> None:
        """A union is split off another; half of the time the old one ends and hands over."""
        source, ends = self._taking(), self.chosen.random() < 0.5
        name = f"分{len(self.ids)}联合工会"
        parted = orgs.split_union(
            union_id=source.id, parts=[{"name": name}], effective_on=self._lately(),
            document=DOCUMENT, source_ends=ends, actor=SYSTEM, now=self.now,
        )  # fmt: skip
        self.ids[name] = parted.founded[0].id
        if ends:
            move_members_of_merged_union(
                from_union_id=source.id, to_union_id=self.ids[name], actor=SYSTEM, now=self.now
            )
            self._all_go(source.id, self.ids[name])

    def dissolves(self) -> None:
        """A union is dissolved; the upper union retains its members."""
        union = self._taking()
        if len(self._living()) < 4:
            raise LookupError("too few unions")
        reorganising.dissolve_union(
            union_id=union.id, effective_on=self._lately(), actor=SYSTEM, now=self.now,
            dissolution_ground=DissolutionGround.EMPLOYER_ENDED,
        )  # fmt: skip
        self._all_go(union.id, None)

    def moves(self) -> None:
        """A union comes under another county's federation."""
        orgs.move_union(
            union_id=self._taking().id, parent_id=self._county(), effective_on=self._lately(),
            document=DOCUMENT, actor=SYSTEM, now=self.now,
        )  # fmt: skip

    def tree_is_corrected(self) -> None:
        """It turns out that a union stood elsewhere for some time, perhaps long ago."""
        start = self._earlier()
        stop = start + timedelta(days=self.chosen.randrange(1, 300))
        orgs.correct_placement(
            union_id=self._one(self._joints()), parent_id=self._county(), valid_from=start,
            valid_to=stop if stop <= clock.business_day(self.now) else None,
            reason="登记错了", actor=SYSTEM, now=self.now,
        )  # fmt: skip

    def seat_moves(self) -> None:
        """The seat of a union moves to another county."""
        union = self._taking()
        reseating.set_territory(
            union_id=union.id, places=[], seat=(self.chosen.choice(COUNTIES), None),
            effective_on=self._lately(), actor=SYSTEM, now=self.now,
        )  # fmt: skip

    def seat_is_corrected(self) -> None:
        """It turns out that a seat moved on another day."""
        rows = Territory.objects.filter(
            superseded_at=None, is_seat=True, valid_to=None, valid_from__gt=FOUNDED
        )
        entry = self._one(list(rows.order_by("id")))
        reseating.correct_territory(
            union_id=entry.union_id, territory_id=entry.id, valid_to=None,
            valid_from=entry.valid_from - timedelta(days=self.chosen.randrange(1, 90)),
            reason="日子记错了", actor=SYSTEM, now=self.now,
        )  # fmt: skip

    # ---- keeping ------------------------------------------------------------------------------

    def folds(self) -> None:
        """Closed months are folded."""
        fold_flows(now=self.now)

    def publishes(self) -> None:
        """A value is kept, with its question and the moment."""
        code = self.chosen.choice(CODES)
        day = self.chosen.choice((clock.business_day(self.now), self._earlier(), self._lately()))
        asked: dict[str, Any] = self.chosen.choice(
            ({"region": self.chosen.choice(REGIONS)}, {"union_id": self._one(self._all())})
        )
        if code in (NEW, LEFT):
            start = day - timedelta(days=self.chosen.randrange(400))
            asked = asked | {"period": Period(start, day)}
        else:
            asked = asked | {"as_of": day}
        measured = measure(code, **asked, now=self.now)
        assert measured.value is not None
        self.published.append(Published(code, asked, self.now, measured.value))

    def again(self, one: Published) -> Measurement:
        """Derive a value anew as it was known when it was published."""
        return measure(one.code, **one.asked, known_at=one.at, now=self.now)

    # ---- the plain truth ----------------------------------------------------------------------

    def tree(self) -> Tree:
        """Return the tree as it is recorded, all versions of it."""
        placements: dict[int, list[Placement]] = {}
        for row in Placement.objects.filter(kind=1):
            placements.setdefault(row.union_id, []).append(row)
        seats: dict[int, list[Territory]] = {}
        for seat in Territory.objects.filter(is_seat=True):
            seats.setdefault(seat.union_id, []).append(seat)
        return Tree(placements, seats)

    def rows(self, code: str, union_id: int, day: date, period: Period | None, known: Any) -> int:
        """Return how many the rows behind a figure come to: plus and minus taken together."""
        spans = (
            spans_under(union_id, period, known_at=known)
            if period
            else {(day, day): standing_under(union_id, day, known_at=known)}
        )
        place, total = (0, -1), 0
        while rows := counted_rows(
            code, spans, start=period.start if period else day, end=day, known_at=known,
            after=place, limit=4,
        ):  # fmt: skip
            total += sum(row.sign for row in rows)
            place = rows[-1].membership_id, rows[-1].nth
        return total

    def truth(self, code: str, asked: dict[str, Any], known: datetime, tree: Tree) -> int:
        """Count by hand what a figure should be, as known at an instant."""
        period = asked.get("period")
        day = period.end if period else asked["as_of"]
        if code == UNIONS:
            return sum(
                self._is_here(union, day, known, asked, tree, tree.seat(union, day, known))
                for union in tree.seats
                if tree.lives(union, day, known)
            )
        if period:
            return sum(
                one.persons
                for one in self.counted
                if one.code == code and one.at <= known and period.start <= one.day <= period.end
                if self._is_here(one.union, one.day, known, asked, tree, one.county)
            )
        members: dict[int, Standing] = {}
        for one in sorted(self.standings, key=lambda standing: (standing.day, standing.at)):
            if one.day <= day and one.at <= known:
                members[one.person] = one
        return sum(
            self._is_here(one.union, day, known, asked, tree, tree.place(one.union, day, known))
            for one in members.values()
            if one.union is not None
        )

    def _is_here(
        self,
        union: int,
        day: date,
        known: datetime,
        asked: dict[str, Any],
        tree: Tree,
        county: int | None,
    ) -> bool:
        if "union_id" in asked:
            return asked["union_id"] in tree.above(union, day, known)
        region = asked["region"]
        length = 2 if region % 10_000 == 0 else 4 if region % 100 == 0 else 6
        return str(county)[:length] == str(region)[:length]

    def _of_the_days_before(self, day: date, *unions: int) -> list[int | None]:
        """Return values of days before ``day``, as known now: an end of a union changes none."""
        last = day - timedelta(days=1)
        period = Period(last - timedelta(days=300), last)
        places = [{"region": 330000}, *({"union_id": union} for union in unions)]
        asked = [(code, {"period": period}) for code in (NEW, LEFT)]
        asked += [(code, {"as_of": last}) for code in (LIVE, UNIONS)]
        return [
            measure(code, **place, **when, now=self.now).value
            for place in places
            for code, when in asked
        ]

    # ---- choosing -----------------------------------------------------------------------------

    def _found(self, name: str, above: int | None, adcode: int, **given: Any) -> int:
        return orgs.found_union(
            **{"kind": UnionKind.JOINT, "founded_on": FOUNDED, **given},
            name=name, parent_id=above, adcode=adcode, actor=SYSTEM, now=self.now,
        ).id  # fmt: skip

    def _approve(self, application: JoinApplication) -> int:
        result = approve_applications(
            application_ids=[application.id], note="看过", actor=self.cadre, now=self.now
        )
        if not result.decided:
            raise LookupError("not approved")
        application.refresh_from_db()
        self._counts(NEW, application.union)
        self._stands(application.worker_id, application.union_id)
        assert result.run_id is not None
        return result.run_id

    def _counts(self, code: str, union: Union, persons: int = 1) -> None:
        union.refresh_from_db()
        self.counted.append(Counted(code, self._today(), self.now, union.id, union.adcode, persons))

    def _stands(self, worker: int, union: int | None) -> None:
        self.standings.append(Standing(worker, self._today(), self.now, union))

    def _all_go(self, source: int, target: int | None) -> None:
        """All who are live members of one union now are so of the other, or of none."""
        last: dict[int, Standing] = {}
        for one in sorted(self.standings, key=lambda standing: (standing.day, standing.at)):
            last[one.person] = one
        for one in last.values():
            if one.union == source:
                self._stands(one.person, target)

    def _cut(self) -> dict[str, int]:
        return {"occupation": self.chosen.choice((1, 3, 4)), "channel": self.chosen.choice((1, 2))}

    def _today(self) -> date:
        return clock.business_day(self.now)

    def _lately(self) -> date:
        return self._today() - timedelta(days=self.chosen.choice((0, 0, 3, 20, 70)))

    def _earlier(self) -> date:
        return self._today() - timedelta(
            days=self.chosen.randrange((self._today() - BEGIN).days + 1)
        )

    def _member(self, **such: Any) -> Membership:
        return self._one(
            list(
                Membership.objects.filter(ended_on=None, **such)
                .select_related("union")
                .order_by("id")
            )
        )

    def _taking(self) -> Union:
        return self._one(self._living())

    def _living(self) -> list[Union]:
        return list(Union.objects.filter(accepts_members=True, ended_on=None).order_by("id"))

    def _two(self) -> tuple[Union, Union]:
        living = self._living()
        if len(living) < 3:
            raise LookupError("too few unions")
        source, target = self.chosen.sample(living, 2)
        return source, target

    def _joints(self) -> list[int]:
        return [union for name, union in self.ids.items() if "联合" in name or "joint" in name]

    def _all(self) -> list[int]:
        return list(self.ids.values())

    def _county(self) -> int:
        return self.ids[f"county{self.chosen.choice(COUNTIES)}"]

    def _one(self, among: list[Any]) -> Any:
        if not among:
            raise LookupError("nobody")
        return self.chosen.choice(among)


def _has_moved_since(union_id: int, day: date) -> bool:
    return Territory.objects.filter(
        union_id=union_id, is_seat=True, superseded_at=None, valid_from__gt=day
    ).exists()
