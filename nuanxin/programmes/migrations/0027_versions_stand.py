"""条件版本, 服务定义版本: one guard keeps what was released, of both kinds."""

from django.db import migrations


GUARD = """
CREATE FUNCTION programmes_version_stands() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told CONSTANT text[] := '{state,reason,revoked_by,revoked_by_name,revoked_at}';
    was_revoked boolean;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 3 AND (to_jsonb(NEW) - 'valid_to') = (to_jsonb(OLD) - 'valid_to') THEN
        -- ended by the next one, or going on because the next one was revoked
        IF NEW.valid_to IS NOT NULL AND NEW.valid_to < coalesce(OLD.valid_to, 'infinity') THEN
            RETURN NEW;
        END IF;
        EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I v WHERE v.code = $1 AND v.state = 5
                AND v.valid_from = $2 + 1 AND v.valid_to IS NOT DISTINCT FROM $3)', TG_TABLE_SCHEMA, TG_TABLE_NAME)
            INTO was_revoked USING OLD.code, OLD.valid_to, NEW.valid_to;
        IF was_revoked THEN
            RETURN NEW;
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state = 3 AND NEW.state = 5
            AND (to_jsonb(NEW) - told) = (to_jsonb(OLD) - told)
            AND OLD.valid_from > (NEW.revoked_at AT TIME ZONE 'Asia/Shanghai')::date THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what was released does not change; a new version ends it'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_ARGV[0];
END $$;
"""
TAKE_OVER = """
DROP TRIGGER stands ON programmes_{table};
DROP FUNCTION programmes_{table}_stands();
CREATE TRIGGER stands BEFORE UPDATE OR DELETE ON programmes_{table} FOR EACH ROW
    WHEN (OLD.state IN (3, 5)) EXECUTE FUNCTION programmes_version_stands('{constraint}');
"""
# The function of its own that each table had (0018, 0025).
GIVE_BACK = """
DROP TRIGGER stands ON programmes_{table};
CREATE FUNCTION programmes_{table}_stands() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told CONSTANT text[] := '{{state,reason,revoked_by,revoked_by_name,revoked_at}}';
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 3 AND (to_jsonb(NEW) - 'valid_to') = (to_jsonb(OLD) - 'valid_to') THEN
        IF NEW.valid_to IS NOT NULL AND NEW.valid_to < coalesce(OLD.valid_to, 'infinity')
            OR EXISTS (SELECT FROM programmes_{table} v WHERE v.code = OLD.code AND v.state = 5
                AND v.valid_from = OLD.valid_to + 1 AND v.valid_to IS NOT DISTINCT FROM NEW.valid_to) THEN
            RETURN NEW;
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state = 3 AND NEW.state = 5
            AND (to_jsonb(NEW) - told) = (to_jsonb(OLD) - told)
            AND OLD.valid_from > (NEW.revoked_at AT TIME ZONE 'Asia/Shanghai')::date THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what was released does not change; a new version ends it'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = '{constraint}';
END $$;
CREATE TRIGGER stands BEFORE UPDATE OR DELETE ON programmes_{table} FOR EACH ROW
    WHEN (OLD.state IN (3, 5)) EXECUTE FUNCTION programmes_{table}_stands();
"""
TABLES = (
    ("ruleversion", "released_rule_stands"),
    ("definitionversion", "released_definition_stands"),
)


def _of_both(statement: str) -> str:
    return "".join(statement.format(table=table, constraint=name) for table, name in TABLES)


class Migration(migrations.Migration):

    dependencies = [
        ('programmes', '0026_one_fact_missing'),
    ]

    operations = [
        migrations.RunSQL(
            GUARD + _of_both(TAKE_OVER),
            _of_both(GIVE_BACK) + "DROP FUNCTION programmes_version_stands();",
        ),
    ]
