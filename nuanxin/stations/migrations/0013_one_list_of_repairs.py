"""What inspections found to be mended moves into the list of repairs; findings point at it, and stand."""

import django.db.models.deletion
from django.db import migrations, models

# Of what nobody has seen yet, the same line found by several inspections is one thing out of order;
# what was seen stays a thing for each look.
MOVED = """
SET CONSTRAINTS ALL IMMEDIATE;
DROP TRIGGER finding_stands ON stations_inspectionfinding;
DROP FUNCTION stations_finding_stands();
ALTER TABLE stations_repair ADD COLUMN moved_from bigint;
INSERT INTO stations_repair (station_id, what, text, note, source, reported_at, due_on, done_at,
    done_by_name, done_key, how, seen_at, seen_key, seen_by_name, moved_from)
SELECT f.station_id, 'check-' || f.item, f.text, f.note, 7, i.inspected_at, f.due_on, f.mended_at,
       CASE WHEN f.mended_at IS NULL THEN '' ELSE coalesce(nullif(f.mended_name, ''), '工会') END,
       CASE WHEN f.mended_at IS NULL THEN '' ELSE f.mended_key END,
       CASE WHEN f.mended_at IS NULL THEN '' ELSE coalesce(nullif(f.mended_note, ''), '没有写') END,
       f.seen_at, f.seen_key, f.seen_name, f.id
  FROM stations_inspectionfinding f JOIN stations_inspection i ON i.id = f.inspection_id
 WHERE f.due_on IS NOT NULL
   AND (f.seen_at IS NOT NULL OR NOT EXISTS (
       SELECT FROM stations_inspectionfinding later
        WHERE later.station_id = f.station_id AND later.item = f.item AND later.id > f.id
          AND later.due_on IS NOT NULL AND later.seen_at IS NULL));
UPDATE stations_inspectionfinding f SET repair_id = r.id
  FROM stations_repair r WHERE r.moved_from = f.id;
UPDATE stations_inspectionfinding f SET repair_id = r.id
  FROM stations_repair r
 WHERE f.due_on IS NOT NULL AND f.repair_id IS NULL AND r.moved_from IS NOT NULL
   AND r.station_id = f.station_id AND r.what = 'check-' || f.item AND r.seen_at IS NULL;
UPDATE stations_repair r SET due_on = least(r.due_on, earlier.due_on)
  FROM (SELECT repair_id, min(due_on) AS due_on FROM stations_inspectionfinding
         WHERE repair_id IS NOT NULL GROUP BY repair_id) AS earlier
 WHERE earlier.repair_id = r.id AND r.moved_from IS NOT NULL;
ALTER TABLE stations_repair DROP COLUMN moved_from;
"""
BACK = """
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE stations_inspectionfinding f
   SET due_on = r.due_on, mended_at = r.done_at, mended_note = r.how, mended_key = r.done_key,
       mended_name = r.done_by_name, seen_at = r.seen_at, seen_key = r.seen_key,
       seen_name = r.seen_by_name, repair_id = NULL
  FROM stations_repair r WHERE r.id = f.repair_id;
DELETE FROM stations_repair WHERE source = 7;
CREATE FUNCTION stations_finding_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.found, OLD.note, OLD.item, OLD.due_on, OLD.inspection_id)
       IS DISTINCT FROM (NEW.found, NEW.note, NEW.item, NEW.due_on, NEW.inspection_id)
       OR OLD.seen_at IS NOT NULL THEN
        RAISE EXCEPTION 'what was found stands; only its mending moves'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'finding_stands';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER finding_stands BEFORE UPDATE ON stations_inspectionfinding
    FOR EACH ROW EXECUTE FUNCTION stations_finding_stands();
"""
STANDS = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON stations_inspectionfinding
    FOR EACH STATEMENT EXECUTE FUNCTION records_refuse_change();
"""
MOVES = "DROP TRIGGER append_only ON stations_inspectionfinding;"


class Migration(migrations.Migration):

    dependencies = [
        ('stations', '0012_grid_digest'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='inspectionfinding',
            name='what_is_missing_has_a_day',
        ),
        migrations.RemoveConstraint(
            model_name='inspectionfinding',
            name='seen_by_another_than_mended',
        ),
        migrations.RemoveConstraint(
            model_name='repair',
            name='each_thing_broken_once',
        ),
        migrations.RemoveConstraint(
            model_name='repair',
            name='repair_done_by_somebody',
        ),
        migrations.RemoveIndex(
            model_name='inspectionfinding',
            name='finding_to_be_mended',
        ),
        migrations.RemoveIndex(
            model_name='inspectionfinding',
            name='finding_of_station',
        ),
        migrations.RemoveIndex(
            model_name='repair',
            name='repairs_open',
        ),
        migrations.AddField(
            model_name='inspectionfinding',
            name='repair',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='stations.repair', verbose_name='报修'),
        ),
        migrations.AddField(
            model_name='repair',
            name='done_key',
            field=models.CharField(blank=True, max_length=48, verbose_name='销的本人'),
        ),
        migrations.AddField(
            model_name='repair',
            name='how',
            field=models.CharField(blank=True, max_length=200, verbose_name='怎么修的'),
        ),
        migrations.AddField(
            model_name='repair',
            name='seen_at',
            field=models.DateTimeField(null=True, verbose_name='复查时间'),
        ),
        migrations.AddField(
            model_name='repair',
            name='seen_by_name',
            field=models.CharField(blank=True, max_length=60, verbose_name='复查人'),
        ),
        migrations.AddField(
            model_name='repair',
            name='seen_key',
            field=models.CharField(blank=True, max_length=48, verbose_name='复查本人'),
        ),
        migrations.AddField(
            model_name='repair',
            name='text',
            field=models.CharField(blank=True, max_length=80, verbose_name='检查的要求'),
        ),
        migrations.AlterField(
            model_name='repair',
            name='note',
            field=models.CharField(blank=True, max_length=200, verbose_name='补一句'),
        ),
        migrations.AlterField(
            model_name='repair',
            name='source',
            field=models.SmallIntegerField(choices=[(1, '站长'), (2, '会员'), (3, '门禁'), (4, '工会干部'), (5, '路过的人'), (7, '检查')], verbose_name='谁报的'),
        ),
        migrations.AlterField(
            model_name='repair',
            name='what',
            field=models.CharField(max_length=32, verbose_name='什么坏了'),
        ),
        migrations.RunSQL(MOVED, BACK),
        migrations.RemoveField(
            model_name='inspectionfinding',
            name='due_on',
        ),
        migrations.RemoveField(
            model_name='inspectionfinding',
            name='mended_at',
        ),
        migrations.RemoveField(
            model_name='inspectionfinding',
            name='mended_key',
        ),
        migrations.RemoveField(
            model_name='inspectionfinding',
            name='mended_name',
        ),
        migrations.RemoveField(
            model_name='inspectionfinding',
            name='mended_note',
        ),
        migrations.RemoveField(
            model_name='inspectionfinding',
            name='seen_at',
        ),
        migrations.RemoveField(
            model_name='inspectionfinding',
            name='seen_key',
        ),
        migrations.RemoveField(
            model_name='inspectionfinding',
            name='seen_name',
        ),
        migrations.AddIndex(
            model_name='repair',
            index=models.Index(condition=models.Q(('done_at__isnull', True), models.Q(('seen_at__isnull', True), ('source', 7)), _connector='OR'), fields=['due_on', 'id'], name='repairs_open'),
        ),
        migrations.AddIndex(
            model_name='repair',
            index=models.Index(condition=models.Q(('done_at__isnull', False)), fields=['-due_on', '-id'], name='repairs_done'),
        ),
        migrations.AddIndex(
            model_name='repair',
            index=models.Index(fields=['station', '-id'], name='repairs_of_station'),
        ),
        migrations.AddConstraint(
            model_name='inspectionfinding',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('found', 2), ('repair__isnull', False)), models.Q(models.Q(('found', 2), _negated=True), ('repair__isnull', True)), _connector='OR'), name='what_is_missing_is_to_be_mended'),
        ),
        migrations.AddConstraint(
            model_name='repair',
            constraint=models.UniqueConstraint(condition=models.Q(('done_at__isnull', True), models.Q(('seen_at__isnull', True), ('source', 7)), _connector='OR'), fields=('station', 'what'), name='each_thing_broken_once'),
        ),
        migrations.AddConstraint(
            model_name='repair',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('done_at__isnull', True), ('done_by_name', ''), ('done_key', ''), ('how', '')), models.Q(('done_at__isnull', False), models.Q(('done_by_name', ''), _negated=True)), _connector='OR'), name='repair_done_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='repair',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('source', 7), ('what__startswith', 'check-'), models.Q(('text', ''), _negated=True), models.Q(('done_at__isnull', True), models.Q(models.Q(('done_key', ''), _negated=True), models.Q(('how', ''), _negated=True)), _connector='OR')), models.Q(models.Q(('source', 7), _negated=True), models.Q(('what__startswith', 'check-'), _negated=True), ('text', '')), _connector='OR'), name='inspected_repair_says_what_and_how'),
        ),
        migrations.AddConstraint(
            model_name='repair',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('seen_at__isnull', True), ('seen_by_name', ''), ('seen_key', '')), models.Q(('done_at__isnull', False), ('seen_at__isnull', False), models.Q(('seen_key', ''), _negated=True), models.Q(('seen_key', models.F('done_key')), _negated=True)), _connector='OR'), name='repair_seen_by_another_than_done'),
        ),
        migrations.RunSQL(STANDS, MOVES),
    ]
