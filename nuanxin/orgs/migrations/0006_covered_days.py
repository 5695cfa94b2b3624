"""The days on which an employer had a living union, kept beside it: counts of any day read one row each.

What stands is ``orgs_coverage`` and the seats; this column is only their sum as they are known now,
made anew by statement triggers for the employers whose rows have changed. Who counts as known at an
earlier instant reads the rows themselves.
"""

from django.db import migrations

COLUMN = """
ALTER TABLE orgs_employer ADD COLUMN covered_days datemultirange NOT NULL DEFAULT '{}';
CREATE INDEX employer_region ON orgs_employer (adcode);
CREATE INDEX employer_without_region ON orgs_employer (id)
    WHERE adcode IS NULL AND covered_days <> '{}';
"""
KEEPING = """
CREATE FUNCTION orgs_keep_covered_days(employers bigint[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE orgs_employer e SET covered_days = coalesce(found.days, '{}')
    FROM unnest(employers) AS i (id) LEFT JOIN (
        SELECT c.employer_id,
               range_agg(daterange(c.valid_from, c.valid_to) * daterange(t.valid_from, t.valid_to))
               AS days
        FROM orgs_coverage c JOIN orgs_territory t ON t.union_id = c.union_id
        WHERE c.employer_id = ANY (employers) AND c.superseded_at IS NULL
          AND t.is_seat AND t.superseded_at IS NULL
        GROUP BY 1) AS found ON found.employer_id = i.id
    WHERE e.id = i.id AND e.covered_days IS DISTINCT FROM coalesce(found.days, '{}')
$$;
CREATE FUNCTION orgs_coverage_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM orgs_keep_covered_days(array_agg(DISTINCT employer_id)) FROM changed;
    RETURN NULL;
END $$;
CREATE FUNCTION orgs_seat_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM orgs_keep_covered_days(array_agg(DISTINCT c.employer_id))
    FROM changed s JOIN orgs_coverage c ON c.union_id = s.union_id
    WHERE s.is_seat AND c.superseded_at IS NULL;
    RETURN NULL;
END $$;
"""
WATCHED = {"orgs_coverage": "orgs_coverage_changed", "orgs_territory": "orgs_seat_changed"}
TRIGGERS = "".join(
    f"CREATE TRIGGER covered_days_on_{change} AFTER {change} ON {table}"
    f" REFERENCING {side} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION {function}();\n"
    for table, function in WATCHED.items()
    for change, side in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
)
FIRST = "SELECT orgs_keep_covered_days(array_agg(id)) FROM orgs_employer;"
BACK = (
    "".join(
        f"DROP TRIGGER covered_days_on_{change} ON {table};"
        for table in WATCHED
        for change in ("INSERT", "UPDATE", "DELETE")
    )
    + """
DROP FUNCTION orgs_seat_changed();
DROP FUNCTION orgs_coverage_changed();
DROP FUNCTION orgs_keep_covered_days(bigint[]);
DROP INDEX employer_without_region;
DROP INDEX employer_region;
ALTER TABLE orgs_employer DROP COLUMN covered_days;
"""
)


class Migration(migrations.Migration):

    dependencies = [
        ('orgs', '0005_outlets_with_address'),
    ]

    operations = [
        migrations.RunSQL(COLUMN + KEEPING + TRIGGERS + FIRST, BACK),
    ]
