"""What the processes that face the world may do in the database: the second wall (docs/adr/0140).

The tables belong to one role, which migrates; web pages and background jobs connect as another
one. It reads and writes rows, and can change no table, lift no trigger, empty no table, and alter
nothing of what is only ever appended, whatever a statement slipped into a page would say. The
guards that triggers are hold for the owner as well; these rights hold even without them.
"""

import os
from dataclasses import dataclass

from django.db import connection, transaction
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from config.database import WEB_URL
from config.embedded import uses_embedded_server
from config.postgres.cluster import WEB_ROLE
from nuanxin.kernel.errors import Unavailable

# Tables of which rows are added only; with the columns that may be filled in later.
APPENDED: dict[str, tuple[str, ...]] = {
    "records_event": (),
    "records_reading": (),
    "records_seal": (),
    "membership_memberflow": ("fold_id",),
    "people_contact": ("worker_id", "note"),
    "figures_reportversion": (),
    "figures_reportrender": (),
    "orgs_placement": ("superseded_at",),
    "orgs_territory": ("superseded_at",),
    "orgs_coverage": ("superseded_at",),
    "figures_approval": (),
    "figures_denominator": (),
    "programmes_delivery": (),
    "programmes_camppresence": (),
    "programmes_campday": (),
    "programmes_attendance": (),
    "programmes_scan": (),
    "programmes_feedback": (),
    "programmes_noshow": ("worker_id",),
    "stations_stationreport": (),
    "stations_doorscan": (),
    "stations_inspection": (),
    "stations_inspectionfinding": (),
    "stations_keeperpaper": (),
}
# What migrations alone write.
READ_ONLY = ("django_migrations", "django_content_type")


@dataclass(frozen=True, slots=True)
class TableRight:
    """One right on one table: SELECT, INSERT, UPDATE or DELETE."""

    table: str
    right: str


def web_role() -> str | None:
    """Return the role of the web processes, or None when they are the owner (only ``DATABASE_URL``)."""
    if uses_embedded_server():
        return WEB_ROLE
    url = os.environ.get(WEB_URL)
    return str(conninfo_to_dict(url).get("user") or "") or None if url else None


def grant_if_needed() -> bool:
    """Give the web role its rights and take away what is too much; return whether any was wrong.

    Cheap when all is well: one query. The connection is the owner's. Raises ``Unavailable`` when
    the role that ``NUANXIN_WEB_DATABASE_URL`` names does not exist.
    """
    role = web_role()
    if role is None:
        return False
    _check_role(role)
    if not wrong_rights(role):
        return False
    grant(role)
    return True


def grant(role: str) -> None:
    """Give ``role`` exactly the rights of a web process on every table, in one transaction."""
    name = sql.Identifier(role)
    statements = [
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
        "GRANT USAGE ON SCHEMA public TO {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        for text in statements:
            cursor.execute(sql.SQL(text).format(role=name))
        present = set(connection.introspection.table_names(cursor))
        for table in present.intersection(READ_ONLY):
            text = "REVOKE INSERT, UPDATE, DELETE ON {table} FROM {role}"
            cursor.execute(sql.SQL(text).format(table=sql.Identifier(table), role=name))
        for table in present.intersection(APPENDED):
            cursor.execute(_narrowed(table, APPENDED[table], name))


def _narrowed(table: str, columns: tuple[str, ...], role: sql.Identifier) -> sql.Composable:
    target = sql.Identifier(table)
    revoke = sql.SQL("REVOKE UPDATE, DELETE ON {table} FROM {role}").format(table=target, role=role)
    if not columns:
        return revoke
    named = sql.SQL(", ").join(map(sql.Identifier, columns))
    give = sql.SQL("GRANT UPDATE ({columns}) ON {table} TO {role}").format(
        columns=named, table=target, role=role
    )
    return sql.SQL("; ").join([revoke, give])


def wrong_rights(role: str) -> list[TableRight]:
    """Return the rights that ``role`` lacks or has too much of; empty when all is as it should be."""
    with connection.cursor() as cursor:
        cursor.execute(
            _WRONG,
            {"role": role, "appended": list(APPENDED), "read_only": list(READ_ONLY)},
        )
        return [TableRight(*row) for row in cursor.fetchall()]


def _check_role(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            raise Unavailable(
                "database.no_web_role",
                f"{WEB_URL} 里的用户 {role} 在数据库服务器上还没有。"
                f"请先建立它：CREATE ROLE {role} LOGIN PASSWORD '…'。",
            )


_WRONG = """
SELECT c.relname, r.privilege
  FROM pg_class c
 CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE'), ('TRIGGER'),
                    ('REFERENCES')) AS r (privilege)
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
   AND has_table_privilege(%(role)s, c.oid, r.privilege) IS DISTINCT FROM (
           r.privilege = 'SELECT'
           OR r.privilege = 'INSERT' AND c.relname <> ALL (%(read_only)s)
           OR r.privilege IN ('UPDATE', 'DELETE')
              AND c.relname <> ALL (%(read_only)s) AND c.relname <> ALL (%(appended)s))
 ORDER BY 1, 2
"""
