"""Which areas the desk of 驿站 may look at: those whose federation lies in the actor's subtree."""

from dataclasses import dataclass

from nuanxin.kernel import policy, regions
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.errors import NotFound
from nuanxin.orgs.queries.tree import ids_of_path
from nuanxin.orgs.queries.unions import federation_paths, federation_regions


@dataclass(frozen=True, slots=True)
class Area:
    """A province, city or county with the federation whose it is."""

    adcode: int
    name: str
    union_id: int
    path: str
    lng: float
    lat: float

    @property
    def is_county(self) -> bool:
        """Return whether it is a county, not a city or the province."""
        return self.adcode % 100 != 0


def list_areas(actor: Actor, right: str, *, counties_only: bool = False) -> list[tuple[int, str]]:
    """Return (adcode, name) of the areas in which the actor holds ``right``, in order of code.

    Areas in which only part of a county is his (a basis union's officer) are not listed.
    """
    codes = sorted(federation_regions(policy.scope_paths(actor, right)))
    if counties_only:
        codes = [code for code in codes if code % 100] or codes
    known = [code for code in codes if str(code) in regions.REGIONS]
    return [(code, _name(code)) for code in known]


def get_area(actor: Actor, right: str, adcode: int) -> Area:
    """Return one area; raise ``NotFound`` where the actor does not hold ``right`` over it."""
    path = federation_paths([adcode]).get(adcode)
    if path is None or str(adcode) not in regions.REGIONS:
        raise NotFound()
    policy.check(actor, right, path=path)
    place = regions.region(str(adcode))
    return Area(adcode, _name(adcode), ids_of_path(path)[-1], path, place.lng, place.lat)


def _name(adcode: int) -> str:
    return regions.full_name(str(adcode), with_province=adcode % 10_000 == 0)
