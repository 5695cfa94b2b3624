"""服务定义版本. A code without a version has the definition that is shipped."""

from django.db import models

from nuanxin.programmes.models.versions import TextVersion, course_constraints


class DefinitionVersion(TextVersion):
    """服务定义版本: what a service is, one entry of the language of definitions.

    Offers of it are made at ``union`` and below.
    """

    union = models.ForeignKey(
        "orgs.Union", models.PROTECT, db_index=False, verbose_name="谁定的服务"
    )

    class Meta:
        verbose_name = "服务定义版本"
        constraints = course_constraints("definition")
