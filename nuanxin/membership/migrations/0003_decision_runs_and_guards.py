"""Decision runs; flows appended only; nobody joins a union that takes no members."""

import django.contrib.postgres.fields
from django.db import migrations, models
from django.db.models import Q

# Flows are the source of every published figure: appended, corrected by a reversal. Folding marks
# a row with its fold and changes nothing else; the WHEN clauses keep that cheap.
APPEND_ONLY = """
CREATE FUNCTION membership_flow_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'member flows are appended, corrected by a reversal'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE ON membership_memberflow FOR EACH ROW
    WHEN ((OLD.id, OLD.day, OLD.union_id, OLD.county, OLD.occupation, OLD.channel, OLD.kind,
           OLD.persons, OLD.recorded_at)
          IS DISTINCT FROM
          (NEW.id, NEW.day, NEW.union_id, NEW.county, NEW.occupation, NEW.channel, NEW.kind,
           NEW.persons, NEW.recorded_at))
    EXECUTE FUNCTION membership_flow_refuse_change();
CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON membership_memberflow
    FOR EACH STATEMENT EXECUTE FUNCTION membership_flow_refuse_change();
"""
APPEND_ONLY_BACK = """
DROP TRIGGER never_deleted ON membership_memberflow;
DROP TRIGGER append_only ON membership_memberflow;
DROP FUNCTION membership_flow_refuse_change();
"""

# The same trigger function as before (0002), which already reads each union of the statement once,
# now also looks at whether that union takes members. A retained membership may lie with an upper
# union (domain M-15) and history may lie with a union that has ended.
TAKES_MEMBERS = """
CREATE OR REPLACE FUNCTION membership_membership_references() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM fresh f LEFT JOIN people_worker w ON w.id = f.worker_id
               WHERE w.id IS NULL) THEN
        RAISE EXCEPTION 'membership of an unknown worker' USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM (SELECT DISTINCT union_id FROM fresh) f
               LEFT JOIN orgs_union u ON u.id = f.union_id WHERE u.id IS NULL) THEN
        RAISE EXCEPTION 'membership in an unknown union' USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM (SELECT DISTINCT union_id FROM fresh WHERE state = 1) f
               JOIN orgs_union u ON u.id = f.union_id
               WHERE NOT u.accepts_members OR u.ended_on IS NOT NULL
                  OR u.state IN ('merged', 'dissolved')) THEN
        RAISE EXCEPTION 'membership in a union that takes no members'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'union_takes_members';
    END IF;
    IF EXISTS (SELECT 1 FROM fresh f
               LEFT JOIN membership_joinapplication a ON a.id = f.application_id
               WHERE f.application_id IS NOT NULL AND a.id IS NULL) THEN
        RAISE EXCEPTION 'membership from an unknown application'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION membership_restored_where_members_are_taken() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM orgs_union u WHERE u.id = NEW.union_id AND u.accepts_members
                   AND u.ended_on IS NULL AND u.state NOT IN ('merged', 'dissolved')) THEN
        RAISE EXCEPTION 'membership in a union that takes no members'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'union_takes_members';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER restored_where_members_are_taken AFTER UPDATE OF state, union_id
    ON membership_membership FOR EACH ROW
    WHEN (NEW.state = 1 AND (OLD.state <> 1 OR OLD.union_id <> NEW.union_id))
    EXECUTE FUNCTION membership_restored_where_members_are_taken();
"""


class Migration(migrations.Migration):
    dependencies = [("membership", "0002_references_as_sets")]
    operations = [
        migrations.CreateModel(
            name="DecisionRun",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "verdict",
                    models.SmallIntegerField(
                        help_text="JoinState 的通过、退回、未通过", verbose_name="决定"
                    ),
                ),
                (
                    "application_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None, verbose_name="申请编号"
                    ),
                ),
                ("persons", models.IntegerField(verbose_name="人数")),
                ("decided_at", models.DateTimeField(verbose_name="决定时间")),
                ("decided_by", models.UUIDField(null=True, verbose_name="决定账号")),
                (
                    "decided_by_name",
                    models.CharField(blank=True, max_length=60, verbose_name="决定人"),
                ),
                ("undo_until", models.DateTimeField(verbose_name="可撤销到")),
                ("undone_at", models.DateTimeField(null=True, verbose_name="撤销时间")),
                ("undone_by", models.UUIDField(null=True, verbose_name="撤销账号")),
            ],
            options={"verbose_name": "审核批次"},
        ),
        migrations.AddConstraint(
            model_name="decisionrun",
            constraint=models.CheckConstraint(
                condition=Q(undone_by__isnull=True) | Q(undone_at__isnull=False),
                name="undone_who_and_when",
            ),
        ),
        migrations.AddIndex(
            model_name="decisionrun",
            index=models.Index(
                fields=["decided_by", "-id"],
                condition=Q(undone_at__isnull=True),
                name="run_to_undo",
            ),
        ),
        migrations.RemoveIndex(model_name="membership", name="membership_union"),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                fields=["union", "id"],
                condition=Q(ended_on__isnull=True),
                name="membership_union",
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                fields=["union", "id"],
                condition=Q(ended_on__isnull=False),
                name="membership_union_ended",
            ),
        ),
        migrations.RunSQL(APPEND_ONLY, APPEND_ONLY_BACK),
        migrations.RunSQL(TAKES_MEMBERS, migrations.RunSQL.noop),
    ]
