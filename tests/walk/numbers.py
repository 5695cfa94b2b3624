"""Public numbers for the walk: pages, tables and pictures of a region, cards of a figure."""

from typing import Any


def number_samples(sample: Any) -> dict[str, Any]:
    """Return the samples of the public addresses of figures; ``sample`` makes one."""
    return {
        "figures-region": sample(missing={"region": 1}, public=lambda cast: {"region": 330105}),
        "figures-card": sample(
            missing={"code": "nothing"}, public=lambda cast: {"code": "orgs.unions"}
        ),
        "figures-card-picture": sample(
            missing={"code": "nothing"}, public=lambda cast: {"code": "orgs.unions"}
        ),
        "figures-chart": sample(
            missing={"region": 1, "kind": "trend"},
            public=lambda cast: {"region": 330105, "kind": "trend"},
        ),
        "figures-table": sample(
            missing={"region": 1, "kind": "csv"},
            public=lambda cast: {"region": 330105, "kind": "csv"},
        ),
        "figures-region-services": sample(
            missing={"region": 1}, public=lambda cast: {"region": 330105}
        ),
        "figures-services-table": sample(
            missing={"region": 1, "kind": "csv"},
            public=lambda cast: {"region": 330105, "kind": "csv"},
        ),
    }
