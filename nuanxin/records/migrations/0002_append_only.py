"""Events, seals and readings are appended: the database itself refuses to change them."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION records_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'records are appended, never changed (%)', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""
TABLES = ("records_event", "records_seal", "records_reading")
GUARD = "".join(
    f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION records_refuse_change();\n"
    for table in TABLES
)
UNGUARD = "".join(f"DROP TRIGGER append_only ON {table};\n" for table in TABLES)


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]
    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION records_refuse_change();"),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
