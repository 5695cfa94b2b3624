"""The second wall: what a web process cannot do in the database, whatever is slipped into it.

Safety 3.7, invariants 19 and 20; docs/adr/0140.
"""

import pytest
from django.db import ProgrammingError, connection, transaction

from config import web_role
from config.commands.up import _without_owner
from config.database import database_settings
from config.postgres.cluster import ROLE, WEB_ROLE
from config.web_role import APPENDED
from nuanxin.kernel import clock
from nuanxin.kernel.actor import SYSTEM
from nuanxin.records.actions import append_event

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _is_the_web_role(_can_take_web_role: bool) -> None:
    if not _can_take_web_role:
        pytest.skip("this server's role may make no other role (CREATEROLE)")


def run(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_tests_have_the_rights_of_a_web_process() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, session_user")
        current, session = cursor.fetchone()
    assert current == WEB_ROLE != session


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE records_event DISABLE TRIGGER ALL",
        "ALTER TABLE people_worker ADD COLUMN slipped_in int",
        "DROP TRIGGER append_only ON records_event",
        "DROP TABLE membership_membership",
        "CREATE TABLE slipped_in (n int)",
        "CREATE FUNCTION slipped_in() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION records_refuse_change() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER slipped_in BEFORE INSERT ON records_event"
        " FOR EACH ROW EXECUTE FUNCTION records_refuse_change()",
        "SET LOCAL session_replication_role = replica",
        "COPY (SELECT 1) TO PROGRAM 'id'",
        "COPY records_event FROM '/etc/passwd'",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT passwd FROM pg_shadow",
        "UPDATE django_migrations SET name = name",
        "COMMENT ON TABLE django_migrations IS 'other keys'",
    ],
)
def test_a_web_process_cannot(statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be (owner|superuser)"):
        run(statement)


@pytest.mark.parametrize("table", APPENDED)
@pytest.mark.parametrize("change", ["DELETE FROM {}", "TRUNCATE {}", "UPDATE {} SET id = id"])
def test_what_is_appended_is_only_appended(table: str, change: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        run(change.format(table))


def test_every_table_is_emptied_by_its_owner_only() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')"
            " AND relnamespace = 'public'::regnamespace"
            " AND has_table_privilege(oid, 'TRUNCATE, TRIGGER, REFERENCES')"
        )
        assert cursor.fetchall() == []


def test_every_guarded_table_is_known_here() -> None:
    """Whoever adds a table that is only appended adds it to ``APPENDED``, too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger"
            " WHERE tgname IN ('append_only', 'never_deleted', 'never_rewritten')"
        )
        assert {row[0] for row in cursor.fetchall()} == set(APPENDED)


def test_and_what_a_web_process_must_do_it_can() -> None:
    number = append_event(
        "access.signed_in",
        actor=SYSTEM,
        at=clock.now(),
        subject_type="account",
        subject_id=None,
    )
    assert number
    run("UPDATE membership_memberflow SET fold_id = fold_id")
    run("UPDATE people_worker SET name = name")


@pytest.mark.owner
def test_rights_that_drifted_are_put_right() -> None:
    assert web_role.wrong_rights(WEB_ROLE) == []
    run(f"GRANT DELETE, TRUNCATE ON records_event TO {WEB_ROLE}")
    run(f"REVOKE SELECT ON orgs_union FROM {WEB_ROLE}")
    run("CREATE TABLE brought_by_a_later_migration (n int)")
    wrong = {(one.table, one.right) for one in web_role.wrong_rights(WEB_ROLE)}
    assert wrong >= {
        ("records_event", "DELETE"),
        ("records_event", "TRUNCATE"),
        ("orgs_union", "SELECT"),
        ("brought_by_a_later_migration", "INSERT"),
    }
    web_role.grant(WEB_ROLE)
    assert web_role.wrong_rights(WEB_ROLE) == []


@pytest.mark.parametrize("kind", ["web", "worker"])
def test_web_and_worker_connect_as_the_role_that_owns_nothing(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert database_settings()["default"]["USER"] == ROLE
    monkeypatch.setenv("NUANXIN_PROCESS", kind)
    assert database_settings()["default"]["USER"] == WEB_ROLE


def test_on_another_server_the_owner_stays_out_of_the_web_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://owner:one@db/nuanxin")
    monkeypatch.setenv("NUANXIN_PROCESS", "web")
    assert database_settings()["default"]["USER"] == "owner"
    assert web_role.web_role() is None
    assert _without_owner() == {}
    monkeypatch.setenv("NUANXIN_WEB_DATABASE_URL", "postgresql://pages:two@db/nuanxin")
    chosen = database_settings()["default"]
    assert (chosen["USER"], chosen["PASSWORD"]) == ("pages", "two")
    assert web_role.web_role() == "pages"
    assert _without_owner() == {"DATABASE_URL": "postgresql://pages:two@db/nuanxin"}
    monkeypatch.setenv("NUANXIN_PROCESS", "cli")
    assert database_settings()["default"]["USER"] == "owner"
