"""接触: that a person was reached or served. Appended only; merging moves, erasing takes the note."""

import django.db.models.deletion
from django.db import migrations, models

APPEND_ONLY = """
CREATE FUNCTION people_contact_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'contacts are appended, corrected by a reversal'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE ON people_contact FOR EACH ROW
    WHEN ((OLD.id, OLD.day, OLD.kind, OLD.times, OLD.reference, OLD.reverses_id, OLD.recorded_at)
          IS DISTINCT FROM
          (NEW.id, NEW.day, NEW.kind, NEW.times, NEW.reference, NEW.reverses_id, NEW.recorded_at)
          OR (NEW.note <> OLD.note AND NEW.note <> ''))
    EXECUTE FUNCTION people_contact_refuse_change();
CREATE TRIGGER never_deleted BEFORE DELETE ON people_contact
    FOR EACH STATEMENT EXECUTE FUNCTION people_contact_refuse_change();
"""
BACK = """
DROP TRIGGER never_deleted ON people_contact;
DROP TRIGGER append_only ON people_contact;
DROP FUNCTION people_contact_refuse_change();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0002_name_search'),
    ]

    operations = [
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('day', models.DateField(verbose_name='日期')),
                ('kind', models.SmallIntegerField(help_text='见 states.ContactKind', verbose_name='种类')),
                ('times', models.SmallIntegerField(default=1, help_text='撤销的记成负数', verbose_name='次数')),
                ('reference', models.CharField(blank=True, max_length=40, verbose_name='来源编号')),
                ('note', models.CharField(blank=True, max_length=100, verbose_name='说明')),
                ('recorded_at', models.DateTimeField(verbose_name='记入时间')),
                ('recorded_by', models.UUIDField(null=True, verbose_name='记入账号')),
                ('recorded_by_name', models.CharField(blank=True, max_length=60, verbose_name='记入人')),
                ('reverses', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, to='people.contact', verbose_name='撤销的是')),
                ('worker', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='people.worker', verbose_name='劳动者')),
            ],
            options={
                'verbose_name': '接触',
                'constraints': [models.UniqueConstraint(fields=('worker', 'day', 'kind', 'reference'), name='each_contact_once'), models.CheckConstraint(condition=models.Q(models.Q(('reverses__isnull', True), ('times__gt', 0)), models.Q(('reverses__isnull', False), ('times__lt', 0)), _connector='OR'), name='contact_reversed_by_the_opposite')],
            },
        ),
        migrations.RunSQL(APPEND_ONLY, BACK),
    ]
