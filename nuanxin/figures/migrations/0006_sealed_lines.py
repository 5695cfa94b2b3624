"""Publications of format 2: persons to the ten in public, the measured number sealed with a salt."""

from django.db import migrations, models

TELLS_NOTHING = models.CheckConstraint(
    condition=models.Q(
                    ~models.Q(rows_seal=""),
                    ~models.Q(rows_hash=""),
                    models.Q(is_withheld=True, value__isnull=True)
                    | models.Q(is_withheld=False, value__isnull=False),
                    measured__isnull=False,
                    rows_count__isnull=False,
                )
                | models.Q(
                    models.Q(is_withheld=False, value__isnull=False, rows_count__isnull=False)
                    | models.Q(
                        is_withheld=True, value__isnull=True, rows_count__isnull=True, rows_hash=""
                    ),
                    rows_seal="",
                    measured__isnull=True,
                ),
    name="line_withheld_tells_nothing",
)


class Migration(migrations.Migration):
    dependencies = [("figures", "0005_denominators")]
    operations = [
        # What stands already is of format 1, and stays so: it is signed.
        migrations.AddField(
            "publication", "format", models.SmallIntegerField("文本格式", default=1)
        ),
        migrations.AlterField(
            "publication", "format", models.SmallIntegerField("文本格式", default=2)
        ),
        migrations.AddField(
            "publication", "salt", models.BinaryField("封条的盐", max_length=32, null=True)
        ),
        migrations.AddField(
            "publicationline",
            "rounded_to",
            models.SmallIntegerField("写到几的整倍数", default=1),
        ),
        migrations.AddField(
            "publicationline", "measured", models.BigIntegerField("实测", null=True)
        ),
        migrations.AddField(
            "publicationline",
            "rows_seal",
            models.CharField("明细封条", max_length=64, blank=True),
        ),
        migrations.RemoveConstraint("publicationline", "line_withheld_tells_nothing"),
        migrations.AddConstraint("publicationline", TELLS_NOTHING),
    ]
