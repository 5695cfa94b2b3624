"""Figures of an open month are read from the index alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("membership", "0004_stocks_of_closed_duplicates")]
    operations = [
        migrations.RemoveIndex("memberflow", "flow_day_county"),
        migrations.AddIndex(
            "memberflow",
            models.Index(
                fields=["day", "county"],
                include=["occupation", "channel", "kind", "persons", "fold_id"],
                name="flow_day_county",
            ),
        ),
    ]
