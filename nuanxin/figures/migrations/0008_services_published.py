"""Publications of format 3 tell services too."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('figures', '0007_late_flows'),
    ]

    operations = [
        migrations.AlterField(
            model_name='publication',
            name='format',
            field=models.SmallIntegerField(default=3, verbose_name='文本格式'),
        ),
    ]
