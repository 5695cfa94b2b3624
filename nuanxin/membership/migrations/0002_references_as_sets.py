"""References of the two bulk tables, checked once a statement instead of once a row.

A foreign-key trigger per row costs half as much again as all indexes of the table. A statement
trigger with a transition table keeps the same promise at the price of one join. The other
direction (nobody deletes what is pointed at) is kept by refusing deletion and change of key.
A transition table has no statistics, so the functions pin the plan: probe the index row by row,
never scan the register once a chunk.
"""

from django.db import migrations

APPLICATION = """
CREATE FUNCTION membership_application_references() RETURNS trigger LANGUAGE plpgsql
    SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM fresh f LEFT JOIN people_worker w ON w.id = f.worker_id
               WHERE w.id IS NULL) THEN
        RAISE EXCEPTION 'application of an unknown worker'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM (SELECT DISTINCT union_id FROM fresh) f
               LEFT JOIN orgs_union u ON u.id = f.union_id WHERE u.id IS NULL) THEN
        RAISE EXCEPTION 'application to an unknown union' USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM (SELECT DISTINCT batch_id FROM fresh WHERE batch_id IS NOT NULL) f
               LEFT JOIN membership_rosterbatch b ON b.id = f.batch_id WHERE b.id IS NULL) THEN
        RAISE EXCEPTION 'application of an unknown batch' USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM (SELECT DISTINCT outlet_id FROM fresh WHERE outlet_id IS NOT NULL) f
               LEFT JOIN orgs_outlet o ON o.id = f.outlet_id WHERE o.id IS NULL) THEN
        RAISE EXCEPTION 'application at an unknown outlet'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER application_references AFTER INSERT ON membership_joinapplication
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION membership_application_references();
"""

MEMBERSHIP = """
CREATE FUNCTION membership_membership_references() RETURNS trigger LANGUAGE plpgsql
    SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM fresh f LEFT JOIN people_worker w ON w.id = f.worker_id
               WHERE w.id IS NULL) THEN
        RAISE EXCEPTION 'membership of an unknown worker' USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM (SELECT DISTINCT union_id FROM fresh) f
               LEFT JOIN orgs_union u ON u.id = f.union_id WHERE u.id IS NULL) THEN
        RAISE EXCEPTION 'membership in an unknown union' USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM fresh f
               LEFT JOIN membership_joinapplication a ON a.id = f.application_id
               WHERE f.application_id IS NOT NULL AND a.id IS NULL) THEN
        RAISE EXCEPTION 'membership from an unknown application'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER membership_references AFTER INSERT ON membership_membership
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION membership_membership_references();
"""

# An update that points a row elsewhere is rare (a merge of two records): checked row by row.
REPOINT = """
CREATE FUNCTION membership_repointed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM people_worker WHERE id = NEW.worker_id)
       OR NOT EXISTS (SELECT 1 FROM orgs_union WHERE id = NEW.union_id) THEN
        RAISE EXCEPTION 'repointed to nothing' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER application_repointed AFTER UPDATE OF worker_id, union_id
    ON membership_joinapplication FOR EACH ROW
    WHEN (OLD.worker_id <> NEW.worker_id OR OLD.union_id <> NEW.union_id)
    EXECUTE FUNCTION membership_repointed();
CREATE TRIGGER membership_repointed AFTER UPDATE OF worker_id, union_id
    ON membership_membership FOR EACH ROW
    WHEN (OLD.worker_id <> NEW.worker_id OR OLD.union_id <> NEW.union_id)
    EXECUTE FUNCTION membership_repointed();
"""

KEEP = """
CREATE FUNCTION membership_keep_pointed_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are kept: memberships point at them', TG_TABLE_NAME
        USING ERRCODE = 'foreign_key_violation';
END $$;
CREATE TRIGGER kept_for_memberships BEFORE DELETE ON people_worker
    FOR EACH ROW EXECUTE FUNCTION membership_keep_pointed_at();
CREATE TRIGGER kept_for_memberships BEFORE DELETE ON orgs_union
    FOR EACH ROW EXECUTE FUNCTION membership_keep_pointed_at();
CREATE TRIGGER kept_for_memberships BEFORE DELETE ON orgs_outlet
    FOR EACH ROW EXECUTE FUNCTION membership_keep_pointed_at();
CREATE TRIGGER kept_for_memberships BEFORE DELETE ON membership_joinapplication
    FOR EACH ROW EXECUTE FUNCTION membership_keep_pointed_at();
"""

# Periods of one person never overlap (safety invariant 3). The open one is unique by an index;
# the exclusion constraint covers what has ended, so that a bulk joining does not pay for a GiST
# index; a trigger keeps a new period from starting inside an ended one.
PERIODS = """
CREATE EXTENSION IF NOT EXISTS btree_gist;
ALTER TABLE membership_membership ADD CONSTRAINT periods_never_overlap
    EXCLUDE USING gist (worker_id WITH =, daterange(started_on, ended_on) WITH &&)
    WHERE (ended_on IS NOT NULL);
CREATE FUNCTION membership_starts_after_the_last() RETURNS trigger LANGUAGE plpgsql
    SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM fresh f JOIN membership_membership m ON m.worker_id = f.worker_id
               WHERE f.ended_on IS NULL AND m.ended_on IS NOT NULL AND m.ended_on > f.started_on)
    THEN
        RAISE EXCEPTION 'a membership would start inside an ended one'
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'periods_never_overlap';
    END IF;
    RETURN NULL;
END $$;
CREATE INDEX membership_worker_ended ON membership_membership (worker_id)
    WHERE ended_on IS NOT NULL;
CREATE TRIGGER starts_after_the_last AFTER INSERT ON membership_membership
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION membership_starts_after_the_last();
CREATE TRIGGER reopened_after_the_last AFTER UPDATE ON membership_membership
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION membership_starts_after_the_last();
"""


class Migration(migrations.Migration):
    dependencies = [("membership", "0001_initial")]
    operations = [
        migrations.RunSQL(APPLICATION, migrations.RunSQL.noop),
        migrations.RunSQL(MEMBERSHIP, migrations.RunSQL.noop),
        migrations.RunSQL(REPOINT, migrations.RunSQL.noop),
        migrations.RunSQL(KEEP, migrations.RunSQL.noop),
        migrations.RunSQL(PERIODS, migrations.RunSQL.noop),
    ]
