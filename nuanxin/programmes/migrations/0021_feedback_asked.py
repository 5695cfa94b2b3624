"""Who came is asked once how it was: when he was, stands with his booking."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('programmes', '0020_parties'),
    ]

    operations = [
        migrations.AddField(
            model_name='booking',
            name='feedback_asked_at',
            field=models.DateTimeField(null=True, verbose_name='问评价时间'),
        ),
    ]
