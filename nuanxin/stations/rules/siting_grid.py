"""An equal grid over the ground: squares of a chosen side, the same ones on every machine.

Rows of latitude of exactly the side; in each row, columns as wide as the side at the row's middle.
A cell is (row, column); the SQL twin of ``cells_of`` is in ``queries.siting_demand``. Chosen over
hexagons of fixed sizes (h3) because the side is a setting and a database computes it (ADR 0162).
"""

from dataclasses import dataclass

import numpy as np

from nuanxin.stations.rules.siting import EARTH_RADIUS_M, Floats, Ints

SMALLEST_SIDE_M, LARGEST_SIDE_M = 100, 5_000
HOURS = 24
METRES_A_DEGREE = float(np.pi * EARTH_RADIUS_M / 180)


@dataclass(frozen=True, slots=True)
class Cells:
    """Grid cells with the persons who are there in each hour of a usual day (cells × 24)."""

    rows: Ints
    columns: Ints
    lat: Floats
    lng: Floats
    persons: Floats

    def __len__(self) -> int:
        return len(self.rows)


def cells_of(lat: Floats, lng: Floats, side_m: float) -> tuple[Ints, Ints]:
    """Return (row, column) of each WGS-84 point."""
    rows = np.floor(lat * METRES_A_DEGREE / side_m).astype(np.int64)
    width = METRES_A_DEGREE * np.cos(np.radians(_middle(rows, side_m)))
    return rows, np.floor(lng * width / side_m).astype(np.int64)


def centres_of(rows: Ints, columns: Ints, side_m: float) -> tuple[Floats, Floats]:
    """Return (lat, lng) of the middle of each cell."""
    lat = _middle(rows, side_m)
    lng = (columns + 0.5) * side_m / (METRES_A_DEGREE * np.cos(np.radians(lat)))
    return lat, lng


def gather(lat: Floats, lng: Floats, persons: Floats, side_m: float) -> Cells:
    """Return the cells of points with persons by hour (points × 24), sorted by row and column."""
    rows, columns = cells_of(lat, lng, side_m)
    pairs, which = np.unique(np.stack([rows, columns], 1), axis=0, return_inverse=True)
    totals = np.zeros((len(pairs), HOURS))
    np.add.at(totals, which.ravel(), persons)
    lat, lng = centres_of(pairs[:, 0], pairs[:, 1], side_m)
    return Cells(pairs[:, 0], pairs[:, 1], lat, lng, totals)


def _middle(rows: Ints, side_m: float) -> Floats:
    return np.asarray((rows + 0.5) * side_m / METRES_A_DEGREE)
