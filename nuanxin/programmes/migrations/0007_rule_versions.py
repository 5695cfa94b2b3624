"""条件版本: one text a day, released by another than wrote it, unchanged since; and what it said at an award."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


GUARD = """
ALTER TABLE programmes_ruleversion ADD CONSTRAINT one_rule_in_force_at_a_time
    EXCLUDE USING gist (code WITH =, daterange(valid_from, valid_to, '[]') WITH &&)
    WHERE (state = 3);
ALTER TABLE programmes_ruleversion ADD CONSTRAINT rule_released_by_another
    CHECK (released_by IS NULL OR (released_by <> drafted_by AND NOT released_by = ANY (editors)));
CREATE FUNCTION programmes_ruleversion_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (to_jsonb(NEW) - 'valid_to') = (to_jsonb(OLD) - 'valid_to')
            AND NEW.valid_to IS NOT NULL AND NEW.valid_to < coalesce(OLD.valid_to, 'infinity') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a released rule does not change; a new version ends it'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'released_rule_stands';
END $$;
CREATE TRIGGER stands BEFORE UPDATE OR DELETE ON programmes_ruleversion FOR EACH ROW
    WHEN (OLD.state = 3) EXECUTE FUNCTION programmes_ruleversion_stands();
CREATE FUNCTION programmes_awardbasis_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.clauses = '[]' AND OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL
            AND (to_jsonb(NEW) - 'clauses' - 'erased_at') = (to_jsonb(OLD) - 'clauses' - 'erased_at') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what was concluded at an award does not change'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'award_basis_stands';
END $$;
CREATE TRIGGER stands BEFORE UPDATE OR DELETE ON programmes_awardbasis FOR EACH ROW
    EXECUTE FUNCTION programmes_awardbasis_stands();
"""
UNGUARD = """
DROP TRIGGER stands ON programmes_awardbasis;
DROP TRIGGER stands ON programmes_ruleversion;
DROP FUNCTION programmes_awardbasis_stands();
DROP FUNCTION programmes_ruleversion_stands();
ALTER TABLE programmes_ruleversion DROP CONSTRAINT rule_released_by_another;
ALTER TABLE programmes_ruleversion DROP CONSTRAINT one_rule_in_force_at_a_time;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('membership', '0002_references_as_sets'),
        ('orgs', '0006_covered_days'),
        ('programmes', '0006_publicity'),
    ]

    operations = [
        migrations.CreateModel(
            name='RuleVersion',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=60, verbose_name='代码')),
                ('number', models.SmallIntegerField(verbose_name='第几版')),
                ('state', models.SmallIntegerField(default=1, verbose_name='状态')),
                ('text', models.TextField(verbose_name='全文')),
                ('digest', models.CharField(max_length=64, verbose_name='指纹')),
                ('revision', models.IntegerField(default=0, verbose_name='改过几次')),
                ('document', models.CharField(blank=True, max_length=400, verbose_name='依据文件')),
                ('checked_on', models.DateField(null=True, verbose_name='核对日期')),
                ('drafted_by', models.UUIDField(verbose_name='起草账号')),
                ('drafted_by_name', models.CharField(max_length=60, verbose_name='起草人')),
                ('drafted_at', models.DateTimeField(verbose_name='起草时间')),
                ('editors', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None, verbose_name='改过的账号')),
                ('changed_at', models.DateTimeField(verbose_name='改动时间')),
                ('submitted_at', models.DateTimeField(null=True, verbose_name='送审时间')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='退回原因')),
                ('released_by', models.UUIDField(null=True, verbose_name='复核账号')),
                ('released_by_name', models.CharField(blank=True, max_length=60, verbose_name='复核人')),
                ('released_at', models.DateTimeField(null=True, verbose_name='定稿时间')),
                ('valid_from', models.DateField(null=True, verbose_name='从哪天起')),
                ('valid_to', models.DateField(null=True, verbose_name='到哪天为止')),
                ('union', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='orgs.union', verbose_name='谁定的条件')),
            ],
            options={
                'verbose_name': '条件版本',
            },
        ),
        migrations.CreateModel(
            name='RulePreview',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('digest', models.CharField(max_length=64, verbose_name='指纹')),
                ('as_of', models.DateField(verbose_name='按哪天')),
                ('state', models.SmallIntegerField(default=1, verbose_name='状态')),
                ('asked_by', models.UUIDField(null=True, verbose_name='谁要算的')),
                ('asked_at', models.DateTimeField(verbose_name='什么时候要算的')),
                ('done_at', models.DateTimeField(null=True, verbose_name='算好时间')),
                ('took_ms', models.IntegerField(null=True, verbose_name='用了多少毫秒')),
                ('result', models.JSONField(default=dict, verbose_name='结果')),
                ('version', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='programmes.ruleversion', verbose_name='条件版本')),
            ],
            options={
                'verbose_name': '条件试算',
            },
        ),
        migrations.CreateModel(
            name='AwardBasis',
            fields=[
                ('application', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to='programmes.application', verbose_name='报名')),
                ('code', models.CharField(max_length=60, verbose_name='代码')),
                ('digest', models.CharField(max_length=64, verbose_name='指纹')),
                ('as_of', models.DateField(verbose_name='按哪天')),
                ('answer', models.CharField(max_length=8, verbose_name='结论')),
                ('clauses', models.JSONField(default=list, verbose_name='各条')),
                ('erased_at', models.DateTimeField(null=True, verbose_name='删除时间')),
                ('version', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='programmes.ruleversion', verbose_name='条件版本')),
            ],
            options={
                'verbose_name': '报名时的依据',
            },
        ),
        migrations.AddConstraint(
            model_name='ruleversion',
            constraint=models.UniqueConstraint(fields=('code', 'number'), name='each_rule_version_once'),
        ),
        migrations.AddConstraint(
            model_name='ruleversion',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', [1, 2])), fields=('code',), name='one_draft_a_rule'),
        ),
        migrations.AddConstraint(
            model_name='ruleversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('state', 3), _negated=True), ('released_at__isnull', True), ('released_by__isnull', True), ('valid_from__isnull', True)), models.Q(('released_at__isnull', False), ('released_by__isnull', False), ('state', 3), ('valid_from__isnull', False)), _connector='OR'), name='rule_released_by_somebody_from_a_day'),
        ),
        migrations.AddConstraint(
            model_name='ruleversion',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='rule_ends_after_it_begins'),
        ),
        migrations.AddIndex(
            model_name='rulepreview',
            index=models.Index(fields=['version', '-id'], name='preview_of_version'),
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
