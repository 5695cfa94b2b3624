"""A camp in the cast's county, and families for it: what the tests of camps share."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from nuanxin.kernel import clock
from nuanxin.kernel.actor import Actor
from nuanxin.programmes.actions import camp_places, camps, child_consents, children
from nuanxin.programmes.actions.camps import ClassDraft
from nuanxin.programmes.actions.children import ChildDraft
from nuanxin.programmes.models import Camp, CampClass, CampPlace, CampStaff, Child
from nuanxin.programmes.rules.camp_texts import current_texts
from nuanxin.programmes.states import Care, Guardianship, SaidBy, StaffRole, Way
from tests.programmes.conftest import Town

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏"


@dataclass
class CampTown:
    """A town with a camp; ``today`` is the day of the test."""

    town: Town

    @property
    def now(self) -> Any:
        return self.town.cast.now

    @property
    def today(self) -> date:
        return clock.business_day(self.now)

    @property
    def cadre(self) -> Actor:
        return self.town.cast.county_cadre

    def camp(self, *, sizes: tuple[int, ...] = (30,), starts_in: int = 20, days: int = 21) -> Camp:
        """Return a published camp with a class a size, grades one to six."""
        offer = self.town.offer(Way.BY_CLASS, places=sum(sizes), definition="children_camp")
        camp = camps.set_up_camp(
            offer_id=offer.id,
            starts_on=self.today + timedelta(days=starts_in),
            ends_on=self.today + timedelta(days=starts_in + days - 1),
            insurance="人保意外险 2026-0012",
            actor=self.cadre,
            now=self.now,
        )
        for number, size in enumerate(sizes, start=1):
            self.room(camp, size=size, label=f"{number} 班")
        return camp

    def room(self, camp: Camp, *, size: int = 30, label: str = "1 班", **more: Any) -> CampClass:
        draft = ClassDraft(
            label=label, place="大关社区学堂", opens_at=time(8, 30), closes_at=time(17, 30),
            grade_from=more.pop("grade_from", 1), grade_to=more.pop("grade_to", 6), size=size, **more,
        )  # fmt: skip
        return camps.add_class(camp_id=camp.id, draft=draft, actor=self.cadre, now=self.now)

    def child(
        self, guardian: Actor, *, name: str = "叶小禾", years: int = 8, grade: int = 2,
        consents: tuple[Care, ...] = (Care.CARE,), pickup: bool = True,
    ) -> Child:  # fmt: skip
        """Return a child of the guardian's of so many full years, consented to, with a grandmother."""
        born = date(
            self.today.year - years - 1, 12 if self.today.month == 12 else self.today.month, 1
        )
        draft = ChildDraft(name=name, born=born, grade=grade, relation=Guardianship.MOTHER)
        child = children.add_child(draft=draft, actor=guardian, now=self.now)
        if consents:
            self.consent(guardian, child, *consents)
        if pickup:
            children.add_pickup_person(
                child_id=child.id, name="周奶奶", phone="19900009999", relation="奶奶",
                actor=guardian, now=self.now,
            )  # fmt: skip
        return child

    def consent(
        self, guardian: Actor, child: Child, *cares: Care, said_by: SaidBy = SaidBy.GUARDIAN
    ) -> None:
        child_consents.record_consents(
            child_id=child.id, cares=cares, version=current_texts(self.today).version,
            said_by=said_by, checked_at=self.now, actor=guardian, now=self.now,
        )  # fmt: skip

    def ask(
        self, guardian: Actor, camp: Camp, *kids: Child, room: CampClass | None = None,
        is_together: bool = False, **more: Any,
    ) -> list[camp_places.Placed]:  # fmt: skip
        """Ask for the first class (or ``room``) for each of the children."""
        chosen = room or CampClass.objects.filter(camp=camp).order_by("ordinal").first()
        assert chosen is not None
        return camp_places.apply_for_children(
            code=camp.offer.code,
            choices=[camp_places.Choice(child.id, chosen.id) for child in kids],
            is_together=is_together,
            accepts=more.pop("accepts", True),
            actor=guardian,
            now=more.pop("now", self.now),
        )

    def families(self, count: int, *, kids: int = 1) -> list[tuple[Actor, list[Child]]]:
        """Return so many members with so many children each, ready to apply."""
        found = []
        for number, rider in enumerate(self.town.riders(count)):
            surname = SURNAMES[number % len(SURNAMES)]
            own = [
                self.child(
                    rider,
                    name=f"{surname}{'小大中新安'[k]}{'禾苗谷雨露'[number // 40 % 5]}",
                    grade=2,
                )
                for k in range(kids)
            ]
            found.append((rider, own))
        return found

    def staff(self, name: str, role: StaffRole, *, months_ago: int = 2, **more: Any) -> CampStaff:
        """Return somebody whose record was checked so many months ago."""
        county = self.town.cast.unions["county"]
        return camps.add_staff(
            union_id=county.id,
            name=name,
            role=role,
            checked_on=more.pop("checked_on", self.today - timedelta(days=31 * months_ago)),
            trained_on=more.pop("trained_on", self.today - timedelta(days=40)),
            actor=self.cadre,
            now=self.now,
            **more,
        )

    def held(self, camp: Camp) -> int:
        return CampPlace.objects.filter(camp_class__camp=camp, state__in=(3, 4)).count()
