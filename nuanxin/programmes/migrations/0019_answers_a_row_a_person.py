"""Kept answers: a row a person with a place a rule, where there was a row a person and rule.

What was kept is derived: the next night answers everybody anew.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

EMPTY = "TRUNCATE programmes_ruling, programmes_ruleground, programmes_keptrule"


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0003_contacts'),
        ('programmes', '0018_rules_revoked'),
    ]

    operations = [
        migrations.RunSQL(EMPTY, EMPTY),
        migrations.DeleteModel(name='Ruling'),
        migrations.AddField(
            model_name='keptrule',
            name='place',
            field=models.SmallIntegerField(unique=True, verbose_name='第几个'),
            preserve_default=False,
        ),
        migrations.CreateModel(
            name='Ruling',
            fields=[
                ('worker', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, serialize=False, to='people.worker', verbose_name='劳动者')),
                ('failing', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(null=True), size=None, verbose_name='没满足的')),
                ('missing', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(null=True), size=None, verbose_name='还不知道的')),
                ('since', django.contrib.postgres.fields.ArrayField(base_field=models.DateField(null=True), size=None, verbose_name='从哪天起')),
            ],
            options={
                'verbose_name': '条件的结论',
            },
        ),
    ]
