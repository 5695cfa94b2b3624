"""Late entries are found by when they were recorded: what a locked month leaves out."""

from django.db import migrations

# Only rows recorded in a later month than they happened in; the condition of membership.figures.late.
LATE = """
CREATE INDEX flow_late ON membership_memberflow (recorded_at)
    INCLUDE (day, county, occupation, channel, kind, persons, fold_id)
    WHERE recorded_at >= (date_trunc('month', day::timestamp) + interval '1 month')
                         AT TIME ZONE 'Asia/Shanghai'
"""


class Migration(migrations.Migration):
    dependencies = [("figures", "0006_sealed_lines"), ("membership", "0008_listings")]
    operations = [migrations.RunSQL(LATE, "DROP INDEX flow_late")]
