"""服务定义版本: one text a day, released by another than wrote it, unchanged since; an offer keeps its own."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


GUARD = """
ALTER TABLE programmes_definitionversion ADD CONSTRAINT one_definition_in_force_at_a_time
    EXCLUDE USING gist (code WITH =, daterange(valid_from, valid_to, '[]') WITH &&)
    WHERE (state = 3);
ALTER TABLE programmes_definitionversion ADD CONSTRAINT definition_released_by_another
    CHECK (released_by IS NULL OR (released_by <> drafted_by AND NOT released_by = ANY (editors)));
CREATE FUNCTION programmes_definitionversion_stands() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told CONSTANT text[] := '{state,reason,revoked_by,revoked_by_name,revoked_at}';
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 3 AND (to_jsonb(NEW) - 'valid_to') = (to_jsonb(OLD) - 'valid_to') THEN
        -- ended by the next one, or going on because the next one was revoked
        IF NEW.valid_to IS NOT NULL AND NEW.valid_to < coalesce(OLD.valid_to, 'infinity')
            OR EXISTS (SELECT FROM programmes_definitionversion v WHERE v.code = OLD.code AND v.state = 5
                AND v.valid_from = OLD.valid_to + 1 AND v.valid_to IS NOT DISTINCT FROM NEW.valid_to) THEN
            RETURN NEW;
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state = 3 AND NEW.state = 5
            AND (to_jsonb(NEW) - told) = (to_jsonb(OLD) - told)
            AND OLD.valid_from > (NEW.revoked_at AT TIME ZONE 'Asia/Shanghai')::date THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a released definition does not change; a new version ends it'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'released_definition_stands';
END $$;
CREATE TRIGGER stands BEFORE UPDATE OR DELETE ON programmes_definitionversion FOR EACH ROW
    WHEN (OLD.state IN (3, 5)) EXECUTE FUNCTION programmes_definitionversion_stands();
"""
UNGUARD = """
DROP TRIGGER stands ON programmes_definitionversion;
DROP FUNCTION programmes_definitionversion_stands();
ALTER TABLE programmes_definitionversion DROP CONSTRAINT definition_released_by_another;
ALTER TABLE programmes_definitionversion DROP CONSTRAINT one_definition_in_force_at_a_time;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('orgs', '0006_covered_days'),
        ('programmes', '0024_free_seats'),
    ]

    operations = [
        migrations.CreateModel(
            name='DefinitionVersion',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=60, verbose_name='代码')),
                ('number', models.SmallIntegerField(verbose_name='第几版')),
                ('state', models.SmallIntegerField(default=1, verbose_name='状态')),
                ('text', models.TextField(verbose_name='全文')),
                ('digest', models.CharField(max_length=64, verbose_name='指纹')),
                ('revision', models.IntegerField(default=0, verbose_name='改过几次')),
                ('drafted_by', models.UUIDField(verbose_name='起草账号')),
                ('drafted_by_name', models.CharField(max_length=60, verbose_name='起草人')),
                ('drafted_at', models.DateTimeField(verbose_name='起草时间')),
                ('editors', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None, verbose_name='改过的账号')),
                ('changed_at', models.DateTimeField(verbose_name='改动时间')),
                ('submitted_at', models.DateTimeField(null=True, verbose_name='送审时间')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='退回或撤回的原因')),
                ('released_by', models.UUIDField(null=True, verbose_name='复核账号')),
                ('released_by_name', models.CharField(blank=True, max_length=60, verbose_name='复核人')),
                ('released_at', models.DateTimeField(null=True, verbose_name='定稿时间')),
                ('revoked_by', models.UUIDField(null=True, verbose_name='撤回账号')),
                ('revoked_by_name', models.CharField(blank=True, max_length=60, verbose_name='撤回人')),
                ('revoked_at', models.DateTimeField(null=True, verbose_name='撤回时间')),
                ('valid_from', models.DateField(null=True, verbose_name='从哪天起')),
                ('valid_to', models.DateField(null=True, verbose_name='到哪天为止')),
                ('union', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='orgs.union', verbose_name='谁定的服务')),
            ],
            options={
                'verbose_name': '服务定义版本',
            },
        ),
        migrations.AddField(
            model_name='offer',
            name='definition',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='programmes.definitionversion', verbose_name='按哪一版定义'),
        ),
        migrations.AddConstraint(
            model_name='definitionversion',
            constraint=models.UniqueConstraint(fields=('code', 'number'), name='each_definition_version_once'),
        ),
        migrations.AddConstraint(
            model_name='definitionversion',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', [1, 2])), fields=('code',), name='one_draft_a_definition'),
        ),
        migrations.AddConstraint(
            model_name='definitionversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('state__in', [3, 5]), _negated=True), ('released_at__isnull', True), ('released_by__isnull', True), ('valid_from__isnull', True)), models.Q(('released_at__isnull', False), ('released_by__isnull', False), ('state__in', [3, 5]), ('valid_from__isnull', False)), _connector='OR'), name='definition_released_by_somebody_from_a_day'),
        ),
        migrations.AddConstraint(
            model_name='definitionversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('state', 5), _negated=True), ('revoked_at__isnull', True), ('revoked_by__isnull', True)), models.Q(models.Q(('reason', ''), _negated=True), ('revoked_at__isnull', False), ('revoked_by__isnull', False), ('state', 5)), _connector='OR'), name='definition_revoked_by_somebody_with_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='definitionversion',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to__isnull', True), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='definition_ends_after_it_begins'),
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
