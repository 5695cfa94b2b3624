"""The application names its seat; free seats are rows of their own, which are deleted when taken.

Taking a place then writes the application and deletes a ticket: no index of seats is touched. What
the database refuses stays the same, but most of it is a CHECK now instead of a look-up.
"""

import django.db.models.deletion
from django.db import migrations, models

MOVE = """
UPDATE programmes_application a SET seat_id = s.id, taken_at = s.taken_at
FROM programmes_seat s WHERE s.application_id = a.id;
INSERT INTO programmes_freeseat (id, offer_id, pool_id, ordinal, is_directed, slot_at)
SELECT id, offer_id, pool_id, ordinal, is_directed, slot_at FROM programmes_seat
WHERE application_id IS NULL ORDER BY id;
"""
MOVE_BACK = """
UPDATE programmes_seat s
SET application_id = a.id, taken_at = a.taken_at, holder_directed = a.is_directed
FROM programmes_application a WHERE a.seat_id = s.id;
"""
OLD_GUARDS = """
DROP TRIGGER application_has_seat ON programmes_application;
DROP TRIGGER ended_has_no_seat ON programmes_application;
DROP TRIGGER seat_is_held ON programmes_seat;
DROP FUNCTION programmes_application_has_seat(), programmes_ended_has_no_seat(),
    programmes_seat_is_held();
"""
OLD_GUARDS_AGAIN = """
CREATE FUNCTION programmes_application_has_seat() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RETURN NULL; END $$;
CREATE FUNCTION programmes_ended_has_no_seat() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RETURN NULL; END $$;
CREATE FUNCTION programmes_seat_is_held() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER application_has_seat AFTER INSERT ON programmes_application
    FOR EACH ROW EXECUTE FUNCTION programmes_application_has_seat();
CREATE TRIGGER ended_has_no_seat AFTER UPDATE ON programmes_application
    FOR EACH ROW EXECUTE FUNCTION programmes_ended_has_no_seat();
CREATE TRIGGER seat_is_held AFTER UPDATE ON programmes_seat
    FOR EACH ROW EXECUTE FUNCTION programmes_seat_is_held();
"""
# After, not before: an INSERT that ends in DO NOTHING has run its BEFORE triggers already and would
# have lost the place.
GUARDS = """
CREATE FUNCTION programmes_seat_let_go(seat bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO programmes_freeseat (id, offer_id, pool_id, ordinal, is_directed, slot_at)
    SELECT s.id, s.offer_id, s.pool_id, s.ordinal, s.is_directed, s.slot_at
    FROM programmes_seat s WHERE s.id = seat
$$;
CREATE FUNCTION programmes_seat_is_taken() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ticket record;
BEGIN
    DELETE FROM programmes_freeseat f WHERE f.id = NEW.seat_id
    RETURNING f.offer_id, f.is_directed INTO ticket;
    IF ticket.offer_id IS NULL THEN
        RAISE EXCEPTION 'a seat that is not free was given'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'seat_is_free';
    ELSIF ticket.offer_id <> NEW.offer_id THEN
        RAISE EXCEPTION 'a seat of another offer'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'seat_of_the_offer';
    ELSIF ticket.is_directed AND NOT NEW.is_directed THEN
        RAISE EXCEPTION 'a directed seat for somebody else'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'directed_seat_for_the_directed';
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION programmes_seat_is_left() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM programmes_seat_let_go(OLD.seat_id);
    RETURN NULL;
END $$;
CREATE TRIGGER seat_is_left AFTER UPDATE OF seat_id ON programmes_application
    FOR EACH ROW WHEN (OLD.seat_id IS NOT NULL AND OLD.seat_id IS DISTINCT FROM NEW.seat_id)
    EXECUTE FUNCTION programmes_seat_is_left();
CREATE TRIGGER seat_is_left_behind AFTER DELETE ON programmes_application
    FOR EACH ROW WHEN (OLD.seat_id IS NOT NULL) EXECUTE FUNCTION programmes_seat_is_left();
CREATE TRIGGER seat_is_taken AFTER INSERT ON programmes_application
    FOR EACH ROW WHEN (NEW.seat_id IS NOT NULL) EXECUTE FUNCTION programmes_seat_is_taken();
CREATE TRIGGER seat_is_taken_later AFTER UPDATE OF seat_id ON programmes_application
    FOR EACH ROW WHEN (NEW.seat_id IS NOT NULL AND OLD.seat_id IS DISTINCT FROM NEW.seat_id)
    EXECUTE FUNCTION programmes_seat_is_taken();

CREATE FUNCTION programmes_directed_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM programmes_seat s WHERE s.id = NEW.seat_id AND s.is_directed) THEN
        RAISE EXCEPTION 'a directed seat for somebody else'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'directed_seat_for_the_directed';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER directed_stays AFTER UPDATE OF is_directed ON programmes_application
    FOR EACH ROW WHEN (OLD.is_directed AND NOT NEW.is_directed AND NEW.seat_id IS NOT NULL)
    EXECUTE FUNCTION programmes_directed_stays();

CREATE FUNCTION programmes_new_seats_are_free() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO programmes_freeseat (id, offer_id, pool_id, ordinal, is_directed, slot_at)
    SELECT id, offer_id, pool_id, ordinal, is_directed, slot_at FROM fresh ORDER BY id;
    RETURN NULL;
END $$;
CREATE TRIGGER new_seats_are_free AFTER INSERT ON programmes_seat
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION programmes_new_seats_are_free();

CREATE FUNCTION programmes_free_seat_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE programmes_freeseat f
    SET pool_id = NEW.pool_id, is_directed = NEW.is_directed, slot_at = NEW.slot_at,
        ordinal = NEW.ordinal
    WHERE f.id = NEW.id;
    IF NEW.is_directed AND EXISTS (SELECT 1 FROM programmes_application a
                                   WHERE a.seat_id = NEW.id AND NOT a.is_directed) THEN
        RAISE EXCEPTION 'a directed seat for somebody else'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'directed_seat_for_the_directed';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER free_seat_follows AFTER UPDATE OF pool_id, is_directed, slot_at, ordinal ON programmes_seat
    FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION programmes_free_seat_follows();

CREATE FUNCTION programmes_seat_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM programmes_application a WHERE a.seat_id = OLD.id) THEN
        RAISE EXCEPTION 'a seat was taken from its holder'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'granted_has_a_seat';
    END IF;
    DELETE FROM programmes_freeseat f WHERE f.id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER seat_goes AFTER DELETE ON programmes_seat
    FOR EACH ROW EXECUTE FUNCTION programmes_seat_goes();
"""
GUARDS_OFF = """
DROP FUNCTION programmes_seat_is_taken, programmes_seat_is_left, programmes_seat_let_go,
    programmes_directed_stays, programmes_new_seats_are_free, programmes_free_seat_follows,
    programmes_seat_goes CASCADE
"""


class Migration(migrations.Migration):
    """Move the link from the seat to the application."""

    dependencies = [("programmes", "0023_no_shows")]

    operations = [
        migrations.CreateModel(
            name="FreeSeat",
            fields=[
                ("seat", models.OneToOneField(db_column="id", db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name="ticket", serialize=False, to="programmes.seat", verbose_name="名额")),
                ("ordinal", models.IntegerField(verbose_name="序号")),
                ("is_directed", models.BooleanField(verbose_name="定向")),
                ("slot_at", models.DateTimeField(null=True, verbose_name="时段")),
                ("offer", models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, to="programmes.offer", verbose_name="一期服务")),
                ("pool", models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, to="programmes.pool", verbose_name="名额份")),
            ],
            options={"verbose_name": "空着的名额"},
        ),
        migrations.AddIndex(
            model_name="freeseat",
            index=models.Index(fields=["pool", "is_directed", "ordinal"], name="seat_free_in_pool"),
        ),
        migrations.AddIndex(
            model_name="freeseat",
            index=models.Index(fields=["offer", "ordinal"], name="seat_free_in_offer"),
        ),
        migrations.RunSQL(OLD_GUARDS, OLD_GUARDS_AGAIN),
        migrations.AddField(
            model_name="application",
            name="taken_at",
            field=models.DateTimeField(null=True, verbose_name="给出时间"),
        ),
        migrations.RemoveConstraint(model_name="seat", name="seat_taken_with_its_time"),
        migrations.RemoveConstraint(model_name="seat", name="directed_seat_for_the_directed"),
        migrations.RemoveIndex(model_name="seat", name="seat_free"),
        migrations.RunSQL("ALTER TABLE programmes_application ADD COLUMN seat_id bigint", "ALTER TABLE programmes_application DROP COLUMN seat_id"),
        migrations.RunSQL(MOVE, MOVE_BACK),
        migrations.RunSQL("ALTER TABLE programmes_seat DROP COLUMN application_id, DROP COLUMN holder_directed, DROP COLUMN taken_at", "ALTER TABLE programmes_seat ADD COLUMN application_id bigint UNIQUE, ADD COLUMN holder_directed boolean NOT NULL DEFAULT false, ADD COLUMN taken_at timestamptz"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField(model_name="seat", name="application"),
                migrations.RemoveField(model_name="seat", name="holder_directed"),
                migrations.RemoveField(model_name="seat", name="taken_at"),
                migrations.AddField(
                    model_name="application",
                    name="seat",
                    field=models.OneToOneField(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, to="programmes.seat", verbose_name="名额"),
                ),
            ],
            database_operations=[
                migrations.RunSQL("ALTER TABLE programmes_application ADD CONSTRAINT programmes_application_seat_id_key UNIQUE (seat_id)", migrations.RunSQL.noop),
            ],
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(seat__isnull=False, state__in=[3, 4, 7, 9])
                | models.Q(("seat__isnull", True), models.Q(("state__in", [3, 4, 7, 9]), _negated=True)),
                name="granted_has_a_seat",
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(seat__isnull=True, taken_at__isnull=True)
                | models.Q(seat__isnull=False, taken_at__isnull=False),
                name="seat_taken_with_its_time",
            ),
        ),
        migrations.RunSQL(GUARDS, GUARDS_OFF),
        migrations.RunSQL("ALTER TABLE programmes_seat RESET (fillfactor)", "ALTER TABLE programmes_seat SET (fillfactor = 50)"),
    ]  # fmt: skip
