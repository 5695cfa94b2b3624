"""People as columns: identity numbers with true check digits, births, names, phones; all invented.

Numbers are drawn so that no two are equal. Phones begin with prefixes that, as far as is known,
were never given out, so that no message can reach anybody.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.random import Generator

from config.demo import names, wire
from config.demo.wire import Array, Column
from nuanxin.kernel import regions
from nuanxin.kernel.bulk_sealing import lookup_hashes, seal_many
from nuanxin.kernel.names import sort_key

PHONE_PREFIXES = (142, 143, 154, 160, 161, 163, 164, 168, 169)

# Provinces from which many come to work, by a county code of each.
ELSEWHERE = (
    340123, 340321, 341225, 341622, 360421, 361121, 361128, 411424, 411628, 412822,
    420528, 421127, 430525, 431224, 511025, 511623, 520522, 522323, 530322, 620523,
)  # fmt: skip

_WEIGHTS = np.array((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))
_CHECKS = np.frombuffer(b"10X98765432", dtype="S1")

# Mean and spread of the age at joining (years), and the share of women, by occupation.
AGES = {4: (31, 7), 3: (33, 8), 1: (41, 8), 2: (40, 8), 6: (49, 5), 7: (46, 6), 99: (36, 9)}
WOMEN = {4: 0.09, 3: 0.18, 1: 0.05, 2: 0.08, 6: 0.86, 7: 0.9, 99: 0.45}
_YOUNGEST, _OLDEST_MAN, _OLDEST_WOMAN = 18.0, 58.0, 53.0


@dataclass(frozen=True, slots=True)
class People:
    """Persons by position. ``identities`` are S18, ``phones`` S11, ``births`` day numbers."""

    identities: Array
    phones: Array
    births: Array
    women: Array
    created: Array
    """Instants in microseconds since 2000."""
    assurance: Array
    first_id: int = 0

    def __len__(self) -> int:
        return len(self.identities)

    def part(self, start: int, stop: int) -> "People":
        """Return the persons from ``start`` up to, not including, ``stop``."""
        return People(
            self.identities[start:stop],
            self.phones[start:stop],
            self.births[start:stop],
            self.women[start:stop],
            self.created[start:stop],
            self.assurance[start:stop],
            self.first_id + start,
        )


def make_people(
    random: Generator,
    *,
    occupations: Array,
    joined: Array,
    created: Array,
    assurance: Array,
    first_id: int,
) -> People:
    """Return one person for each of ``occupations``, of an age to join on the days ``joined``."""
    count = len(occupations)
    women = np.zeros(count, dtype=bool)
    age = np.zeros(count)
    for key, (mean, spread) in AGES.items():
        of_trade = np.flatnonzero(occupations == key)
        women[of_trade] = random.random(len(of_trade)) < WOMEN[key]
        age[of_trade] = random.normal(mean, spread, len(of_trade))
    oldest = np.where(women, _OLDEST_WOMAN, _OLDEST_MAN)
    # Who falls outside is spread over the whole range, so that no age is a heap.
    outside = (age < _YOUNGEST) | (age > oldest)
    age[outside] = (_YOUNGEST + random.random(count) * (oldest - _YOUNGEST))[outside]
    births = (joined - age * 365.25).astype(np.int64)
    births, first17 = _distinct_numbers(random, births, women)
    return People(
        identities=_with_check_digit(first17),
        phones=_phones(random, count),
        births=births.astype(np.int32),
        women=women,
        created=created,
        assurance=assurance,
        first_id=first_id,
    )


def _distinct_numbers(random: Generator, births: Array, women: Array) -> tuple[Array, Array]:
    """Return births (moved by a day where that was needed) and the first 17 digits, all distinct."""
    here = np.array([int(one.code) for one in regions.counties()])
    areas = np.concatenate([np.repeat(here, 2), np.array(ELSEWHERE)])
    area = areas[random.integers(0, len(areas), len(births))].astype(np.int64)
    serial = random.integers(0, 499, len(births)) * 2 + np.where(women, 2, 1)
    while True:
        number = area * 10**11 + _yyyymmdd(births) * 1000 + serial
        _, first = np.unique(number, return_index=True)
        if len(first) == len(number):
            return births, number
        again = np.ones(len(number), dtype=bool)
        again[first] = False
        births[again] -= 1
        serial[again] = random.integers(0, 499, again.sum()) * 2 + np.where(women[again], 2, 1)


def _yyyymmdd(days: Array) -> Array:
    first, last = int(days.min()), int(days.max())
    written = [int(wire.day_of(number).strftime("%Y%m%d")) for number in range(first, last + 1)]
    found: Array = np.array(written, dtype=np.int64)[days - first]
    return found


def _with_check_digit(first17: Array) -> Array:
    digits = np.empty((len(first17), 18), dtype=np.uint8)
    left = first17.copy()
    for place in range(16, -1, -1):
        left, digits[:, place] = np.divmod(left, 10)
    digits[:, 17] = _CHECKS[(digits[:, :17] * _WEIGHTS).sum(axis=1) % 11].view("u1") - 48
    return (digits + 48).view("S18").reshape(-1)


def _phones(random: Generator, count: int) -> Array:
    """Return distinct numbers of 11 digits: a walk through all of them with a large odd step."""
    room = len(PHONE_PREFIXES) * 10**8
    start = int(random.integers(0, room))
    at = (start + np.arange(count, dtype=np.int64) * 387_420_487) % room
    number = np.array(PHONE_PREFIXES)[at // 10**8] * 10**8 + at % 10**8
    digits = np.empty((count, 11), dtype=np.uint8)
    for place in range(10, -1, -1):
        number, digits[:, place] = np.divmod(number, 10)
    return (digits + 48).view("S11").reshape(-1)


def worker_rows(people: People, seed: tuple[int, ...]) -> tuple[list[Column], int, list[str]]:
    """Return the columns of ``people_worker``, how many rows, and the names that were given.

    Hashed and sealed just as the product does. ``seed`` fixes the names.
    """
    sexes = np.where(people.women, "F", "M")
    called = names.people_names(np.random.default_rng(seed), sexes.tolist())
    identities = [text.decode() for text in people.identities.tolist()]
    phones = [text.decode() for text in people.phones.tolist()]
    identity_hashes = lookup_hashes("identity", identities)
    phone_hashes = lookup_hashes("phone", phones)
    hints = people.identities.view("S1").reshape(len(people), 18)
    phone_hints = people.phones.view("S1").reshape(len(people), 11)
    columns = [
        Column("id", "int8", np.arange(people.first_id, people.first_id + len(people))),
        Column("name", "text", wire.texts(called)),
        Column("name_key", "text", wire.texts([sort_key(name) for name in called])),
        Column("identity_hash", "uuid", wire.voids(identity_hashes)),
        Column(
            "identity_sealed",
            "bytea",
            wire.voids(seal_many("identity", identities, identity_hashes)),
        ),
        Column("identity_hint", "text", _joined(hints, (0, 1, 2, 3, 14, 15, 16, 17))),
        Column("identity_kind", "int2", 1),
        Column("phone_hash", "uuid", wire.voids(phone_hashes)),
        Column("phone_sealed", "bytea", wire.voids(seal_many("phone", phones, phone_hashes))),
        Column("phone_hint", "text", _joined(phone_hints, (0, 1, 2, 7, 8, 9, 10))),
        Column("birth_on", "date", people.births),
        Column("sex", "text", wire.texts(sexes.tolist())),
        Column("assurance", "int2", people.assurance),
        Column("created_at", "timestamptz", people.created),
    ]
    return columns, len(people), called


def _joined(characters: Array, places: tuple[int, ...]) -> Array:
    picked = np.ascontiguousarray(characters[:, places])
    return picked.view(f"S{len(places)}").reshape(-1)


def birth_date(people: People, at: int) -> date:
    """Return the birth of the person at a position."""
    return wire.day_of(int(people.births[at]))
