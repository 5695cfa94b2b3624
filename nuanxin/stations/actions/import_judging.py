"""Every row of a list is held against what is there: new, changed, the same, unsure or wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from nuanxin.kernel import regions
from nuanxin.kernel.errors import Malformed
from nuanxin.kernel.geo import CRS, haversine_m
from nuanxin.kernel.parameters import parameter
from nuanxin.orgs.queries.places import region_bounds
from nuanxin.stations.actions.register import HOURS_FIELDS
from nuanxin.stations.models import Facility, Station, StationImport
from nuanxin.stations.queries.neighbours import known_in
from nuanxin.stations.rules.listed import Parsed, same_hours
from nuanxin.stations.rules.matching import Candidate, Known, Likeness, Listed, Neighbourhood
from nuanxin.stations.rules.names import compact_address, compact_name
from nuanxin.stations.rules.placing import Pair, Place, check_county, likelier_crs, place_of
from nuanxin.stations.states import RowVerdict

_LIKENESS_WORDS = {
    Likeness.CODE: "编号一样",
    Likeness.MAP_ID: "地图编号一样",
    Likeness.NAME_AND_PLACE: "名称一样，就在这里",
    Likeness.ADDRESS_AND_PLACE: "地址一样，叫法不同",
    Likeness.SOUND_AND_PLACE: "叫法很像，离得近",
    Likeness.NAME_FAR: "名称一样，离得远",
    Likeness.NAME_LIKE: "叫法有一段一样，离得近",
    Likeness.SAME_DOOR: "几乎在同一个门口",
}
_SKIP = {"value": "skip", "label": "这一行不登记"}


@dataclass(slots=True)
class Judged:
    """What a row is; ``draft`` are the values that would be written."""

    parsed: Parsed
    verdict: RowVerdict
    reason: str = ""
    choices: list[dict[str, str]] = field(default_factory=list)
    draft: dict[str, Any] | None = None
    station_id: int | None = None
    changes: dict[str, list[Any]] = field(default_factory=dict)


class Judge:
    """Judges the rows of one list against the stations of the union's counties, read once."""

    def __init__(self, listing: StationImport, parsed: Sequence[Parsed], *, on: date) -> None:
        self._listing, self._parsed, self._on = listing, parsed, on
        maps = [pair for one in parsed for pair in one.maps]
        self._known = known_in(*region_bounds(listing.union.adcode), maps, on=self._on)
        self._there: dict[int, Station] = {}
        self._facilities: dict[int, dict[str, int]] = {}

    def question(self) -> dict[str, Any] | None:
        """Return what must be asked of the whole list: whether its system is another one."""
        if self._listing.crs_is_sure:
            return None
        pairs = [
            Pair(one.values["lng"], one.values["lat"], known.lng, known.lat)
            for one in self._parsed
            if one.problem is None and one.values["crs"] == self._listing.crs
            for known in self._alike(one)[:1]
        ]
        least = int(parameter("stations.list_systematic_shift", adcode="000000", on=self._on).value)
        found = likelier_crs(pairs, CRS(self._listing.crs), at_least=least)
        if found is None:
            return None
        crs, off_said, off_likelier = found
        return {
            "crs": crs.value,
            "text": f"您说坐标是{CRS(self._listing.crs).label}的，可和已登记的 {len(pairs)} 个比，"
            f"都偏了 {off_said:.0f} 米上下；按{crs.label}换算，只差 {off_likelier:.0f} 米。",
        }

    def _alike(self, one: Parsed) -> list[Known]:
        """Return what the row is held against for its system: surely or likely it, else next door."""
        values, address = one.values, compact_address(one.values["address"])
        return (
            self._known.certain(one.code, one.maps)
            or self._known.alike(values["adcode"], compact_name(values["name"]), address)
            or self._known.next_doors(values["adcode"], address)
        )

    def judge_all(self) -> list[Judged]:
        """Return the verdict of every row, in order; a row that repeats an earlier one says so."""
        earlier = Neighbourhood([], distances=self._known.distances)
        judged = []
        placed = [(one, self._placed(one)) for one in self._parsed]
        self._load([c[0].station.id for _, at in placed if isinstance(at, tuple) and (c := at[1])])
        for one, at in placed:
            found = at if isinstance(at, Judged) else self._settled(one, *at, earlier)
            judged.append(found)
            if not isinstance(at, Judged):
                earlier.add(_as_known(one, at[0]))
        return judged

    def judge_decided(self, one: Parsed, decision: str) -> Judged:
        """Return the verdict of a row after a person has chosen one of its choices."""
        if decision == "skip":
            return Judged(one, RowVerdict.SKIPPED, "您说不登记。")
        if decision == "swap" and one.problem is None:
            one.values["lng"], one.values["lat"] = one.values["lat"], one.values["lng"]
        kind, _, rest = decision.partition(":")
        if kind == "crs":
            one.values["crs"] = CRS(rest).value
        at = self._placed(one)
        if isinstance(at, Judged):
            return at
        place, candidates = at
        if decision == "new":
            return Judged(one, RowVerdict.NEW, "您说是另一个。", draft=_draft(one, place))
        if kind == "same":
            self._load([int(rest)])
            return self._known_one(one, place, int(rest), "您说就是它。")
        self._load([c.station.id for c in candidates])
        return self._settled(
            one, place, candidates, Neighbourhood([], distances=self._known.distances)
        )

    # ---- inside ---------------------------------------------------------------------------------

    def _placed(self, one: Parsed) -> Judged | tuple[Place, list[Candidate]]:
        if one.problem is not None:
            return Judged(one, RowVerdict.WRONG, one.problem[1])
        values = one.values
        try:
            place = place_of(values["lng"], values["lat"], CRS(values["crs"]))
            county = regions.region(f"{values['adcode']:06}")
            far = parameter("stations.county_far_km", adcode=county.code, on=self._on).value
            check_county(place, seat=(county.lng, county.lat), name=county.name, far_km=float(far))
        except Malformed as refusal:
            if refusal.code == "station.swapped":
                swap = {"value": "swap", "label": "对调以后再登记"}
                return Judged(one, RowVerdict.UNSURE, refusal.message, [swap, _SKIP])
            return Judged(one, RowVerdict.WRONG, refusal.message)
        return place, self._known.candidates(_as_listed(one, place))

    def _settled(
        self, one: Parsed, place: Place, candidates: list[Candidate], earlier: Neighbourhood
    ) -> Judged:
        again = [c for c in earlier.candidates(_as_listed(one, place)) if c.likeness.is_sure]
        if again:
            return Judged(one, RowVerdict.REPEATED, f"和第 {again[0].station.id} 行是同一个。")
        sure = [c for c in candidates if c.likeness.is_sure]
        if len(sure) == 1:
            words = _LIKENESS_WORDS[sure[0].likeness]
            return self._known_one(one, place, sure[0].station.id, f"{words}。")
        if candidates:
            return self._unsure(one, place, candidates)
        told = "；".join(one.notes)
        return Judged(one, RowVerdict.NEW, told, draft=_draft(one, place))

    def _unsure(self, one: Parsed, place: Place, candidates: list[Candidate]) -> Judged:
        choices = [
            {
                "value": f"same:{c.station.id}",
                "label": f"就是「{c.station.name}」（{c.station.code}）：离 {c.distance_m} 米，"
                f"{_LIKENESS_WORDS[c.likeness]}",
            }
            for c in candidates
        ]
        first = candidates[0].station
        shifted = likelier_crs(
            [Pair(place.lng, place.lat, first.lng, first.lat)], CRS(one.values["crs"])
        )
        if shifted is not None and candidates[0].likeness is Likeness.NAME_FAR:
            label = f"这一行的坐标是{shifted[0].label}的，换算以后只差 {shifted[2]:.0f} 米"
            choices.insert(0, {"value": f"crs:{shifted[0].value}", "label": label})
        choices += [{"value": "new", "label": "是另一个，新登记"}, _SKIP]
        return Judged(
            one,
            RowVerdict.UNSURE,
            "可能已经登记过了，您看是不是同一个。",
            choices,
            _draft(one, place),
        )

    def _load(self, ids: Sequence[int]) -> None:
        wanted = [one for one in ids if one not in self._there]
        if not wanted:
            return
        self._there |= Station.objects.select_related("union").in_bulk(wanted)
        for number, kind, count in Facility.objects.filter(station_id__in=wanted).values_list(
            "station_id", "kind", "count"
        ):
            self._facilities.setdefault(number, {})[kind] = count

    def _known_one(self, one: Parsed, place: Place, number: int, why: str) -> Judged:
        station = self._there.get(number)
        if station is None:
            return Judged(one, RowVerdict.WRONG, "这个驿站刚被改过，请再读一遍。")
        if not station.union.path.startswith(self._listing.union.path):
            told = f"{why}它归{station.union.name}管（{station.code}），请那边来改。"
            return Judged(one, RowVerdict.SKIPPED, told)
        draft = _draft(one, place)
        changes = self._changes(station, draft, place, one)
        verdict = RowVerdict.CHANGED if changes else RowVerdict.SAME
        return Judged(one, verdict, why, draft=draft, station_id=number, changes=changes)

    def _changes(
        self, station: Station, draft: dict[str, Any], place: Place, one: Parsed
    ) -> dict[str, list[Any]]:
        """Return {field: [there, in the list]} of what the list writes and is not so yet."""
        found: dict[str, list[Any]] = {}
        for name, value in one.values.items():
            if name in ("name", "adcode", "lng", "lat", "crs"):
                continue
            there = getattr(station, name)
            there = there.isoformat() if isinstance(there, date) else there
            is_same = there == value
            if name == "address":
                is_same = compact_address(str(there)) == compact_address(value)
            elif name in HOURS_FIELDS:
                is_same = same_hours(str(there), value)
            if not is_same:
                found[name] = [there, value]
        off = haversine_m(station.wgs_lat, station.wgs_lng, place.wgs_lat, place.wgs_lng)
        if off > self._known.distances.moved_m:
            found["position"] = [f"{off:.0f} 米", [place.lng, place.lat, place.crs.value]]
        has = self._facilities.get(station.id, {})
        more = {kind: count for kind, count in one.facilities.items() if kind not in has}
        if more:
            found["facilities"] = [sorted(has), more]
        known = self._known.names_of(station.id)
        names = [n for n in (one.values["name"], one.brand, *one.aliases) if n]
        fresh = [n for n in dict.fromkeys(names) if compact_name(n) not in known]
        if fresh:
            found["names"] = [[], fresh]
        return found


def _draft(one: Parsed, place: Place) -> dict[str, Any]:
    return one.values | {
        "lng": place.lng,
        "lat": place.lat,
        "crs": place.crs.value,
        "wgs_lng": place.wgs_lng,
        "wgs_lat": place.wgs_lat,
        "name_compact": compact_name(one.values["name"]),
        "facilities": one.facilities,
        "brand": one.brand,
        "aliases": one.aliases,
        "maps": [list(pair) for pair in one.maps],
    }


def _as_listed(one: Parsed, place: Place) -> Listed:
    return Listed(
        name=compact_name(one.values["name"]),
        address=compact_address(one.values["address"]),
        lng=place.wgs_lng,
        lat=place.wgs_lat,
        adcode=one.values["adcode"],
        code=one.code,
        maps=tuple(one.maps),
    )


def _as_known(one: Parsed, place: Place) -> Known:
    """Return the row as a station that later rows of the list are held against; its id is the row."""
    row = _as_listed(one, place)
    return Known(
        one.row,
        row.code,
        one.values["name"],
        (row.name,),
        row.address,
        row.lng,
        row.lat,
        row.adcode,
    )
