"""Desk hours at stations, bookings of their slots, counts of joinings."""

import django.db.models.deletion
from django.db import migrations, models

PROMISES = """
ALTER TABLE stations_servicebooking ADD CONSTRAINT one_booking_a_seat EXCLUDE USING gist (
    service_id WITH =, seat WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (state <> 2);
"""
TAKEN_BACK = "ALTER TABLE stations_servicebooking DROP CONSTRAINT one_booking_a_seat;"


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0003_contacts'),
        ('stations', '0006_siting'),
    ]

    operations = [
        migrations.CreateModel(
            name='StationService',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.SmallIntegerField(choices=[(1, '法律咨询'), (2, '心理咨询'), (3, '读书活动')], verbose_name='做什么')),
                ('hours', models.CharField(max_length=300, verbose_name='什么时候')),
                ('slot_minutes', models.SmallIntegerField(verbose_name='一次几分钟')),
                ('seats', models.SmallIntegerField(default=1, verbose_name='同时几位')),
                ('server_hint', models.CharField(max_length=40, verbose_name='谁来')),
                ('is_remote', models.BooleanField(default=False, verbose_name='电话或者视频')),
                ('made_at', models.DateTimeField(verbose_name='登记时间')),
                ('made_by', models.UUIDField(null=True, verbose_name='登记账号')),
                ('made_by_name', models.CharField(blank=True, max_length=60, verbose_name='登记人')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='停办时间')),
                ('station', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='stations.station', verbose_name='驿站')),
            ],
            options={
                'verbose_name': '驿站服务',
            },
        ),
        migrations.CreateModel(
            name='ServiceBooking',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('seat', models.SmallIntegerField(verbose_name='第几位')),
                ('starts_at', models.DateTimeField(verbose_name='开始')),
                ('ends_at', models.DateTimeField(verbose_name='结束')),
                ('change_until', models.DateTimeField(verbose_name='自己能改到')),
                ('topic', models.CharField(max_length=20, verbose_name='哪一类事')),
                ('bound_to', models.UUIDField(unique=True, verbose_name='密文所系')),
                ('note_sealed', models.BinaryField(null=True, verbose_name='补一句')),
                ('state', models.SmallIntegerField(choices=[(1, '约好了'), (2, '取消了'), (3, '办完了'), (4, '没来'), (5, '转成了维权案件')], default=1, verbose_name='到哪一步')),
                ('made_at', models.DateTimeField(verbose_name='约上时间')),
                ('settled_at', models.DateTimeField(null=True, verbose_name='了结时间')),
                ('settled_by', models.UUIDField(null=True, verbose_name='了结账号')),
                ('worker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='people.worker', verbose_name='劳动者')),
                ('service', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='stations.stationservice', verbose_name='驿站服务')),
            ],
            options={
                'verbose_name': '服务预约',
            },
        ),
        migrations.CreateModel(
            name='StationJoining',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('month_on', models.DateField(help_text='当月 1 日', verbose_name='哪个月')),
                ('applied', models.IntegerField(default=0, verbose_name='申请人数')),
                ('station', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='stations.station', verbose_name='驿站')),
            ],
            options={
                'verbose_name': '经驿站入会',
                'constraints': [models.UniqueConstraint(fields=('station', 'month_on'), name='joinings_once_a_month'), models.CheckConstraint(condition=models.Q(('applied__gte', 0)), name='joinings_are_counts')],
            },
        ),
        migrations.AddIndex(
            model_name='stationservice',
            index=models.Index(fields=['station', 'kind', 'id'], name='services_of_station'),
        ),
        migrations.AddConstraint(
            model_name='stationservice',
            constraint=models.CheckConstraint(condition=models.Q(('hours', ''), _negated=True), name='service_has_hours'),
        ),
        migrations.AddConstraint(
            model_name='stationservice',
            constraint=models.CheckConstraint(condition=models.Q(('seats__gte', 1), ('seats__lte', 60), ('slot_minutes__gte', 10), ('slot_minutes__lte', 240)), name='service_slots_are_of_a_size'),
        ),
        migrations.AddIndex(
            model_name='servicebooking',
            index=models.Index(fields=['service', 'starts_at', 'id'], name='bookings_of_service'),
        ),
        migrations.AddConstraint(
            model_name='servicebooking',
            constraint=models.CheckConstraint(condition=models.Q(('change_until__lte', models.F('starts_at')), ('ends_at__gt', models.F('starts_at')), ('seat__gte', 1)), name='service_booking_in_order'),
        ),
        migrations.AddConstraint(
            model_name='servicebooking',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled_at__isnull', True), ('state', 1)), models.Q(('settled_at__isnull', False), ('state__gt', 1), ('note_sealed__isnull', True)), _connector='OR'), name='service_booking_settled_keeps_no_words'),
        ),
        migrations.RunSQL(PROMISES, TAKEN_BACK),
    ]
