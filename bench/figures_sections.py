"""The sections of the 数读 page as full scans: the same questions, by PostgreSQL and by DuckDB."""

# The same sections as the page, each by a scan of all memberships. {m} is the table.
_LIVE = "count(*) FILTER (WHERE m.ended_on IS NULL OR m.ended_on > {day})"
_JOIN = "FROM {m} m JOIN {u} u ON u.id = m.union_id WHERE m.started_on <= {day}"
_WITHIN = " AND u.adcode BETWEEN {low} AND {high}"
_GONE = "count(*) FILTER (WHERE m.ended_on <= {day})"
# Distinct people, as the page counts them: who is a member on the day and was reached, or served.
_CONTACTED = (
    "SELECT count(DISTINCT m.worker_id) FROM {{m}} m JOIN {{u}} u ON u.id = m.union_id"
    " JOIN {{c}} c ON c.worker_id = m.worker_id WHERE m.started_on <= {{day}}"
    " AND (m.ended_on IS NULL OR m.ended_on > {{day}}) AND u.adcode BETWEEN {{low}} AND {{high}}"
    " AND {what}"
)
SECTIONS = {
    "total": f"SELECT count(*), {_GONE}, {_LIVE} {_JOIN}{_WITHIN}",
    "cities": f"SELECT u.adcode // 100, count(*), {_GONE}, {_LIVE} {_JOIN} GROUP BY 1",
    "counties": f"SELECT u.adcode, count(*), {_GONE}, {_LIVE} {_JOIN} GROUP BY 1",
    "occupations": f"SELECT m.occupation, count(*), {_GONE}, {_LIVE} {_JOIN}{_WITHIN} GROUP BY 1",
    "channels": f"SELECT m.channel, count(*), {_GONE}, {_LIVE} {_JOIN}{_WITHIN} GROUP BY 1",
    "months": "SELECT date_trunc('month', m.started_on), date_trunc('month', m.ended_on), count(*)"
    " FROM {m} m JOIN {u} u ON u.id = m.union_id WHERE m.started_on < {open}"
    + _WITHIN
    + " GROUP BY 1, 2",
    "reached": _CONTACTED.format(what="c.day BETWEEN {day} - 89 AND {day}"),
    "served": _CONTACTED.format(
        what="c.kind >= 50 AND c.day <= {day} AND c.day + INTERVAL '12 months' > {day}"
    ),
}
ONE_PASS = (
    f"SELECT u.adcode, m.occupation, m.channel, count(*), {_GONE}, {_LIVE} {_JOIN} GROUP BY 1, 2, 3"
)
