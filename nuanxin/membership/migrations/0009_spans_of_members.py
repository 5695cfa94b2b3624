"""On which days a member was reached, served, on hold: spans, kept up to date by notes of triggers.

What is there already speaks too: who confirmed an application was reached on that day, and what the
log says of restored memberships tells the days before it on hold.
"""

import django.db.models.deletion
from django.db import migrations, models

NOTES = """
CREATE FUNCTION membership_note_fresh() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO membership_spandue (worker_id) SELECT worker_id FROM fresh;
    RETURN NULL;
END $$;
CREATE FUNCTION membership_note_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO membership_spandue (worker_id)
    SELECT worker_id FROM fresh UNION SELECT worker_id FROM was;
    RETURN NULL;
END $$;
CREATE TRIGGER note_fresh AFTER INSERT ON people_contact
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION membership_note_fresh();
CREATE TRIGGER note_changed AFTER UPDATE ON people_contact
    REFERENCING OLD TABLE AS was NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION membership_note_changed();
CREATE TRIGGER note_fresh AFTER INSERT ON membership_membership
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION membership_note_fresh();
CREATE TRIGGER note_changed AFTER UPDATE ON membership_membership
    REFERENCING OLD TABLE AS was NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION membership_note_changed();
"""
NOTES_BACK = """
DROP TRIGGER note_changed ON membership_membership;
DROP TRIGGER note_fresh ON membership_membership;
DROP TRIGGER note_changed ON people_contact;
DROP TRIGGER note_fresh ON people_contact;
DROP FUNCTION membership_note_changed();
DROP FUNCTION membership_note_fresh();
"""
# 2 = ContactKind.JOINED. The contacts note their persons themselves.
CONTACTS = """
INSERT INTO people_contact
    (worker_id, day, kind, times, reference, note, recorded_at, recorded_by_name)
SELECT DISTINCT worker_id, (confirmed_at AT TIME ZONE 'Asia/Shanghai')::date, 2, 1, '', '', now(), ''
FROM membership_joinapplication WHERE confirmed_at IS NOT NULL
ON CONFLICT (worker_id, day, kind, reference) DO NOTHING;
"""
# Each restoring closes the last hold before it; both stand in the log with their time.
HOLDS = """
INSERT INTO membership_pause (membership_id, from_on, until_on, is_hold, recorded_at)
SELECT subject_id, began, ended, true, now()
FROM (SELECT e.subject_id, e.kind, (e.at AT TIME ZONE 'Asia/Shanghai')::date AS ended,
             lag((e.at AT TIME ZONE 'Asia/Shanghai')::date) OVER one AS began,
             lag(e.kind) OVER one AS before
      FROM records_event e
      WHERE e.subject_type = 'membership'
        AND e.kind IN ('membership.retained', 'membership.restored')
      WINDOW one AS (PARTITION BY e.subject_id ORDER BY e.at, e.id)) AS told
JOIN membership_membership m ON m.id = told.subject_id
WHERE told.kind = 'membership.restored' AND before = 'membership.retained' AND began < ended;
INSERT INTO membership_spandue (worker_id)
SELECT worker_id FROM membership_membership WHERE retained_on IS NOT NULL
UNION SELECT m.worker_id FROM membership_pause p JOIN membership_membership m ON m.id = p.membership_id;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('membership', '0008_listings'),
        ('people', '0003_contacts'),
        ('records', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='MemberSpan',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('worker_id', models.BigIntegerField(verbose_name='劳动者')),
                ('kind', models.SmallIntegerField(help_text='SPAN_KINDS 之一', verbose_name='种类')),
                ('union_id', models.BigIntegerField(verbose_name='工会编号')),
                ('county', models.IntegerField(verbose_name='县（市、区）')),
                ('occupation', models.SmallIntegerField(verbose_name='职业')),
                ('channel', models.SmallIntegerField(verbose_name='入会渠道')),
                ('first_on', models.DateField(verbose_name='起')),
                ('until_on', models.DateField(help_text='不含这一天；空着是没有止', null=True, verbose_name='止')),
                ('persons', models.SmallIntegerField(default=1, verbose_name='人数或人次')),
            ],
            options={
                'verbose_name': '会籍区间',
            },
        ),
        migrations.CreateModel(
            name='Pause',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('from_on', models.DateField(verbose_name='从')),
                ('until_on', models.DateField(help_text='不含这一天', verbose_name='到')),
                ('is_hold', models.BooleanField(verbose_name='保留会籍')),
                ('recorded_at', models.DateTimeField(verbose_name='记入时间')),
            ],
            options={
                'verbose_name': '会籍间断',
            },
        ),
        migrations.CreateModel(
            name='SpanDue',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('worker_id', models.BigIntegerField(verbose_name='劳动者')),
            ],
            options={
                'verbose_name': '待重算',
            },
        ),
        migrations.RemoveConstraint(
            model_name='memberspot',
            name='one_spot_a_cell',
        ),
        migrations.RemoveIndex(
            model_name='memberstock',
            name='stock_month_region',
        ),
        migrations.AddField(
            model_name='memberspot',
            name='reached',
            field=models.IntegerField(default=0, verbose_name='联系得到增减'),
        ),
        migrations.AddField(
            model_name='memberspot',
            name='served',
            field=models.IntegerField(default=0, verbose_name='服务过增减'),
        ),
        migrations.AddField(
            model_name='memberstock',
            name='on_hold',
            field=models.BigIntegerField(default=0, verbose_name='保留着会籍'),
        ),
        migrations.AddField(
            model_name='memberstock',
            name='reached',
            field=models.BigIntegerField(default=0, verbose_name='联系得到'),
        ),
        migrations.AddField(
            model_name='memberstock',
            name='served',
            field=models.BigIntegerField(default=0, verbose_name='服务过'),
        ),
        migrations.AddField(
            model_name='memberstock',
            name='service_times',
            field=models.BigIntegerField(default=0, verbose_name='服务人次累计'),
        ),
        migrations.AddField(
            model_name='unionstock',
            name='on_hold',
            field=models.BigIntegerField(default=0, verbose_name='保留着会籍'),
        ),
        migrations.AddField(
            model_name='unionstock',
            name='reached',
            field=models.BigIntegerField(default=0, verbose_name='联系得到'),
        ),
        migrations.AddField(
            model_name='unionstock',
            name='served',
            field=models.BigIntegerField(default=0, verbose_name='服务过'),
        ),
        migrations.AddField(
            model_name='unionstock',
            name='service_times',
            field=models.BigIntegerField(default=0, verbose_name='服务人次累计'),
        ),
        migrations.AddIndex(
            model_name='memberstock',
            index=models.Index(fields=['month', 'region'], include=('occupation', 'channel', 'joined', 'transferred_in', 'restored', 'merged_in', 'joined_again', 'transferred_out', 'left_union', 'retained', 'approval_undone', 'merged_out', 'duplicate_closed', 'reached', 'served'), name='stock_month_region'),
        ),
        migrations.AddConstraint(
            model_name='memberspot',
            constraint=models.UniqueConstraint(fields=('day', 'county', 'occupation', 'channel'), include=('new_members', 'left_union', 'live_members', 'reached', 'served'), name='one_spot_a_cell'),
        ),
        migrations.AddConstraint(
            model_name='memberspan',
            constraint=models.UniqueConstraint(fields=('worker_id', 'kind', 'first_on'), name='one_span_begins_a_day'),
        ),
        migrations.AddField(
            model_name='pause',
            name='membership',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='membership.membership', verbose_name='会籍'),
        ),
        migrations.RunSQL(NOTES, NOTES_BACK),
        migrations.RunSQL(CONTACTS, migrations.RunSQL.noop),
        migrations.RunSQL(HOLDS, migrations.RunSQL.noop),
    ]
