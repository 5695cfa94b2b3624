"""Hours by county and day, and marks of what was entered about days that were over."""

import django.db.models.deletion
from django.db import migrations, models

# 1 = Topic.DOOR, 5 = ReportSource.VISITOR. A day is over on the day after it, by Shanghai; what is
# kept already (until) counts as over too. No mark is due for a word about the running day.
MARKS = """
CREATE FUNCTION stations_hours_said() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stations_hoursmark (station_id, first_on, last_on, at, is_followed)
    SELECT f.station_id, d.day, d.day, f.reported_at, false
    FROM fresh f LEFT JOIN stations_stationreport t ON t.id = f.takes_back_id
    CROSS JOIN (SELECT max(until) AS until FROM stations_hourskeptdays) k
    CROSS JOIN LATERAL (SELECT
        (coalesce(t.reported_at, f.reported_at) AT TIME ZONE 'Asia/Shanghai')::date AS day) d
    WHERE f.said / 10 = 1 AND f.source <> 5
      AND d.day <= greatest((f.reported_at AT TIME ZONE 'Asia/Shanghai')::date - 1, k.until);
    RETURN NULL;
END $$;
CREATE FUNCTION stations_hours_closure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stations_hoursmark (station_id, first_on, last_on, at, is_followed)
    SELECT f.station_id, d.first_on, least(d.last_on, o.day), a.at, false
    FROM fresh f
    CROSS JOIN (SELECT max(until) AS until FROM stations_hourskeptdays) k
    CROSS JOIN LATERAL (SELECT CASE WHEN TG_OP = 'UPDATE' THEN coalesce(f.cancelled_at, f.made_at)
                                    ELSE f.made_at END AS at) a
    CROSS JOIN LATERAL (SELECT
        (lower(f.during) AT TIME ZONE 'Asia/Shanghai')::date AS first_on,
        ((upper(f.during) - interval '1 microsecond') AT TIME ZONE 'Asia/Shanghai')::date AS last_on) d
    CROSS JOIN LATERAL (SELECT
        greatest((a.at AT TIME ZONE 'Asia/Shanghai')::date - 1, k.until) AS day) o
    WHERE d.first_on <= least(d.last_on, o.day);
    RETURN NULL;
END $$;
CREATE FUNCTION stations_hours_registered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stations_hoursmark (station_id, first_on, last_on, at, is_followed)
    SELECT f.id, d.began_on, o.day, f.created_at, false
    FROM fresh f
    CROSS JOIN (SELECT max(until) AS until FROM stations_hourskeptdays) k
    CROSS JOIN LATERAL (SELECT (f.created_at AT TIME ZONE 'Asia/Shanghai')::date AS made_on) m
    CROSS JOIN LATERAL (SELECT coalesce(f.opened_on, m.made_on) AS began_on) d
    CROSS JOIN LATERAL (SELECT greatest(m.made_on - 1, k.until) AS day) o
    WHERE d.began_on <= o.day;
    RETURN NULL;
END $$;
CREATE FUNCTION stations_hours_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stations_hoursmark (station_id, first_on, last_on, at, is_followed)
    SELECT f.id, min(d.first_on), max(least(d.last_on, o.day)), f.updated_at, false
    FROM fresh f JOIN was w ON w.id = f.id
    CROSS JOIN (SELECT max(until) AS until FROM stations_hourskeptdays) k
    CROSS JOIN LATERAL (SELECT (f.updated_at AT TIME ZONE 'Asia/Shanghai')::date AS today,
                               (f.created_at AT TIME ZONE 'Asia/Shanghai')::date AS made_on) m
    CROSS JOIN LATERAL (SELECT greatest(m.today - 1, k.until) AS day) o
    CROSS JOIN LATERAL (
        SELECT least(coalesce(w.opened_on, m.made_on), coalesce(f.opened_on, m.made_on)) AS first_on,
               greatest(coalesce(w.opened_on, m.made_on), coalesce(f.opened_on, m.made_on)) - 1
                   AS last_on
         WHERE w.opened_on IS DISTINCT FROM f.opened_on
        UNION ALL
        SELECT least(w.standing_from, f.standing_from, m.today), 'infinity'::date
         WHERE (w.standing, w.standing_from, w.standing_until)
               IS DISTINCT FROM (f.standing, f.standing_from, f.standing_until)
        UNION ALL
        SELECT m.today, 'infinity'::date
         WHERE (w.adcode, w.hours, w.extended_hours, w.scan_hours)
               IS DISTINCT FROM (f.adcode, f.hours, f.extended_hours, f.scan_hours)) d
    WHERE d.first_on <= least(d.last_on, o.day)
    GROUP BY f.id, f.updated_at;
    RETURN NULL;
END $$;
CREATE TRIGGER hours_said AFTER INSERT ON stations_stationreport
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION stations_hours_said();
CREATE TRIGGER hours_closure AFTER INSERT ON stations_plannedclosure
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION stations_hours_closure();
CREATE TRIGGER hours_closure_changed AFTER UPDATE ON stations_plannedclosure
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION stations_hours_closure();
CREATE TRIGGER hours_registered AFTER INSERT ON stations_station
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION stations_hours_registered();
CREATE TRIGGER hours_changed AFTER UPDATE ON stations_station
    REFERENCING OLD TABLE AS was NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION stations_hours_changed();
"""
# What was entered late before there were marks: stations, closures, words taken back.
FROM_BEFORE = """
INSERT INTO stations_hoursmark (station_id, first_on, last_on, at, is_followed)
SELECT s.id, s.opened_on, (s.created_at AT TIME ZONE 'Asia/Shanghai')::date - 1, s.created_at, true
FROM stations_station s WHERE s.opened_on < (s.created_at AT TIME ZONE 'Asia/Shanghai')::date
UNION ALL
SELECT c.station_id, (lower(c.during) AT TIME ZONE 'Asia/Shanghai')::date, m.day - 1, m.at, true
FROM stations_plannedclosure c
CROSS JOIN LATERAL (
    SELECT a.at, least((a.at AT TIME ZONE 'Asia/Shanghai')::date,
        (upper(c.during) AT TIME ZONE 'Asia/Shanghai')::date + 1) AS day
    FROM (VALUES (c.made_at), (c.cancelled_at)) AS a (at) WHERE a.at IS NOT NULL) m
WHERE (lower(c.during) AT TIME ZONE 'Asia/Shanghai')::date < m.day
UNION ALL
SELECT b.station_id, d.day, d.day, b.reported_at, true
FROM stations_stationreport b JOIN stations_stationreport t ON t.id = b.takes_back_id
CROSS JOIN LATERAL (SELECT (t.reported_at AT TIME ZONE 'Asia/Shanghai')::date AS day) d
WHERE d.day < (b.reported_at AT TIME ZONE 'Asia/Shanghai')::date
"""
NO_MARKS = """
DROP TRIGGER hours_changed ON stations_station;
DROP TRIGGER hours_registered ON stations_station;
DROP TRIGGER hours_closure_changed ON stations_plannedclosure;
DROP TRIGGER hours_closure ON stations_plannedclosure;
DROP TRIGGER hours_said ON stations_stationreport;
DROP FUNCTION stations_hours_changed();
DROP FUNCTION stations_hours_registered();
DROP FUNCTION stations_hours_closure();
DROP FUNCTION stations_hours_said();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('stations', '0009_facility_words'),
    ]

    operations = [
        migrations.CreateModel(
            name='HoursCell',
            fields=[
                ('pk', models.CompositePrimaryKey('day', 'county', 'known_from', blank=True, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField(verbose_name='哪天')),
                ('county', models.IntegerField(verbose_name='县（市、区）')),
                ('known_from', models.DateTimeField(verbose_name='从什么时候起知道')),
                ('known_until', models.DateTimeField(null=True, verbose_name='到什么时候为止')),
                ('promised_minutes', models.IntegerField(verbose_name='承诺的分钟')),
                ('told_minutes', models.IntegerField(verbose_name='有记录的日子承诺的分钟')),
                ('delivered_minutes', models.IntegerField(verbose_name='做到的分钟')),
            ],
            options={
                'verbose_name': '驿站开放时间',
                'constraints': [models.CheckConstraint(condition=models.Q(('delivered_minutes__gte', 0), ('delivered_minutes__lte', models.F('told_minutes')), ('told_minutes__lte', models.F('promised_minutes'))), name='hours_within_what_was_promised'), models.CheckConstraint(condition=models.Q(('known_until__isnull', True), ('known_until__gt', models.F('known_from')), _connector='OR'), name='hours_known_for_a_time')],
            },
        ),
        migrations.CreateModel(
            name='HoursKeptDays',
            fields=[
                ('id', models.SmallAutoField(primary_key=True, serialize=False)),
                ('since', models.DateField(verbose_name='从哪天')),
                ('until', models.DateField(verbose_name='到哪天')),
            ],
            options={
                'verbose_name': '已经算好的日子',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='hours_kept_days_once'), models.CheckConstraint(condition=models.Q(('since__lte', models.F('until'))), name='hours_kept_days_in_order')],
            },
        ),
        migrations.CreateModel(
            name='HoursMark',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('first_on', models.DateField(verbose_name='从哪天')),
                ('last_on', models.DateField(verbose_name='到哪天')),
                ('at', models.DateTimeField(verbose_name='什么时候记的')),
                ('is_followed', models.BooleanField(default=False, verbose_name='算过了')),
                ('station', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='stations.station', verbose_name='驿站')),
            ],
            options={
                'verbose_name': '要重算的驿站开放时间',
                'indexes': [models.Index(condition=models.Q(('is_followed', False)), fields=['id'], name='hours_mark_waiting'), models.Index(fields=['last_on', 'first_on'], name='hours_mark_days')],
                'constraints': [models.CheckConstraint(condition=models.Q(('first_on__lte', models.F('last_on'))), name='hours_mark_has_days')],
            },
        ),
        migrations.RunSQL(FROM_BEFORE, migrations.RunSQL.noop),
        migrations.RunSQL(MARKS, NO_MARKS),
    ]
