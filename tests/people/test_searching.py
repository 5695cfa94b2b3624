"""Finding people by name, phone and number."""

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel import names
from nuanxin.people.queries import name_search_condition, search_condition
from tests.people.conftest import number, phone, register

pytestmark = pytest.mark.django_db

NAMES = [
    "王秀英",
    "王英秀英",
    "李王英",
    "欧阳秀",
    "阿依古丽·买买提",
    "John Smith",
    "张_伟",
    "张%伟",
]


def find(text, condition=name_search_condition):
    where, values = condition(text)
    with connection.cursor() as db:
        db.execute(f"SELECT w.name FROM people_worker w WHERE {where} ORDER BY w.id", values)
        return [row[0] for row in db.fetchall()]


@pytest.fixture
def people():
    for serial, name in enumerate(NAMES, start=1):
        register(serial, name=name)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("王", ["王秀英", "王英秀英"]),
        ("秀英", ["王秀英", "王英秀英"]),
        ("王英", ["王英秀英", "李王英"]),
        ("王秀英", ["王秀英"]),
        ("秀英王", []),
        (" 欧 阳 ", ["欧阳秀"]),
        ("买买提", ["阿依古丽·买买提"]),
        ("古丽买", ["阿依古丽·买买提"]),
        ("smith", ["John Smith"]),
        ("johnsmith", ["John Smith"]),
        ("张_伟", ["张_伟"]),
        ("张%伟", ["张%伟"]),
        ("", NAMES),
        ("'; DROP", []),
    ],
)
def test_a_name_is_found_by_its_beginning_or_any_run_of_it(people, text, found):
    assert find(text) == found


def test_pairs_that_stand_apart_are_no_run(people):
    register(99, name="英秀王英秀")
    assert find("王英秀英") == ["王英秀英"]


def test_merged_and_erased_records_are_not_found(people):
    with connection.cursor() as db:
        db.execute("UPDATE people_worker SET erased_at = now() WHERE name = '王秀英'")
    assert find("王秀英") == []


def test_a_whole_number_or_phone_is_found_by_its_hash_alone(people):
    where, values = search_condition(number(2))
    assert number(2) not in str(values)
    assert "name" not in where
    assert find(number(2).lower(), search_condition) == ["王英秀英"]
    assert find(phone(3), search_condition) == ["李王英"]
    assert find("李王英", search_condition) == ["李王英"]


def plan_of(text):
    where, values = name_search_condition(text)
    with connection.cursor() as db:
        db.execute(
            """INSERT INTO people_worker (name, name_key, identity_hint, identity_kind, phone_hint,
                                          sex, assurance, created_at)
               SELECT chr(19968 + n % 500) || chr(20968 + n % 700), '', '', 1, '', '', 1, now()
               FROM generate_series(1, 3000) AS n"""
        )
        db.execute("ANALYZE people_worker")
        db.execute("SET LOCAL enable_seqscan = off")
        db.execute(f"EXPLAIN SELECT w.id FROM people_worker w WHERE {where}", values)
        return "\n".join(row[0] for row in db.fetchall())


@pytest.mark.owner  # analyses the table
@pytest.mark.slow
@pytest.mark.parametrize("text", ["王", "王秀", "王秀英"])
def test_the_index_serves_every_search(people, text):
    assert "worker_name_grams" in plan_of(text)


@pytest.mark.slow
@given(st.text(alphabet="王秀英李·. aB'-𠮷", max_size=12))
def test_the_database_makes_the_same_pairs_as_the_search(raw):
    name = names.normalise_name(raw)
    plain = "^" + "".join(c for c in name if c not in " ·.-'").lower()
    with connection.cursor() as db:
        db.execute("SELECT people_name_grams(%s)", [name])
        grams = db.fetchone()[0]
    assert grams == [plain[i : i + 2] for i in range(len(plain) - 1)]
