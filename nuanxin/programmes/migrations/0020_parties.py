"""A household asks for places as one; whoever writes, its people stand alike when a transaction ends."""

import django.db.models.deletion
from django.db import migrations, models

TOGETHER = """
CREATE FUNCTION programmes_party_stands_together() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(DISTINCT a.state) FROM programmes_application a
        WHERE a.party_id = NEW.party_id AND a.state IN (1, 2, 3, 4, 7)) > 1 THEN
        RAISE EXCEPTION 'a family that asked together stands apart'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'party_stands_together';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER party_stands_together AFTER INSERT OR UPDATE OF state, party_id
    ON programmes_application DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.party_id IS NOT NULL)
    EXECUTE FUNCTION programmes_party_stands_together();
"""
ALONE = """
DROP TRIGGER party_stands_together ON programmes_application;
DROP FUNCTION programmes_party_stands_together();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0003_contacts'),
        ('programmes', '0019_answers_a_row_a_person'),
    ]

    operations = [
        migrations.CreateModel(
            name='Party',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('persons', models.SmallIntegerField(verbose_name='一起报的人数')),
                ('skipped', models.IntegerField(default=0, verbose_name='放不下让了几次')),
                ('created_at', models.DateTimeField(verbose_name='报名时间')),
                ('offer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='programmes.offer', verbose_name='一期服务')),
                ('pool', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='programmes.pool', verbose_name='名额份')),
            ],
            options={
                'verbose_name': '一家一起报',
            },
        ),
        migrations.AddField(
            model_name='application',
            name='party',
            field=models.ForeignKey(db_index=False, db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='programmes.party', verbose_name='一家一起报'),
        ),
        migrations.AddIndex(
            model_name='application',
            index=models.Index(condition=models.Q(('party__isnull', False)), fields=['party'], name='application_of_party'),
        ),
        migrations.AddConstraint(
            model_name='party',
            constraint=models.CheckConstraint(condition=models.Q(('persons__gte', 2), ('persons__lte', 20)), name='party_is_of_several'),
        ),
        migrations.AddConstraint(
            model_name='party',
            constraint=models.CheckConstraint(condition=models.Q(('skipped__gte', 0)), name='party_skipped_counts_up'),
        ),
        migrations.RunSQL(TOGETHER, ALONE),
    ]
