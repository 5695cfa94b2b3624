"""兑现: appended only; a reversal is of the same thing; what the yearly numbers lack is noted."""

import django.db.models.deletion
from django.db import migrations, models


GUARD = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON programmes_delivery
    FOR EACH STATEMENT EXECUTE FUNCTION records_refuse_change();
CREATE FUNCTION programmes_delivery_reversed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM programmes_delivery d WHERE d.id = NEW.corrects_id AND d.step = 1
            AND (d.programme_id, d.offer_id, d.application_id, d.occasion, d.worker_id, d.union_id,
                 d.region, d.occupation, d.day)
                IS NOT DISTINCT FROM
                (NEW.programme_id, NEW.offer_id, NEW.application_id, NEW.occasion, NEW.worker_id,
                 NEW.union_id, NEW.region, NEW.occupation, NEW.day)) THEN
        RAISE EXCEPTION 'a reversal takes back one delivery, as it was'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'delivery_reversed_as_it_was';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reversed BEFORE INSERT ON programmes_delivery FOR EACH ROW WHEN (NEW.step = -1)
    EXECUTE FUNCTION programmes_delivery_reversed();
CREATE FUNCTION programmes_delivery_noted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO programmes_servicedue (delivery_id) SELECT id FROM fresh;
    RETURN NULL;
END $$;
CREATE TRIGGER noted AFTER INSERT ON programmes_delivery REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION programmes_delivery_noted();
"""
UNGUARD = """
DROP TRIGGER noted ON programmes_delivery;
DROP TRIGGER reversed ON programmes_delivery;
DROP TRIGGER append_only ON programmes_delivery;
DROP FUNCTION programmes_delivery_noted();
DROP FUNCTION programmes_delivery_reversed();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0002_append_only'),
        ('people', '0003_contacts'),
        ('programmes', '0003_guards_ask_only_what_changed'),
    ]

    operations = [
        migrations.CreateModel(
            name='ServiceDue',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('delivery_id', models.BigIntegerField(verbose_name='兑现')),
            ],
            options={
                'verbose_name': '待汇总',
            },
        ),
        migrations.CreateModel(
            name='ServiceCell',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('year', models.SmallIntegerField(verbose_name='年度')),
                ('region', models.IntegerField(verbose_name='地区')),
                ('kind', models.CharField(blank=True, max_length=16, verbose_name='种类')),
                ('persons', models.IntegerField(default=0, verbose_name='人')),
                ('person_times', models.IntegerField(default=0, verbose_name='人次')),
            ],
            options={
                'verbose_name': '年度服务数',
                'constraints': [models.UniqueConstraint(fields=('year', 'region', 'kind'), name='one_cell_a_county'), models.CheckConstraint(condition=models.Q(('person_times__gte', 0), ('persons__gte', 0)), name='cell_not_below_nothing')],
            },
        ),
        migrations.CreateModel(
            name='ServiceYear',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('year', models.SmallIntegerField(verbose_name='年度')),
                ('kind', models.CharField(blank=True, max_length=16, verbose_name='种类')),
                ('worker_id', models.BigIntegerField(verbose_name='劳动者')),
                ('region', models.IntegerField(verbose_name='第一次的地区')),
            ],
            options={
                'verbose_name': '一人一年',
                'constraints': [models.UniqueConstraint(fields=('worker_id', 'year', 'kind'), name='one_service_year_a_person')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('occasion', models.BigIntegerField(default=0, verbose_name='场次')),
                ('turn', models.SmallIntegerField(default=0, verbose_name='第几次登记')),
                ('union_id', models.BigIntegerField(verbose_name='当天的工会')),
                ('region', models.IntegerField(verbose_name='当天的地区')),
                ('occupation', models.SmallIntegerField(null=True, verbose_name='当天的职业')),
                ('is_directed', models.BooleanField(default=False, verbose_name='定向人群')),
                ('day', models.DateField(verbose_name='日期')),
                ('step', models.SmallIntegerField(default=1, verbose_name='加减')),
                ('reason', models.CharField(blank=True, max_length=100, verbose_name='撤销原因')),
                ('recorded_at', models.DateTimeField(verbose_name='登记时间')),
                ('recorded_by', models.UUIDField(null=True, verbose_name='登记账号')),
                ('recorded_by_name', models.CharField(blank=True, max_length=60, verbose_name='登记人')),
                ('application', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='programmes.application', verbose_name='报名')),
                ('corrects', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, to='programmes.delivery', verbose_name='撤销的是')),
                ('offer', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='programmes.offer', verbose_name='一期服务')),
                ('programme', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='programmes.programme', verbose_name='服务项目')),
                ('worker', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='people.worker', verbose_name='劳动者')),
            ],
            options={
                'verbose_name': '兑现',
                'indexes': [models.Index(fields=['programme', 'day'], include=('region', 'worker', 'union_id', 'occupation', 'step', 'recorded_at'), name='delivery_in_period'), models.Index(fields=['worker', 'day'], name='delivery_worker'), models.Index(fields=['offer', '-id'], name='delivery_offer')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('step', 1)), fields=('application', 'occasion', 'turn'), name='each_delivery_once'), models.CheckConstraint(condition=models.Q(models.Q(('corrects__isnull', True), ('reason', ''), ('step', 1)), models.Q(('corrects__isnull', False), ('step', -1), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='delivery_taken_back_by_its_opposite')],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
