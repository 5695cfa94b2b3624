"""A class in session with a child, its keeper on the phone and two volunteers."""

from nuanxin.kernel.actor import Actor
from nuanxin.people.models import Worker
from nuanxin.programmes.actions import camp_days, camps, child_reading, children
from nuanxin.programmes.models import CampClass, PickupPerson
from nuanxin.programmes.queries.camp_days import list_day, pickup_code
from nuanxin.programmes.states import Care, HandOver, Presence, StaffRole


class Day:
    """A class in session with one child in it, its keeper on the phone and two volunteers."""

    def __init__(self, town, *, note="", starts_in=0, name="叶小禾"):
        self.town = town
        self.camp = town.camp(starts_in=starts_in)
        self.room = CampClass.objects.get(camp=self.camp)
        (self.guardian,) = town.town.riders(1)
        cares = (Care.CARE, Care.HEALTH) if note else (Care.CARE,)
        self.child = town.child(self.guardian, consents=cares, name=name)
        (placed,) = town.ask(self.guardian, self.camp, self.child)
        self.place_id = placed.place_id
        if note:
            children.write_health_note(
                place_id=self.place_id, text=note, actor=self.guardian, now=town.now
            )
        self.keeper, head = self.keeper_of("周老师", StaffRole.HEAD)
        others = [town.staff(name, StaffRole.VOLUNTEER) for name in ("李志愿", "王志愿")]
        for staff in others:
            self.assign(staff)
        self.staff = [head, *others]

    def keeper_of(self, name, role):
        worker = Worker.objects.create(name=name, created_at=self.town.now)
        staff = self.town.staff(name, role, worker_id=worker.id)
        self.assign(staff)
        return Actor(worker_id=worker.id, name=name), staff

    def assign(self, staff):
        camps.assign_staff(
            class_id=self.room.id, staff_id=staff.id, actor=self.town.cadre, now=self.town.now
        )

    def open(self, staff=None):
        camp_days.open_day(
            class_id=self.room.id, staff_ids=[one.id for one in staff or self.staff],
            actor=self.keeper, now=self.town.now,
        )  # fmt: skip

    def record(self, kind=Presence.ARRIVED, actor=None):
        return camp_days.record_presence(
            class_id=self.room.id, place_ids=[self.place_id], kind=kind,
            actor=actor or self.keeper, now=self.town.now,
        )  # fmt: skip

    def hand_over(self, *, pickup_id=None, code="", how=HandOver.CODE, now=None):
        listed = PickupPerson.objects.get(child=self.child).id
        camp_days.hand_over(
            class_id=self.room.id, place_id=self.place_id, pickup_id=pickup_id or listed, code=code,
            how=how, actor=self.keeper, now=now or self.town.now,
        )  # fmt: skip

    @property
    def code(self):
        return pickup_code(self.place_id, self.town.today)

    def row(self):
        (row,) = list_day(self.room.id, day=self.town.today)
        return row

    def read(self, *what, purpose="今天带班点名", actor=None):
        return child_reading.read_own_class(
            class_id=self.room.id, what=frozenset(what), purpose=purpose,
            actor=actor or self.keeper, now=self.town.now,
        )  # fmt: skip
