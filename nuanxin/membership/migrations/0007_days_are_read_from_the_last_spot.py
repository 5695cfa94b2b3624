"""Within a month every fifth day is kept, so that a day is read from few flows."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('membership', '0006_stocks_read_from_their_index'),
    ]

    operations = [
        migrations.CreateModel(
            name='MemberSpot',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('day', models.DateField(help_text='5、10、15、20、25 日', verbose_name='截至')),
                ('county', models.IntegerField(verbose_name='县')),
                ('occupation', models.SmallIntegerField(verbose_name='职业')),
                ('channel', models.SmallIntegerField(verbose_name='入会渠道')),
                ('new_members', models.IntegerField(verbose_name='新会员')),
                ('left_union', models.IntegerField(verbose_name='退会')),
                ('live_members', models.IntegerField(verbose_name='在籍增减')),
            ],
            options={
                'verbose_name': '月内累计',
                'constraints': [models.UniqueConstraint(fields=('day', 'county', 'occupation', 'channel'), include=('new_members', 'left_union', 'live_members'), name='one_spot_a_cell')],
            },
        ),
    ]
