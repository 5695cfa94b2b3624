"""Late flows are read from their index alone: beside them stand many of days to come."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('membership', '0009_spans_of_members'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='memberflow',
            name='flow_unfolded',
        ),
        migrations.AddIndex(
            model_name='memberflow',
            index=models.Index(condition=models.Q(('fold_id__isnull', True)), fields=['day', 'county'], include=('occupation', 'channel', 'kind', 'persons'), name='flow_unfolded'),
        ),
    ]
