"""What the database itself promises about the tree.

* one root; ``path`` follows ``parent`` by trigger;
* rows dated in both times are never rewritten: only ``superseded_at`` may be set, once;
* placements of one union and kind never overlap, whatever moment of knowledge one looks from;
* no union stands under itself on any day, and a parent exists on every day that a child is under
  it: checked at commit under one advisory lock, so that two writers cannot agree on a cycle.
"""

from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations

ROOT = "CREATE UNIQUE INDEX one_root ON orgs_union ((parent_id IS NULL)) WHERE parent_id IS NULL;"

PATH = """
CREATE FUNCTION orgs_set_path() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.parent_id IS NULL THEN
        NEW.path := '/' || NEW.id || '/';
        RETURN NEW;
    END IF;
    SELECT u.path || NEW.id || '/' INTO NEW.path FROM orgs_union u WHERE u.id = NEW.parent_id;
    IF NEW.path IS NULL THEN
        RAISE EXCEPTION 'the parent % of union % is not there', NEW.parent_id, NEW.id
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF NEW.path LIKE '%/' || NEW.id || '/%/' THEN
        RAISE EXCEPTION 'union % would stand under itself', NEW.id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'tree_without_cycle';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER path_follows_parent BEFORE INSERT OR UPDATE OF parent_id ON orgs_union
    FOR EACH ROW EXECUTE FUNCTION orgs_set_path();

CREATE FUNCTION orgs_carry_path_down() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- '0' is the character after '/': all that begins with the old path, and nothing else.
    UPDATE orgs_union SET path = NEW.path || substr(path, length(OLD.path) + 1)
    WHERE path > OLD.path AND path < left(OLD.path, -1) || '0' AND id <> NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER path_carried_down AFTER UPDATE OF parent_id ON orgs_union
    FOR EACH ROW WHEN (OLD.path IS DISTINCT FROM NEW.path)
    EXECUTE FUNCTION orgs_carry_path_down();
"""

NEVER_REWRITTEN = """
CREATE FUNCTION orgs_never_rewritten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL
       AND to_jsonb(NEW) - 'superseded_at' = to_jsonb(OLD) - 'superseded_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% rows are superseded, never rewritten', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""
GUARDED = ("orgs_placement", "orgs_territory", "orgs_coverage")
GUARD = "".join(
    f"CREATE TRIGGER never_rewritten BEFORE UPDATE OR DELETE ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION orgs_never_rewritten();\n"
    for table in GUARDED
)

OVERLAPS = """
ALTER TABLE orgs_placement ADD CONSTRAINT one_parent_of_a_kind_at_a_time EXCLUDE USING gist (
    union_id WITH =, kind WITH =,
    daterange(valid_from, valid_to) WITH &&, tstzrange(recorded_at, superseded_at) WITH &&);
ALTER TABLE orgs_placement ADD CONSTRAINT not_twice_under_one_parent EXCLUDE USING gist (
    union_id WITH =, parent_id WITH =, daterange(valid_from, valid_to) WITH &&)
    WHERE (superseded_at IS NULL);
ALTER TABLE orgs_territory ADD CONSTRAINT one_seat_at_a_time EXCLUDE USING gist (
    union_id WITH =,
    daterange(valid_from, valid_to) WITH &&, tstzrange(recorded_at, superseded_at) WITH &&)
    WHERE (is_seat);
ALTER TABLE orgs_territory ADD CONSTRAINT same_place_once_at_a_time EXCLUDE USING gist (
    union_id WITH =, adcode WITH =, (coalesce(town_code, 0)) WITH =,
    daterange(valid_from, valid_to) WITH &&)
    WHERE (superseded_at IS NULL AND NOT is_seat);
ALTER TABLE orgs_coverage ADD CONSTRAINT same_coverage_once_at_a_time EXCLUDE USING gist (
    union_id WITH =, employer_id WITH =, (coalesce(outlet_id, 0)) WITH =, industry_code WITH =,
    daterange(valid_from, valid_to) WITH &&)
    WHERE (superseded_at IS NULL);
"""

# The planner takes "has it children?" for likely and would scan the table for each leaf: the functions
# pin it to the indexes.
CHECKED_AT_COMMIT = """
CREATE FUNCTION orgs_check_placement() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off AS $$
DECLARE
    days daterange := daterange(NEW.valid_from, NEW.valid_to);
BEGIN
    PERFORM pg_advisory_xact_lock(7203301);
    -- A row that was corrected again in the same transaction no longer matters.
    IF EXISTS (SELECT 1 FROM orgs_union u WHERE u.id IN (NEW.union_id, NEW.parent_id)
               AND NOT daterange(u.founded_on, u.ended_on) @> days)
       AND EXISTS (SELECT 1 FROM orgs_placement WHERE id = NEW.id AND superseded_at IS NULL) THEN
        RAISE EXCEPTION 'union % under % on days on which one of them does not exist',
            NEW.union_id, NEW.parent_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'parent_is_there';
    END IF;
    -- Nothing below it: no circle can close here. This is what keeps thousands of rows cheap.
    IF NOT EXISTS (SELECT 1 FROM orgs_placement p
                   WHERE p.parent_id = NEW.union_id AND p.superseded_at IS NULL) THEN
        RETURN NULL;
    END IF;
    IF EXISTS (SELECT 1 FROM orgs_placement WHERE id = NEW.id AND superseded_at IS NULL) AND EXISTS (
        WITH RECURSIVE up AS (
            SELECT NEW.parent_id AS node, days AS days, 1 AS steps
            UNION ALL
            SELECT p.parent_id, up.days * daterange(p.valid_from, p.valid_to), up.steps + 1
            FROM up JOIN orgs_placement p ON p.union_id = up.node AND p.superseded_at IS NULL
                AND (p.kind = 1) AND daterange(p.valid_from, p.valid_to) && up.days
            WHERE up.node <> NEW.union_id AND up.steps < 64
        )
        SELECT 1 FROM up WHERE node = NEW.union_id OR steps = 64
    ) THEN
        RAISE EXCEPTION 'union % would stand under itself', NEW.union_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'tree_without_cycle';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER placement_fits AFTER INSERT ON orgs_placement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION orgs_check_placement();

CREATE FUNCTION orgs_check_life() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7203301);
    IF EXISTS (SELECT 1 FROM orgs_placement p JOIN orgs_union u ON u.id = NEW.id
               WHERE (p.parent_id = NEW.id OR p.union_id = NEW.id) AND p.superseded_at IS NULL
               AND NOT daterange(u.founded_on, u.ended_on) @> daterange(p.valid_from, p.valid_to))
    THEN
        RAISE EXCEPTION 'placements of or under union % on days on which it does not exist', NEW.id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'parent_is_there';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER life_fits AFTER UPDATE OF founded_on, ended_on ON orgs_union
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.founded_on <> NEW.founded_on OR OLD.ended_on IS DISTINCT FROM NEW.ended_on)
    EXECUTE FUNCTION orgs_check_life();

-- Seen before the commit already: an ended union takes no children from then on.
CREATE FUNCTION orgs_refuse_ended_parent() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off AS $$
BEGIN
    IF NEW.ended_on IS NULL AND EXISTS (
        SELECT 1 FROM orgs_union p WHERE p.id = NEW.parent_id AND p.ended_on IS NOT NULL) THEN
        RAISE EXCEPTION 'union % has ended and takes no children', NEW.parent_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'parent_is_there';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ended_parent_refused BEFORE INSERT OR UPDATE OF parent_id ON orgs_union
    FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL)
    EXECUTE FUNCTION orgs_refuse_ended_parent();
"""

UNDO = """
DROP TRIGGER ended_parent_refused ON orgs_union;
DROP FUNCTION orgs_refuse_ended_parent();
DROP TRIGGER life_fits ON orgs_union;
DROP FUNCTION orgs_check_life();
DROP TRIGGER placement_fits ON orgs_placement;
DROP FUNCTION orgs_check_placement();
"""


class Migration(migrations.Migration):
    dependencies = [("orgs", "0002_both_times")]
    operations = [
        BtreeGistExtension(),
        migrations.RunSQL(ROOT, "DROP INDEX one_root;"),
        migrations.RunSQL(PATH, migrations.RunSQL.noop),
        migrations.RunSQL(NEVER_REWRITTEN, migrations.RunSQL.noop),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
        migrations.RunSQL(OVERLAPS, migrations.RunSQL.noop),
        migrations.RunSQL(CHECKED_AT_COMMIT, UNDO),
    ]
