"""What the database promises about posts beyond single rows.

``btree_gist`` brings equality of plain columns into exclusion constraints; it is a trusted
extension of PostgreSQL's own contrib folder.
"""

from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations

FORWARD = """
ALTER TABLE access_post ADD CONSTRAINT post_at_most_a_year
    CHECK (valid_to <= valid_from + interval '12 months');

ALTER TABLE access_post ADD CONSTRAINT same_post_once_at_a_time
    EXCLUDE USING gist (
        account_id WITH =,
        role WITH =,
        (coalesce(union_id, 0)) WITH =,
        daterange(valid_from, valid_to) WITH &&
    ) WHERE (revoked_at IS NULL);

-- The three administrators are separate people without business rights: within one account no two
-- posts of different separation groups (0 is all business roles) may overlap.
ALTER TABLE access_post ADD CONSTRAINT administrators_kept_apart
    EXCLUDE USING gist (
        account_id WITH =,
        (CASE role WHEN 'system_admin' THEN 1 WHEN 'security_admin' THEN 2
                   WHEN 'audit_admin' THEN 3 ELSE 0 END) WITH <>,
        daterange(valid_from, valid_to) WITH &&
    ) WHERE (revoked_at IS NULL);

-- A code, a try: counted over a window by what they concern.
CREATE INDEX access_attempt_at_brin ON access_attempt USING brin (at);
CREATE INDEX access_code_sent_brin ON access_signincode USING brin (sent_at);
CREATE INDEX access_post_union ON access_post (union_id, valid_to) WHERE revoked_at IS NULL;
"""

BACKWARD = """
DROP INDEX access_post_union;
DROP INDEX access_code_sent_brin;
DROP INDEX access_attempt_at_brin;
ALTER TABLE access_post DROP CONSTRAINT administrators_kept_apart;
ALTER TABLE access_post DROP CONSTRAINT same_post_once_at_a_time;
ALTER TABLE access_post DROP CONSTRAINT post_at_most_a_year;
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0002_sessions_budget_tickets")]

    operations = [
        BtreeGistExtension(),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
