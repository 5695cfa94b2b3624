"""Health notes leave no bytes behind; a report of harm may be sealed anew; days are only appended."""

from django.db import migrations

# A deleted row's bytes stay in the table's file until its page is used again. TRUNCATE gives the table
# a new file; what is still needed is written into it. The function belongs to the owner of the table,
# because those who call it (pages and jobs, docs/adr/0140) may neither empty nor rewrite one.
FORGET = """
CREATE FUNCTION programmes_forget_health_notes(day date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    kept programmes_healthnote[];
    gone bigint;
BEGIN
    LOCK TABLE programmes_healthnote IN ACCESS EXCLUSIVE MODE;
    SELECT count(*) INTO gone FROM programmes_healthnote n WHERE n.erase_on <= day;
    IF gone = 0 THEN
        RETURN 0;
    END IF;
    SELECT array_agg(n) INTO kept FROM programmes_healthnote n WHERE n.erase_on > day;
    TRUNCATE programmes_healthnote;
    INSERT INTO programmes_healthnote OVERRIDING SYSTEM VALUE SELECT * FROM unnest(kept);
    RETURN gone;
END $$;

CREATE OR REPLACE FUNCTION programmes_harm_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.bound_to <> OLD.bound_to OR NEW.noticed_at <> OLD.noticed_at
       OR NEW.camp_class_id <> OLD.camp_class_id OR NEW.recorded_at <> OLD.recorded_at
       OR (OLD.police_told_at IS NOT NULL AND NEW.police_told_at IS DISTINCT FROM OLD.police_told_at)
       OR (OLD.civil_told_at IS NOT NULL AND NEW.civil_told_at IS DISTINCT FROM OLD.civil_told_at)
       OR (OLD.education_told_at IS NOT NULL
           AND NEW.education_told_at IS DISTINCT FROM OLD.education_told_at) THEN
        RAISE EXCEPTION 'a report of harm is kept'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

ALTER TRIGGER presence_is_kept ON programmes_camppresence RENAME TO append_only;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON programmes_campday
    FOR EACH ROW EXECUTE FUNCTION programmes_presence_is_kept();
"""


class Migration(migrations.Migration):
    """Add one function, replace another."""

    dependencies = [("programmes", "0007_rule_versions")]
    operations = [
        migrations.RunSQL(FORGET, """DROP FUNCTION IF EXISTS programmes_forget_health_notes(date);
            DROP TRIGGER append_only ON programmes_campday;
            ALTER TRIGGER append_only ON programmes_camppresence RENAME TO presence_is_kept""")
    ]
