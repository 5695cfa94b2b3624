"""Sessions, bookings, check-in, attendance, certificates, feedback; and what the database itself refuses."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


GUARDS = """
-- A person is in the sessions of one series of an offer, not of two.
ALTER TABLE programmes_booking ADD CONSTRAINT booking_of_one_series
    EXCLUDE USING gist (application_id WITH =, series WITH <>) WHERE (ended_at IS NULL);

CREATE FUNCTION programmes_booking_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE programmes_session SET booked = booked + 1 WHERE id = NEW.session_id;
        RETURN NULL;
    END IF;
    IF OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at
       OR NEW.session_id <> OLD.session_id OR NEW.application_id <> OLD.application_id
       OR NEW.code <> OLD.code THEN
        RAISE EXCEPTION 'a booking ends once and is of one session'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'booking_ends_once';
    END IF;
    IF OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL THEN
        UPDATE programmes_session SET booked = booked - 1 WHERE id = NEW.session_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER counts AFTER INSERT OR UPDATE ON programmes_booking
    FOR EACH ROW EXECUTE FUNCTION programmes_booking_counts();

CREATE FUNCTION programmes_application_ends_bookings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE programmes_booking SET ended_at = coalesce(NEW.ended_at, now())
    WHERE application_id = NEW.id AND ended_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER ends_bookings AFTER UPDATE OF state ON programmes_application
    FOR EACH ROW WHEN (OLD.state = 4 AND NEW.state <> 4)
    EXECUTE FUNCTION programmes_application_ends_bookings();

CREATE FUNCTION programmes_certificate_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.revoked_at IS NOT NULL
       OR (NEW.application_id, NEW.number, NEW.attended, NEW.sessions, NEW.issued_at)
          IS DISTINCT FROM
          (OLD.application_id, OLD.number, OLD.attended, OLD.sessions, OLD.issued_at) THEN
        RAISE EXCEPTION 'a certificate is issued once and taken back once'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'certificate_stands';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON programmes_certificate
    FOR EACH ROW EXECUTE FUNCTION programmes_certificate_guard();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON programmes_attendance
    FOR EACH STATEMENT EXECUTE FUNCTION records_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON programmes_scan
    FOR EACH STATEMENT EXECUTE FUNCTION records_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON programmes_feedback
    FOR EACH STATEMENT EXECUTE FUNCTION records_refuse_change();
"""
TAKEN_BACK = """
DROP TRIGGER append_only ON programmes_feedback;
DROP TRIGGER append_only ON programmes_scan;
DROP TRIGGER append_only ON programmes_attendance;
DROP TRIGGER guard ON programmes_certificate;
DROP FUNCTION programmes_certificate_guard();
DROP TRIGGER ends_bookings ON programmes_application;
DROP FUNCTION programmes_application_ends_bookings();
DROP TRIGGER counts ON programmes_booking;
DROP FUNCTION programmes_booking_counts();
ALTER TABLE programmes_booking DROP CONSTRAINT booking_of_one_series;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('programmes', '0014_contests'),
    ]

    operations = [
        migrations.CreateModel(
            name='Gate',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('link_hash', models.UUIDField(unique=True, verbose_name='链接查找值')),
                ('pin_hash', models.UUIDField(verbose_name='口令查找值')),
                ('label', models.CharField(max_length=40, verbose_name='谁来用')),
                ('shows_names', models.BooleanField(default=False, help_text='姓名、年龄段、预约码', verbose_name='给名单')),
                ('salt', models.CharField(max_length=32, verbose_name='预约码摘要的盐')),
                ('opens_at', models.DateTimeField(verbose_name='能用从')),
                ('expires_at', models.DateTimeField(verbose_name='能用到')),
                ('wrong_tries', models.SmallIntegerField(default=0, verbose_name='口令错几次')),
                ('made_at', models.DateTimeField(verbose_name='建立时间')),
                ('made_by', models.UUIDField(null=True, verbose_name='建立账号')),
                ('made_by_name', models.CharField(blank=True, max_length=60, verbose_name='建立人')),
                ('closed_at', models.DateTimeField(null=True, verbose_name='停用时间')),
            ],
            options={
                'verbose_name': '签到口',
            },
        ),
        migrations.CreateModel(
            name='Booking',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('series', models.SmallIntegerField(verbose_name='班次')),
                ('code', models.CharField(max_length=8, verbose_name='预约码')),
                ('made_at', models.DateTimeField(verbose_name='约上时间')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='取消时间')),
                ('excuse', models.SmallIntegerField(null=True, verbose_name='请假理由')),
                ('excused_at', models.DateTimeField(null=True, verbose_name='请假时间')),
                ('excuse_granted', models.BooleanField(null=True, verbose_name='准假')),
                ('excuse_decided_at', models.DateTimeField(null=True, verbose_name='准假时间')),
                ('excuse_decided_by', models.UUIDField(null=True, verbose_name='准假账号')),
                ('excuse_decided_by_name', models.CharField(blank=True, max_length=60, verbose_name='准假人')),
                ('application', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to='programmes.application', verbose_name='报名')),
            ],
            options={
                'verbose_name': '预约',
            },
        ),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('series', models.SmallIntegerField(help_text='同一班次的场次要都来', verbose_name='班次')),
                ('title', models.CharField(max_length=40, verbose_name='名称')),
                ('place', models.CharField(max_length=100, verbose_name='地点')),
                ('bring', models.CharField(blank=True, max_length=200, verbose_name='要带什么')),
                ('starts_at', models.DateTimeField(verbose_name='开始')),
                ('ends_at', models.DateTimeField(verbose_name='结束')),
                ('change_until', models.DateTimeField(verbose_name='自己能改到')),
                ('late_minutes', models.SmallIntegerField(default=15, verbose_name='晚多少分钟算迟到')),
                ('capacity', models.IntegerField(verbose_name='容量')),
                ('booked', models.IntegerField(default=0, verbose_name='已约')),
                ('created_at', models.DateTimeField(verbose_name='建立时间')),
                ('created_by', models.UUIDField(null=True, verbose_name='建立账号')),
                ('created_by_name', models.CharField(blank=True, max_length=60, verbose_name='建立人')),
                ('closed_at', models.DateTimeField(null=True, verbose_name='结场时间')),
                ('offer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='programmes.offer', verbose_name='一期服务')),
                ('pool', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='programmes.pool', verbose_name='只给哪一份')),
            ],
            options={
                'verbose_name': '场次',
            },
        ),
        migrations.CreateModel(
            name='Scan',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('client_id', models.UUIDField(unique=True, verbose_name='设备给的编号')),
                ('device', models.CharField(max_length=40, verbose_name='设备')),
                ('is_card', models.BooleanField(default=False, verbose_name='扫的会员卡')),
                ('scanned_at', models.DateTimeField(verbose_name='扫码时间')),
                ('received_at', models.DateTimeField(verbose_name='送到时间')),
                ('outcome', models.SmallIntegerField(verbose_name='结果')),
                ('booking', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='programmes.booking', verbose_name='预约')),
                ('gate', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='programmes.gate', verbose_name='签到口')),
                ('session', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='programmes.session', verbose_name='场次')),
            ],
            options={
                'verbose_name': '扫码',
            },
        ),
        migrations.AddField(
            model_name='gate',
            name='session',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='programmes.session', verbose_name='场次'),
        ),
        migrations.CreateModel(
            name='Feedback',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('face', models.SmallIntegerField(verbose_name='满意程度')),
                ('reasons', django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), default=list, size=None, verbose_name='原因')),
                ('remark', models.CharField(blank=True, max_length=140, verbose_name='一句话')),
                ('said_at', models.DateTimeField(verbose_name='评价时间')),
                ('booking', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, to='programmes.booking', verbose_name='预约')),
                ('session', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='programmes.session', verbose_name='场次')),
            ],
            options={
                'verbose_name': '评价',
            },
        ),
        migrations.AddField(
            model_name='booking',
            name='session',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='programmes.session', verbose_name='场次'),
        ),
        migrations.CreateModel(
            name='Attendance',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('round', models.SmallIntegerField(default=0, verbose_name='第几次记')),
                ('kind', models.SmallIntegerField(verbose_name='到场情况')),
                ('times', models.SmallIntegerField(default=1, verbose_name='次数')),
                ('arrived_at', models.DateTimeField(null=True, verbose_name='到场时间')),
                ('source', models.SmallIntegerField(verbose_name='怎么记的')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='更正理由')),
                ('recorded_at', models.DateTimeField(verbose_name='记入时间')),
                ('recorded_by', models.UUIDField(null=True, verbose_name='记入账号')),
                ('recorded_by_name', models.CharField(blank=True, max_length=60, verbose_name='记入人')),
                ('reverses', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, to='programmes.attendance', verbose_name='更正的是')),
                ('booking', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='programmes.booking', verbose_name='预约')),
                ('session', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='programmes.session', verbose_name='场次')),
            ],
            options={
                'verbose_name': '到场',
            },
        ),
        migrations.CreateModel(
            name='Certificate',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('number', models.CharField(max_length=12, unique=True, verbose_name='证书编号')),
                ('attended', models.SmallIntegerField(verbose_name='到了几场')),
                ('sessions', models.SmallIntegerField(verbose_name='共几场')),
                ('issued_at', models.DateTimeField(verbose_name='发证时间')),
                ('issued_by', models.UUIDField(null=True, verbose_name='发证账号')),
                ('issued_by_name', models.CharField(blank=True, max_length=60, verbose_name='发证人')),
                ('revoked_at', models.DateTimeField(null=True, verbose_name='作废时间')),
                ('revoked_by', models.UUIDField(null=True, verbose_name='作废账号')),
                ('revoked_by_name', models.CharField(blank=True, max_length=60, verbose_name='作废人')),
                ('revoked_reason', models.CharField(blank=True, max_length=200, verbose_name='作废理由')),
                ('application', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, to='programmes.application', verbose_name='报名')),
            ],
            options={
                'verbose_name': '结业证',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('revoked_at__isnull', True), ('revoked_reason', '')), models.Q(('revoked_at__isnull', False), models.Q(('revoked_reason', ''), _negated=True)), _connector='OR'), name='certificate_revoked_with_a_reason')],
            },
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(fields=['offer', 'starts_at', 'id'], name='session_of_offer'),
        ),
        migrations.AddConstraint(
            model_name='session',
            constraint=models.CheckConstraint(condition=models.Q(('booked__gte', 0), ('booked__lte', models.F('capacity'))), name='session_not_overbooked'),
        ),
        migrations.AddConstraint(
            model_name='session',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='session_ends_after_it_starts'),
        ),
        migrations.AddConstraint(
            model_name='session',
            constraint=models.CheckConstraint(condition=models.Q(('change_until__lte', models.F('starts_at'))), name='session_changes_end_before'),
        ),
        migrations.AddIndex(
            model_name='scan',
            index=models.Index(fields=['session', '-id'], name='scan_of_session'),
        ),
        migrations.AddConstraint(
            model_name='gate',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('opens_at'))), name='gate_expires_after_it_opens'),
        ),
        migrations.AddConstraint(
            model_name='feedback',
            constraint=models.CheckConstraint(condition=models.Q(('face__gte', 1), ('face__lte', 5)), name='one_of_five_faces'),
        ),
        migrations.AddIndex(
            model_name='booking',
            index=models.Index(fields=['session', 'id'], name='booking_of_session'),
        ),
        migrations.AddIndex(
            model_name='booking',
            index=models.Index(fields=['application', 'session'], name='booking_of_application'),
        ),
        migrations.AddConstraint(
            model_name='booking',
            constraint=models.UniqueConstraint(fields=('code',), name='booking_code_once'),
        ),
        migrations.AddConstraint(
            model_name='booking',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('session', 'application'), name='one_live_booking_a_session'),
        ),
        migrations.AddConstraint(
            model_name='booking',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('excuse__isnull', True), ('excused_at__isnull', True)), models.Q(('excuse__isnull', False), ('excused_at__isnull', False)), _connector='OR'), name='excuse_with_its_time'),
        ),
        migrations.AddConstraint(
            model_name='booking',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('excuse_decided_at__isnull', True), ('excuse_granted__isnull', True)), models.Q(('excuse_decided_at__isnull', False), ('excuse_granted__isnull', False)), _connector='OR'), name='excuse_decided_with_its_time'),
        ),
        migrations.AddIndex(
            model_name='attendance',
            index=models.Index(fields=['session', 'kind'], name='attendance_of_session'),
        ),
        migrations.AddConstraint(
            model_name='attendance',
            constraint=models.UniqueConstraint(condition=models.Q(('reverses__isnull', True)), fields=('booking', 'round'), name='attendance_once_a_round'),
        ),
        migrations.AddConstraint(
            model_name='attendance',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reverses__isnull', True), ('times', 1)), models.Q(('reverses__isnull', False), ('times', -1), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='attendance_reversed_with_a_reason'),
        ),
        migrations.RunSQL(GUARDS, TAKEN_BACK),
    ]
