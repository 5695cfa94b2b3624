"""Unions that would take a person, when the one asked for does not."""

from django.db import connection

from nuanxin.membership.rules.receipts import Where

FIELDS = "u.id, u.code, u.name, u.adcode, u.contact_name, u.contact_phone"
TAKES = "u.accepts_members AND u.ended_on IS NULL AND u.state NOT IN ('merged', 'dissolved')"
_SUCCESSOR = f"""
WITH RECURSIVE chain (id, step) AS (
    SELECT merged_into_id, 1 FROM orgs_union WHERE id = %s
    UNION ALL
    SELECT n.merged_into_id, c.step + 1 FROM chain c JOIN orgs_union n ON n.id = c.id
    WHERE c.step < 20
)
SELECT {FIELDS} FROM chain c JOIN orgs_union u ON u.id = c.id
WHERE {TAKES} ORDER BY c.step LIMIT 1
"""
_INSTEAD = f"""
SELECT {FIELDS} FROM orgs_union u
WHERE u.adcode = ANY (%(counties)s) AND {TAKES}
ORDER BY u.route = 'backstop' DESC, u.kind = 'township' DESC, u.is_new_form DESC, u.id
LIMIT %(limit)s
"""
MOST_INSTEAD = 3


def find_successor(union_id: int) -> Where | None:
    """Return the living union that a merged one went into, over any number of merges."""
    with connection.cursor() as cursor:
        cursor.execute(_SUCCESSOR, [union_id])
        row = cursor.fetchone()
    return Where(*row) if row else None


def list_unions_instead(adcode: int | None) -> tuple[Where, ...]:
    """Return up to three unions of the county that take anybody: the backstop union first."""
    if adcode is None:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(_INSTEAD, {"counties": [adcode], "limit": MOST_INSTEAD})
        return tuple(Where(*row) for row in cursor.fetchall())
