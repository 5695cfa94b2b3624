"""A mark in the database of the keys it was filled with, so that other keys are noticed.

With other keys nobody would be found by his number again, and one person could join twice. The
mark is the comment of a table: it travels with every backup, and tells nothing about the keys.
"""

import hmac

from django.db import connection
from psycopg import sql

from config.keys import Keys
from nuanxin.kernel.errors import Conflict

_TABLE = "django_migrations"
_PREFIX = "nuanxin keys "
_MARK_BYTES = 8


def mark_of(keys: Keys) -> str:
    """Return the mark of ``keys``: a short keyed digest from which no key can be found."""
    digest = hmac.digest(keys.identity_hmac_key, b"mark\0" + keys.data_keys[1], "sha256")
    return _PREFIX + digest[:_MARK_BYTES].hex()


def check_keys_fit(keys: Keys) -> None:
    """Refuse keys that are not those of this database; an unmarked database gets the mark.

    Raises ``Conflict``.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description(to_regclass(%s), 'pg_class')", [_TABLE])
        (found,) = cursor.fetchone()
        if found is None or not found.startswith(_PREFIX):
            mark = sql.Literal(mark_of(keys))
            statement = sql.SQL("COMMENT ON TABLE {} IS {}").format(sql.Identifier(_TABLE), mark)
            cursor.execute(statement)
        elif not hmac.compare_digest(found, mark_of(keys)):
            raise Conflict(
                "keys.other_database",
                "数据库里的证件号码和手机号是用另一套钥匙加密的。"
                "请把那套钥匙（数据文件夹的 keys）放回来，再执行一次；数据没有动。",
            )
