"""A released rule may be revoked before its day; a request for a human look has a last day."""

from django.db import migrations, models


GUARD = """
DROP TRIGGER stands ON programmes_ruleversion;
CREATE OR REPLACE FUNCTION programmes_ruleversion_stands() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told CONSTANT text[] := '{state,reason,revoked_by,revoked_by_name,revoked_at}';
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 3 AND (to_jsonb(NEW) - 'valid_to') = (to_jsonb(OLD) - 'valid_to') THEN
        -- ended by the next one, or going on because the next one was revoked
        IF NEW.valid_to IS NOT NULL AND NEW.valid_to < coalesce(OLD.valid_to, 'infinity')
            OR EXISTS (SELECT FROM programmes_ruleversion v WHERE v.code = OLD.code AND v.state = 5
                AND v.valid_from = OLD.valid_to + 1 AND v.valid_to IS NOT DISTINCT FROM NEW.valid_to) THEN
            RETURN NEW;
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state = 3 AND NEW.state = 5
            AND (to_jsonb(NEW) - told) = (to_jsonb(OLD) - told)
            AND OLD.valid_from > (NEW.revoked_at AT TIME ZONE 'Asia/Shanghai')::date THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a released rule does not change; a new version ends it'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'released_rule_stands';
END $$;
CREATE TRIGGER stands BEFORE UPDATE OR DELETE ON programmes_ruleversion FOR EACH ROW
    WHEN (OLD.state IN (3, 5)) EXECUTE FUNCTION programmes_ruleversion_stands();
"""
UNGUARD = """
DROP TRIGGER stands ON programmes_ruleversion;
CREATE OR REPLACE FUNCTION programmes_ruleversion_stands() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""


class Migration(migrations.Migration):

    dependencies = [
        ('orgs', '0006_covered_days'),
        ('programmes', '0017_who_came_has_it'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='ruleversion',
            name='rule_released_by_somebody_from_a_day',
        ),
        migrations.AddField(
            model_name='humanreview',
            name='due_on',
            field=models.DateField(null=True, verbose_name='最晚哪天答复'),
        ),
        migrations.AddField(
            model_name='ruleversion',
            name='revoked_at',
            field=models.DateTimeField(null=True, verbose_name='撤回时间'),
        ),
        migrations.AddField(
            model_name='ruleversion',
            name='revoked_by',
            field=models.UUIDField(null=True, verbose_name='撤回账号'),
        ),
        migrations.AddField(
            model_name='ruleversion',
            name='revoked_by_name',
            field=models.CharField(blank=True, max_length=60, verbose_name='撤回人'),
        ),
        migrations.AlterField(
            model_name='ruleversion',
            name='reason',
            field=models.CharField(blank=True, max_length=200, verbose_name='退回或撤回的原因'),
        ),
        migrations.AddConstraint(
            model_name='ruleversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('state__in', [3, 5]), _negated=True), ('released_at__isnull', True), ('released_by__isnull', True), ('valid_from__isnull', True)), models.Q(('released_at__isnull', False), ('released_by__isnull', False), ('state__in', [3, 5]), ('valid_from__isnull', False)), _connector='OR'), name='rule_released_by_somebody_from_a_day'),
        ),
        migrations.AddConstraint(
            model_name='ruleversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('state', 5), _negated=True), ('revoked_at__isnull', True), ('revoked_by__isnull', True)), models.Q(models.Q(('reason', ''), _negated=True), ('revoked_at__isnull', False), ('revoked_by__isnull', False), ('state', 5)), _connector='OR'), name='rule_revoked_by_somebody_with_a_reason'),
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
