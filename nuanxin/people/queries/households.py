"""Who lives on one budget with somebody."""

from dataclasses import dataclass

from django.db import connection

from nuanxin.kernel import names

HOUSEHOLD_LIMIT = 30


@dataclass(frozen=True, slots=True)
class HouseholdPerson:
    """A living record in a household; the name is masked, though they know each other."""

    worker_id: int
    masked_name: str


_HOUSEHOLD = """
SELECT w.id, w.name FROM people_householdmember mine
JOIN people_householdmember other ON other.household_id = mine.household_id AND other.to_on IS NULL
JOIN people_worker w ON w.id = other.worker_id AND w.merged_into_id IS NULL AND w.erased_at IS NULL
WHERE mine.worker_id = %(worker)s AND mine.to_on IS NULL AND other.worker_id <> %(worker)s
ORDER BY other.from_on, other.id LIMIT %(limit)s
"""


def list_household(worker_id: int) -> list[HouseholdPerson]:
    """Return the others of a person's household, the longest in it first; nobody without one."""
    with connection.cursor() as cursor:
        cursor.execute(_HOUSEHOLD, {"worker": worker_id, "limit": HOUSEHOLD_LIMIT})
        return [HouseholdPerson(int(row[0]), names.mask_name(row[1])) for row in cursor.fetchall()]
