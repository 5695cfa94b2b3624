"""Rounds and inspections of stations of a given union, for the walk."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from nuanxin.kernel import clock, draw
from nuanxin.orgs.models import Union
from nuanxin.stations.models import (
    Inspection,
    InspectionFinding,
    InspectionRound,
    Nomination,
    Repair,
    Selection,
)
from nuanxin.stations.rules.inspections import sample_terms
from tests.cast import Cast
from tests.walk.stations import station


def round_of(cast: Cast, union: Union) -> dict[str, Any]:
    """Return the number of a committed round of the union."""
    today = clock.business_day(cast.now)
    made, _ = InspectionRound.objects.get_or_create(
        union=union,
        title="样例抽查",
        defaults={
            "permille": 100,
            "due_on": today + timedelta(days=30),
            "draw": draw.commit(
                sample_terms(
                    [(station(cast, union).code, "")], permille=100, title="样例抽查", seed="样例数"
                )
            ),
            "stations": 1,
            "created_at": cast.now,
        },
    )
    return {"round_id": made.id}


def inspection_of(cast: Cast, union: Union) -> dict[str, Any]:
    """Return the number of an inspection of a station of the union, something of it to be mended."""
    found = station(cast, union)
    made, is_new = Inspection.objects.get_or_create(
        client_id=UUID(int=found.id),
        defaults={
            "station": found, "kind": 2, "form_code": "liuyou-1", "inspected_at": cast.now,
            "sent_at": cast.now, "permille": 900, "verdict": 4, "inspector_key": "a0",
            "inspector_name": "样例",
        },
    )  # fmt: skip
    if is_new:
        repair = Repair.objects.create(
            station=found, what="check-fire", text="灭火器在有效期", source=7,
            reported_at=cast.now, due_on=clock.business_day(cast.now),
        )  # fmt: skip
        InspectionFinding.objects.create(
            inspection=made, station=found, item="fire", text="灭火器在有效期", found=2,
            repair=repair,
        )  # fmt: skip
    return {"inspection_id": made.id}


def station_to_inspect(cast: Cast, union: Union) -> dict[str, Any]:
    """Return the code of a station of the union."""
    return {"code": station(cast, union).code}


def selection_of(cast: Cast, union: Union) -> dict[str, Any]:
    """Return the number of a selection of the union."""
    return {"selection_id": _selection(cast, union).id}


def _selection(cast: Cast, union: Union) -> Selection:
    made, is_new = Selection.objects.get_or_create(
        code=f"sample-{union.id}",
        defaults={
            "union": union, "title": "样例评选", "year": 2026, "places": 1, "state": 3,
            "nominate_until": clock.business_day(cast.now), "weights": {}, "posted_at": cast.now,
            "publicity_until": cast.now + timedelta(days=7), "posted_key": "a0",
            "created_at": cast.now,
        },
    )  # fmt: skip
    if is_new:
        Nomination.objects.create(
            selection=made, station=station(cast, union), reason="通宵开门，骑手都说好",
            nominated_at=cast.now, nominated_key="a0", nominated_name="样例", total=900, rank=1,
            proof="检查 90.0 分 × 40 份", is_proposed=True,
        )  # fmt: skip
    return made


def inspection_samples(sample: Any, no_id: int) -> dict[str, Any]:
    """Return the samples of the addresses of inspections; ``sample`` makes one."""

    def public(cast: Cast) -> dict[str, Any]:
        return round_of(cast, cast.union("county"))

    return {
        "desk-inspection-round": sample(missing={"round_id": no_id}, of_union=round_of),
        "desk-inspection": sample(missing={"inspection_id": no_id}, of_union=inspection_of),
        "desk-inspect": sample(missing={"code": "330105-9999"}, of_union=station_to_inspect),
        "desk-station-roster": sample(missing={"code": "330105-9999"}, of_union=station_to_inspect),
        "desk-selection": sample(missing={"selection_id": no_id}, of_union=selection_of),
        "station-selection": sample(
            missing={"code": "nothing"},
            public=lambda cast: {"code": _selection(cast, cast.union("county")).code},
        ),
        "station-draw-file": sample(missing={"round_id": no_id}, public=public),
    }
