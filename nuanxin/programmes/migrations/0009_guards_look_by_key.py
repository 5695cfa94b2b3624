"""The guards of seats look rows up by their key alone, whatever the planner believes.

Asked for the key and the offer together, it took the index of the offer: an offer of today is not in
its statistics yet, so it looked like no rows at all, and each place taken read all that were taken
before it. Seats leave room on their page, so that a taken one stays on it.
"""

from django.db import migrations

BY_KEY = """
CREATE OR REPLACE FUNCTION programmes_seat_is_held() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    holder record;
BEGIN
    IF OLD.application_id IS NOT NULL THEN
        SELECT a.state INTO holder FROM programmes_application a WHERE a.id = OLD.application_id;
        IF holder.state IN (3, 4, 7, 9) THEN
            PERFORM 1 FROM programmes_seat s WHERE s.application_id = OLD.application_id;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'a seat was taken from its holder'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'granted_has_a_seat';
            END IF;
        END IF;
    END IF;
    IF NEW.application_id IS NOT NULL THEN
        SELECT a.state, a.offer_id, a.is_directed INTO holder
        FROM programmes_application a WHERE a.id = NEW.application_id;
        IF NOT FOUND OR holder.state NOT IN (3, 4, 7, 9) OR holder.offer_id <> NEW.offer_id
           OR holder.is_directed <> NEW.holder_directed THEN
            RAISE EXCEPTION 'a seat for an application that is not granted'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'seat_is_granted';
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION programmes_application_has_seat() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held_offer bigint;
BEGIN
    SELECT s.offer_id INTO held_offer FROM programmes_seat s WHERE s.application_id = NEW.id;
    IF held_offer IS DISTINCT FROM NEW.offer_id THEN
        RAISE EXCEPTION 'a granted application without a seat'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'granted_has_a_seat';
    END IF;
    RETURN NULL;
END $$;
ALTER TABLE programmes_seat SET (fillfactor = 50);
"""


class Migration(migrations.Migration):
    """Replace two functions; their triggers stay."""

    dependencies = [("programmes", "0008_children_forgotten")]
    operations = [migrations.RunSQL(BY_KEY, migrations.RunSQL.noop)]
