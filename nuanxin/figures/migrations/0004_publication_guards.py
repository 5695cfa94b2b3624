"""What the database refuses of publications and locks, whatever a statement says."""

from django.db import migrations

FROZEN = """
CREATE FUNCTION figures_publication_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'publications are never deleted'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'publication_kept';
    END IF;
    IF OLD.state >= 4 AND (OLD.state <> 4 OR NEW.state NOT IN (5, 6)
            OR to_jsonb(OLD) - 'state' <> to_jsonb(NEW) - 'state') THEN
        RAISE EXCEPTION 'a published version does not change'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'publication_frozen';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN
            ((1, 2), (2, 3), (2, 1), (3, 4), (3, 1), (4, 5), (4, 6)) THEN
        RAISE EXCEPTION 'no way from state % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'publication_moves';
    END IF;
    IF OLD.author_key <> NEW.author_key OR OLD.series_id <> NEW.series_id
            OR OLD.version <> NEW.version OR NEW.round < OLD.round THEN
        RAISE EXCEPTION 'author, series and version do not change'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'publication_author';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON figures_publication
    FOR EACH ROW EXECUTE FUNCTION figures_publication_guard();

CREATE FUNCTION figures_line_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE standing smallint;
BEGIN
    SELECT state INTO standing FROM figures_publication
    WHERE id = CASE WHEN TG_OP = 'INSERT' THEN NEW.publication_id ELSE OLD.publication_id END;
    IF standing IS DISTINCT FROM 1
            OR (TG_OP = 'UPDATE' AND NEW.publication_id <> OLD.publication_id) THEN
        RAISE EXCEPTION 'only the lines of a draft change'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'line_frozen';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE ON figures_publicationline
    FOR EACH ROW EXECUTE FUNCTION figures_line_guard();
"""

TWO_PERSONS = """
CREATE FUNCTION figures_approval_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE p figures_publication;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'approvals are appended'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'approval_appended';
    END IF;
    SELECT * INTO p FROM figures_publication WHERE id = NEW.publication_id FOR UPDATE;
    IF p.author_key = NEW.person_key THEN
        RAISE EXCEPTION 'nobody approves what he drafted'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'approval_by_another';
    END IF;
    IF p.state NOT IN (2, 3) OR p.round <> NEW.round THEN
        RAISE EXCEPTION 'only a checked version is approved'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'approval_of_checked';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT ON figures_approval
    FOR EACH ROW EXECUTE FUNCTION figures_approval_guard();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON figures_approval
    FOR EACH ROW EXECUTE FUNCTION figures_approval_guard();

CREATE FUNCTION figures_published_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(DISTINCT person_key) FROM figures_approval
        WHERE publication_id = NEW.id AND round = NEW.round
          AND person_key <> NEW.author_key) < 2 THEN
        RAISE EXCEPTION 'a publication has two approvers who are not its author'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'two_persons';
    END IF;
    IF NOT NEW.is_withdrawal AND NOT EXISTS (
            SELECT 1 FROM figures_publicationline WHERE publication_id = NEW.id) THEN
        RAISE EXCEPTION 'a publication has lines'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'publication_has_lines';
    END IF;
    IF octet_length(NEW.signature) <> 64 OR NEW.content_hash !~ '^[0-9a-f]{64}$'
       OR NEW.previous_hash <> coalesce(
            (SELECT content_hash FROM figures_publication WHERE number = NEW.number - 1),
            CASE WHEN NEW.number = 1 THEN repeat('0', 64) END, '') THEN
        RAISE EXCEPTION 'a publication is signed and stands in the chain'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'publication_in_chain';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER published_whole AFTER INSERT OR UPDATE ON figures_publication
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state >= 4)
    EXECUTE FUNCTION figures_published_whole();
"""

LOCKS = """
CREATE FUNCTION figures_lock_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'locks are appended'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'lock_appended';
    END IF;
    -- One at a time for a month: else a county is unlocked while its city is being locked.
    PERFORM pg_advisory_xact_lock(7203100, (NEW.month - date '1949-10-01'));
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (
            SELECT 1 FROM orgs_union below
            WHERE below.parent_id = NEW.union_id AND below.kind = 'federation' AND below.level <= 3
              AND below.ended_on IS NULL AND NOT EXISTS (
                SELECT 1 FROM figures_periodlock l WHERE l.union_id = below.id
                AND l.month = NEW.month AND l.unlocked_at IS NULL)) THEN
            RAISE EXCEPTION 'those below are locked first'
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'lock_upwards';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.unlocked_at IS NOT NULL OR NEW.unlocked_at IS NULL
       OR (OLD.month, OLD.union_id, OLD.region, OLD.locked_at, OLD.locked_by_name)
          IS DISTINCT FROM
          (NEW.month, NEW.union_id, NEW.region, NEW.locked_at, NEW.locked_by_name) THEN
        RAISE EXCEPTION 'a lock is only ever unlocked, once'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'lock_appended';
    END IF;
    IF EXISTS (
        SELECT 1 FROM orgs_union u JOIN figures_periodlock l ON l.union_id = u.parent_id
        WHERE u.id = OLD.union_id AND l.month = OLD.month AND l.unlocked_at IS NULL) THEN
        RAISE EXCEPTION 'the one above is unlocked first'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'unlock_downwards';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE ON figures_periodlock
    FOR EACH ROW EXECUTE FUNCTION figures_lock_guard();
"""
BACK = """
DROP TRIGGER guard ON figures_periodlock;
DROP TRIGGER published_whole ON figures_publication;
DROP TRIGGER append_only ON figures_approval;
DROP TRIGGER guard ON figures_approval;
DROP TRIGGER guard ON figures_publicationline;
DROP TRIGGER guard ON figures_publication;
DROP FUNCTION figures_lock_guard(), figures_published_whole(), figures_approval_guard(),
    figures_line_guard(), figures_publication_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("figures", "0003_publications")]
    operations = [migrations.RunSQL(FROZEN + TWO_PERSONS + LOCKS, BACK)]
