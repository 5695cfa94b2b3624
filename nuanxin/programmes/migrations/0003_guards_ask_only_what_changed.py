"""The guard of a seat asks only about what changed: most seats are taken free, not from somebody.

An IF with a sub-query is a query of its own, whatever stands before its AND.
"""

from django.db import migrations

NESTED = """
CREATE OR REPLACE FUNCTION programmes_seat_is_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.application_id IS NOT NULL THEN
        PERFORM 1 FROM programmes_application a
        WHERE a.id = OLD.application_id AND a.state IN (3, 4)
          AND NOT EXISTS (SELECT 1 FROM programmes_seat s WHERE s.application_id = a.id);
        IF FOUND THEN
            RAISE EXCEPTION 'a seat was taken from its holder'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'granted_has_a_seat';
        END IF;
    END IF;
    IF NEW.application_id IS NOT NULL THEN
        PERFORM 1 FROM programmes_application a
        WHERE a.id = NEW.application_id AND a.offer_id = NEW.offer_id AND a.state IN (3, 4)
          AND a.is_directed = NEW.holder_directed;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a seat for an application that is not granted'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'seat_is_granted';
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION programmes_application_has_seat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM programmes_seat s
    WHERE s.application_id = NEW.id AND s.offer_id = NEW.offer_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a granted application without a seat'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'granted_has_a_seat';
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    """Replace two functions; their triggers stay."""

    dependencies = [("programmes", "0002_eligibility")]
    operations = [migrations.RunSQL(NESTED, migrations.RunSQL.noop)]
