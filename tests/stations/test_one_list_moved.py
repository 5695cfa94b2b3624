"""What inspections had found before there was one list of repairs moves into it, and back."""

from importlib import import_module

import pytest
from django.db import connection

pytestmark = [pytest.mark.django_db, pytest.mark.owner]

MIGRATION = import_module("nuanxin.stations.migrations.0013_one_list_of_repairs")
# The tables as they were, in front of those of today for this transaction alone.
_AS_IT_WAS = """
CREATE TEMP TABLE stations_inspection (id bigint, inspected_at timestamptz);
CREATE TEMP TABLE stations_inspectionfinding (id bigserial, inspection_id bigint, station_id bigint,
    item text, text text, found int, note text, due_on date, mended_at timestamptz, mended_note text,
    mended_key text, mended_name text, seen_at timestamptz, seen_key text, seen_name text,
    repair_id bigint);
CREATE TEMP TABLE stations_repair (LIKE public.stations_repair INCLUDING ALL);
INSERT INTO stations_inspection SELECT n, now() FROM generate_series(1, 3) n;
INSERT INTO stations_inspectionfinding (inspection_id, station_id, item, text, found, note, due_on,
    mended_at, mended_note, mended_key, mended_name, seen_at, seen_key, seen_name) VALUES
 (1, 7, 'fire', '灭火器', 2, '甲', '2026-01-05', now(), '换了', 'a1', '', now(), 'a2', ''),
 (2, 7, 'fire', '灭火器', 2, '乙', '2026-02-05', NULL, '', '', '', NULL, '', ''),
 (3, 7, 'fire', '灭火器', 2, '丙', '2026-03-05', now(), '又换了', 'a1', '王', NULL, '', ''),
 (3, 7, 'sign', '标识', 1, '', NULL, NULL, '', '', '', NULL, '', '');
"""


def test_old_findings_become_one_thing_where_nobody_has_seen_them_mended():
    with connection.cursor() as cursor:
        cursor.execute(_AS_IT_WAS)
        stands = MIGRATION.BACK[MIGRATION.BACK.index("CREATE FUNCTION") :]
        cursor.execute(stands)
        cursor.execute(MIGRATION.MOVED)
        cursor.execute("SELECT id, note, how, due_on::text, seen_key, done_by_name, what "
                       "FROM stations_repair ORDER BY id")  # fmt: skip
        done, waiting = cursor.fetchall()
        assert done[1:] == ("甲", "换了", "2026-01-05", "a2", "工会", "check-fire")
        assert waiting[1:] == ("丙", "又换了", "2026-02-05", "", "王", "check-fire")
        cursor.execute("SELECT repair_id FROM stations_inspectionfinding ORDER BY id")
        assert cursor.fetchall() == [(done[0],), (waiting[0],), (waiting[0],), (None,)]
        cursor.execute(MIGRATION.BACK)
        cursor.execute("SELECT note, mended_note FROM stations_inspectionfinding ORDER BY id")
        assert cursor.fetchall() == [("甲", "换了"), ("乙", "又换了"), ("丙", "又换了"), ("", "")]
        cursor.execute("SELECT count(*) FROM stations_repair")
        assert cursor.fetchone() == (0,)
