"""Sweeping: does what is derived agree with what it is derived from? Asked by ``nuanxin doctor``."""

from dataclasses import dataclass
from enum import StrEnum

from nuanxin.orgs.queries.rows import fetch_all


class TreeFaultKind(StrEnum):
    """What can be wrong with the tree although every row by itself is right."""

    PATH = "path"
    PARENT = "parent"
    CLOSURE_MISSING = "closure_missing"
    CLOSURE_TOO_MUCH = "closure_too_much"
    SEAT = "seat"

    @property
    def label(self) -> str:
        """Return the Chinese sentence."""
        return {
            "path": "路径和上级对不上",
            "parent": "今天的上级和隶属关系对不上",
            "closure_missing": "上下级闭包缺了一行",
            "closure_too_much": "上下级闭包多了一行",
            "seat": "驻地和今天登记的地区对不上",
        }[self.value]


@dataclass(frozen=True, slots=True)
class TreeFault:
    """One disagreement; ``detail`` says what is kept and what should be."""

    kind: TreeFaultKind
    union_id: int
    detail: str


_FAULTS = """
WITH RECURSIVE down AS (
    SELECT id, '/' || id || '/' AS path FROM orgs_union WHERE parent_id IS NULL
    UNION ALL
    SELECT u.id, down.path || u.id || '/' FROM orgs_union u JOIN down ON u.parent_id = down.id
), open AS (
    SELECT union_id, parent_id FROM orgs_placement
    WHERE kind = 1 AND superseded_at IS NULL AND valid_to IS NULL
), chain AS (
    SELECT union_id, union_id AS ancestor_id, 0 AS depth, valid_from, valid_to
    FROM orgs_placement WHERE kind = 1 AND superseded_at IS NULL
    UNION ALL
    SELECT c.union_id, p.parent_id, c.depth + 1, greatest(c.valid_from, p.valid_from),
           least(c.valid_to, p.valid_to)
    FROM chain c JOIN orgs_placement p ON p.union_id = c.ancestor_id AND p.kind = 1
    WHERE p.superseded_at IS NULL AND c.depth < 64
      AND daterange(p.valid_from, p.valid_to) && daterange(c.valid_from, c.valid_to)
), right_closure AS (
    SELECT ancestor_id, union_id, depth, valid_from, coalesce(valid_to, 'infinity') AS valid_to
    FROM chain
    UNION ALL
    SELECT id, id, 0, founded_on, 'infinity' FROM orgs_union WHERE parent_id IS NULL
), kept_closure AS (
    SELECT ancestor_id, union_id, depth::int, valid_from, coalesce(valid_to, 'infinity')
    FROM orgs_ancestry WHERE superseded_at IS NULL
), lacking AS (
    SELECT * FROM right_closure EXCEPT ALL SELECT * FROM kept_closure
), surplus AS (
    SELECT * FROM kept_closure EXCEPT ALL SELECT * FROM right_closure
)
SELECT 'path', u.id, u.path || ' <> ' || coalesce(d.path, '?')
FROM orgs_union u LEFT JOIN down d ON d.id = u.id WHERE d.path IS DISTINCT FROM u.path
UNION ALL
SELECT 'parent', u.id, coalesce(u.parent_id::text, '-') || ' <> ' || coalesce(o.parent_id::text, '-')
FROM orgs_union u LEFT JOIN open o ON o.union_id = u.id
WHERE u.ended_on IS NULL AND o.parent_id IS DISTINCT FROM u.parent_id
UNION ALL
SELECT 'closure_missing', union_id, ancestor_id || ' ' || valid_from FROM lacking
UNION ALL
SELECT 'closure_too_much', union_id, ancestor_id || ' ' || valid_from FROM surplus
UNION ALL
SELECT 'seat', u.id, u.adcode || ' <> ' || coalesce(t.adcode::text, '-')
FROM orgs_union u LEFT JOIN orgs_territory t ON t.union_id = u.id AND t.is_seat
    AND t.superseded_at IS NULL AND t.valid_to IS NULL
WHERE u.ended_on IS NULL AND (t.adcode IS DISTINCT FROM u.adcode
      OR t.town_code IS DISTINCT FROM u.town_code)
LIMIT %(limit)s
"""


def list_path_faults(limit: int = 20) -> list[TreeFault]:
    """Return where paths, parents, closure or seats of today disagree; empty when all agrees."""
    rows = fetch_all(_FAULTS, {"limit": limit})
    return [TreeFault(TreeFaultKind(kind), union_id, detail) for kind, union_id, detail in rows]
