"""Search by name: pairs of neighbouring characters under a GIN index, without an extension.

``^`` and the first character make one more pair, so that a single character finds a surname.
Names of up to four characters without separators or capitals, nearly all of them, go through an
expression that the planner inlines (2 us a row); the others through a loop.
"""

from django.db import migrations, models

FUNCTIONS = """
CREATE FUNCTION people_name_plain(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT lower(translate(name, ' ·.-''', ''))
$$;

CREATE FUNCTION people_long_name_grams(name text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    plain text := '^' || public.people_name_plain(name);
    grams text[] := '{}';
BEGIN
    FOR i IN 1 .. char_length(plain) - 1 LOOP
        grams := grams || substr(plain, i, 2);
    END LOOP;
    RETURN grams;
END $$;

CREATE FUNCTION people_name_grams(name text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN char_length(name) <= 4 AND name = public.people_name_plain(name)
        THEN (ARRAY['^' || left(name, 1), left(name, 2), substr(name, 2, 2),
                    substr(name, 3, 2)])[:char_length(name)]
        ELSE public.people_long_name_grams(name)  -- a restore has an empty search path
    END
$$;
"""
DROP = """
DROP FUNCTION people_name_grams(text);
DROP FUNCTION people_long_name_grams(text);
DROP FUNCTION people_name_plain(text);
"""
INDEX = """
CREATE INDEX worker_name_grams ON people_worker USING gin (people_name_grams(name))
    WHERE merged_into_id IS NULL AND erased_at IS NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]
    operations = [
        migrations.RunSQL(FUNCTIONS, DROP),
        migrations.RunSQL(INDEX, "DROP INDEX worker_name_grams;"),
        migrations.AddIndex(
            "worker",
            models.Index(
                fields=["identity_hash"],
                condition=models.Q(merged_into__isnull=False),
                name="worker_folded_identity",
            ),
        ),
        migrations.AddIndex(
            "worker",
            models.Index(
                fields=["merged_into"],
                condition=models.Q(merged_into__isnull=False),
                name="worker_folded",
            ),
        ),
        migrations.AddIndex(
            "duplicatecandidate",
            models.Index(
                fields=["-id"],
                condition=models.Q(settled_at__isnull=True),
                name="duplicate_open",
            ),
        ),
    ]
