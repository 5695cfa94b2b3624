"""The sealed chain: what was sealed cannot be changed unseen, whoever owns the database."""

import json

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel.actor import SYSTEM
from nuanxin.kernel.errors import Forbidden
from nuanxin.records import rules
from nuanxin.records.actions import NewEvent, append_event, append_events, seal_events
from nuanxin.records.models import Seal
from nuanxin.records.queries import checkpoint_file, verify_chain
from nuanxin.records.states import ChainFault
from tests.records.committed import at_once
from tests.records.conftest import AUDIT_ADMIN, NOW, OFFICER

# Only the owner of the tables can switch the guards off; that it is seen is the point.
pytestmark = pytest.mark.owner


def append_some(count=10):
    rows = [NewEvent("membership.approved", "worker", n, 311, {"n": n}) for n in range(count)]
    append_events(rows, actor=OFFICER, at=NOW)


def seal(**options):
    return seal_events(NOW, patience_seconds=0, **options)


def verify():
    return verify_chain(actor=AUDIT_ADMIN)


def tamper(statement, *values):
    """Do what a database owner can do: switch the guard off and change a row."""
    with connection.cursor() as db:
        db.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("records_event", "records_seal"):
            db.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
        db.execute(statement, values)
        for table in ("records_event", "records_seal"):
            db.execute(f"ALTER TABLE {table} ENABLE TRIGGER append_only")


def event_ids():
    with connection.cursor() as db:
        db.execute("SELECT id FROM records_event ORDER BY id")
        return [row[0] for row in db.fetchall()]


@pytest.fixture
def small_blocks(monkeypatch):
    """Four events a seal, so that a few events make several seals."""
    monkeypatch.setattr("nuanxin.records.actions.sealing.SEAL_BLOCK_EVENTS", 4)


@pytest.mark.django_db
def test_what_was_sealed_verifies(small_blocks):
    append_some(10)
    assert seal() == 10
    outcome = verify()
    assert outcome.is_sound
    assert (outcome.seals, outcome.events, outcome.unsealed_events) == (3, 10, 0)


@pytest.mark.django_db
def test_later_events_are_counted_as_unsealed_until_the_next_seal(small_blocks):
    append_some(3)
    seal()
    append_some(2)
    assert verify().unsealed_events == 2
    assert seal() == 2
    assert verify().unsealed_events == 0


@pytest.mark.django_db
def test_an_empty_log_verifies_and_seals_nothing():
    assert seal() == 0
    assert verify().is_sound


@pytest.mark.django_db
@pytest.mark.parametrize("position", [0, 3, 4, 9])
@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE records_event SET actor_name = '别人' WHERE id = %s", ChainFault.EVENT_CHANGED),
        ("UPDATE records_event SET data = '{\"n\": -1}' WHERE id = %s", ChainFault.EVENT_CHANGED),
        (
            "UPDATE records_event SET at = at + interval '1 microsecond' WHERE id = %s",
            ChainFault.EVENT_CHANGED,
        ),
        ("DELETE FROM records_event WHERE id = %s", ChainFault.EVENT_MISSING),
    ],
)
def test_a_changed_or_deleted_event_is_named(small_blocks, position, statement, fault):
    append_some(10)
    seal()
    victim = event_ids()[position]
    assert verify().is_sound
    tamper(statement, victim)
    outcome = verify()
    assert (outcome.fault, outcome.first_broken_event) == (fault, victim)
    assert outcome.broken_seal is not None


@pytest.mark.django_db
def test_an_event_slipped_into_a_gap_is_named(small_blocks):
    append_some(4)
    with connection.cursor() as db:
        db.execute("SELECT nextval('records_event_id_seq')")
        gap = db.fetchone()[0]
    append_some(4)
    seal()
    tamper(
        "INSERT INTO records_event (id, at, kind, actor_name, subject_type) "
        "VALUES (%s, now(), 'a.b', '', 'x')",
        gap,
    )
    outcome = verify()
    assert (outcome.fault, outcome.first_broken_event) == (ChainFault.EVENT_ADDED, gap)


@pytest.mark.django_db
def test_a_seal_rewritten_with_the_changed_event_lacks_the_signature(small_blocks):
    append_some(4)
    seal()
    checkpoint_file().unlink()
    victim = event_ids()[1]
    tamper("UPDATE records_event SET actor_name = '别人' WHERE id = %s", victim)
    before = Seal.objects.get()
    from nuanxin.records import queries

    lines = queries.canonical_lines(1, victim + 10, limit=100)
    lines = [line for line in lines if line[0] <= before.last_event]
    leaves = rules.leaves_of(lines, first_event=before.first_event)
    forged = rules.seal_digest(
        previous=rules.NO_DIGEST,
        first_event=before.first_event,
        last_event=before.last_event,
        events_count=len(lines),
        body=rules.body_digest(text for _, text in lines),
        leaves=leaves,
    )
    tamper("UPDATE records_seal SET digest = %s, leaves = %s", forged, leaves)
    assert verify().fault is ChainFault.SIGNATURE_WRONG


@pytest.mark.django_db
def test_a_removed_seal_breaks_the_chain(small_blocks):
    append_some(12)
    seal()
    middle = Seal.objects.order_by("id")[1]
    tamper("DELETE FROM records_seal WHERE id = %s", middle.id)
    assert verify().fault is ChainFault.SEAL_BROKEN


@pytest.mark.django_db
def test_a_log_cut_off_at_its_end_is_betrayed_by_the_checkpoints_outside(small_blocks):
    append_some(8)
    seal()
    last = Seal.objects.order_by("-id")[0]
    tamper("DELETE FROM records_event WHERE id >= %s", last.first_event)
    tamper("DELETE FROM records_seal WHERE id = %s", last.id)
    assert verify().fault is ChainFault.CHECKPOINT_AHEAD


@pytest.mark.django_db
def test_a_checkpoint_that_says_something_else_is_a_fault(small_blocks):
    append_some(8)
    seal()
    first, second = checkpoint_file().read_text().splitlines()
    entry = json.loads(first) | {"digest": "00" * 32}
    checkpoint_file().write_text(f"{json.dumps(entry)}\n{second}\n")
    assert verify().fault is ChainFault.CHECKPOINT_DIFFERS


@pytest.mark.django_db
def test_checkpoints_lost_in_a_crash_are_written_by_the_next_run(small_blocks):
    append_some(8)
    seal()
    whole = checkpoint_file().read_text()
    first, second = whole.splitlines(keepends=True)
    checkpoint_file().write_text(first + second[:20])  # torn in the middle of a line
    assert verify().is_sound
    seal()
    assert checkpoint_file().read_text() == whole


@pytest.mark.django_db
def test_only_the_audit_administrator_verifies():
    with pytest.raises(Forbidden):
        verify_chain(actor=OFFICER)
    assert verify_chain(actor=AUDIT_ADMIN).is_sound
    assert verify_chain(actor=SYSTEM).is_sound


@pytest.mark.slow
def test_nothing_is_sealed_past_an_open_transaction(committed):
    append_some(2)

    def meanwhile():
        append_event("c.d", actor=OFFICER, at=NOW, subject_type="worker", subject_id=2)
        return seal()

    with transaction.atomic():
        late = append_event("a.b", actor=OFFICER, at=NOW, subject_type="worker", subject_id=1)
        assert at_once([meanwhile]) == [0]
    assert seal() == 4
    assert verify().is_sound
    assert Seal.objects.get().first_event <= late <= Seal.objects.get().last_event


lines_strategy = st.lists(st.text(max_size=20), min_size=1, max_size=12).map(
    lambda texts: [(5 + 2 * n, text) for n, text in enumerate(texts)]
)


@pytest.mark.slow
@given(lines=lines_strategy, data=st.data())
def test_any_single_change_is_found_at_its_place(lines, data):
    leaves = rules.leaves_of(lines, first_event=5)
    assert rules.first_difference(leaves, lines, first_event=5) is None
    place = data.draw(st.integers(0, len(lines) - 1))
    number, text = lines[place]
    changed = [*lines[:place], (number, text + "!"), *lines[place + 1 :]]
    assert rules.first_difference(leaves, changed, first_event=5) == (
        number,
        ChainFault.EVENT_CHANGED,
    )
    without = [*lines[:place], *lines[place + 1 :]]
    assert rules.first_difference(leaves, without, first_event=5) == (
        number,
        ChainFault.EVENT_MISSING,
    )


@pytest.mark.slow
@given(lines=lines_strategy, previous=st.binary(min_size=32, max_size=32))
def test_a_seal_depends_on_everything_it_stands_for(lines, previous):
    def digest(**changes):
        values = {
            "previous": previous,
            "first_event": 5,
            "last_event": lines[-1][0],
            "events_count": len(lines),
            "body": rules.body_digest(text for _, text in lines),
            "leaves": rules.leaves_of(lines, first_event=5),
        }
        return rules.seal_digest(**(values | changes))

    changed = [
        digest(previous=bytes(32 - 1) + b"\1" if previous == bytes(32) else bytes(32)),
        digest(first_event=4),
        digest(last_event=lines[-1][0] + 1),
        digest(events_count=len(lines) + 1),
        digest(body=rules.body_digest(["something else entirely, thirty characters"])),
        digest(leaves=b""),
    ]
    assert len({digest(), *changed}) == len(changed) + 1
