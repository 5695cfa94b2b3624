"""A month of all counties is read from its index alone."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('membership', '0005_flows_read_from_their_index'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='memberstock',
            name='stock_month_region',
        ),
        migrations.AddIndex(
            model_name='memberstock',
            index=models.Index(fields=['month', 'region'], include=('occupation', 'channel', 'joined', 'transferred_in', 'restored', 'merged_in', 'joined_again', 'transferred_out', 'left_union', 'retained', 'approval_undone', 'merged_out', 'duplicate_closed'), name='stock_month_region'),
        ),
    ]
