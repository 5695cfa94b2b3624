"""Who came has it: what the door records is noted, to become a delivery."""

import django.db.models.deletion
from django.db import migrations, models


NOTES = """
CREATE FUNCTION programmes_door_attended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO programmes_doordue (booking_id) SELECT DISTINCT booking_id FROM fresh;
    RETURN NULL;
END $$;
CREATE TRIGGER noted AFTER INSERT ON programmes_attendance REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION programmes_door_attended();
CREATE FUNCTION programmes_door_present() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO programmes_doordue (child_place_id, day) SELECT DISTINCT place_id, day FROM fresh;
    RETURN NULL;
END $$;
CREATE TRIGGER noted AFTER INSERT ON programmes_camppresence REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION programmes_door_present();
INSERT INTO programmes_doordue (booking_id) SELECT DISTINCT booking_id FROM programmes_attendance;
INSERT INTO programmes_doordue (child_place_id, day)
SELECT DISTINCT place_id, day FROM programmes_camppresence;
"""
NO_NOTES = """
DROP TRIGGER noted ON programmes_attendance;
DROP TRIGGER noted ON programmes_camppresence;
DROP FUNCTION programmes_door_attended();
DROP FUNCTION programmes_door_present();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0003_contacts'),
        ('programmes', '0016_forfeits'),
    ]

    operations = [
        migrations.CreateModel(
            name='DoorDue',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('booking_id', models.BigIntegerField(null=True, verbose_name='预约')),
                ('child_place_id', models.BigIntegerField(null=True, verbose_name='托管名额')),
                ('day', models.DateField(null=True, verbose_name='日期')),
            ],
            options={
                'verbose_name': '待兑现',
            },
        ),
        migrations.AddField(
            model_name='delivery',
            name='child_place',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='programmes.campplace', verbose_name='托管名额'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(condition=models.Q(('step', 1)), fields=('child_place', 'day', 'turn'), name='each_camp_day_once'),
        ),
        migrations.RunSQL(NOTES, NO_NOTES),
    ]
