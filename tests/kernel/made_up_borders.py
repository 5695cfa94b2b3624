"""Borders that nobody has: the squares of the schematic map, as a GeoJSON file of degrees."""

import json
from pathlib import Path
from typing import Any

from nuanxin.kernel import regions

NUMBER = "浙S（2024）12号"


def squares() -> dict[str, Any]:
    """Return every county as a square of a tenth of a degree where the schematic map has it."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"adcode": int(tile.code), "name": tile.name},
                "geometry": {"type": "Polygon", "coordinates": [_square(tile.x, tile.y)]},
            }
            for tile in regions.tilemap().tiles
        ],
    }


def _square(x: int, y: int) -> list[list[float]]:
    west, north = 118 + x / 10, 31 - y / 10
    corners = [(0, 0), (0.05, 0), (0.1, 0), (0.1, -0.1), (0, -0.1), (0, 0)]  # one lies on a line
    return [[west + dx, north + dy] for dx, dy in corners]


def write(folder: Path, document: Any) -> str:
    """Write a document to a file of the folder and return its path."""
    path = folder / "borders.geojson"
    path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    return str(path)
