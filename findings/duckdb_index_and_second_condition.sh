#!/usr/bin/env bash
# DuckDB 2.0.0: an index on a column finds a rare value, until a second condition on another column comes along.
#
# `WHERE guid = $guid` is an index scan. `WHERE guid = $guid AND host = $host` reads every row group: the condition that
# narrows the answer further makes it slower, by the size of the table. So does a range (`time >= ..`), and so does
# `ORDER BY .. LIMIT` around the query that was an index scan. A MATERIALIZED common table expression around the first
# condition keeps the index scan. Nothing is said; only EXPLAIN shows it.
#
# Seen on 2026-12-01 with duckdb 2.0.0, Python 3.11, Linux x86-64:
#   guid alone: index
#   guid and host: sequential
#   guid and time: sequential
#   guid, ordered with a limit: sequential
#   guid in a materialized expression, then host: index
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==2.0.0
cat > "$scratch/look.py" <<'PY'
import sys

import duckdb

connection = duckdb.connect(sys.argv[1])
connection.execute(
    "CREATE TABLE events AS SELECT i AS number, TIMESTAMP '2026-03-01' + to_seconds(i) AS time, "
    "'guid-' || hash(i) AS guid, 'host-' || i % 500 AS host FROM range(1000000) r(i)"
)
connection.execute("CREATE INDEX by_guid ON events (guid)")
guid, host = connection.execute("SELECT guid, host FROM events WHERE number = 500000").fetchone()
queries = {
    "guid alone": "SELECT * FROM events WHERE guid = $guid",
    "guid and host": "SELECT * FROM events WHERE guid = $guid AND host = $host",
    "guid and time": "SELECT * FROM events WHERE guid = $guid AND time >= TIMESTAMP '2026-03-02'",
    "guid, ordered with a limit": "SELECT * FROM (SELECT * FROM events WHERE guid = $guid) ORDER BY time LIMIT 10",
    "guid in a materialized expression, then host": (
        "WITH own AS MATERIALIZED (SELECT * FROM events WHERE guid = $guid) SELECT * FROM own WHERE host = $host"
    ),
}
for name, query in queries.items():
    values = {"guid": guid} | ({"host": host} if "$host" in query else {})
    rows = connection.execute(query, values).fetchall()
    plan = connection.execute("EXPLAIN ANALYZE " + query, values).fetchall()[0][1]
    print(f"{name}: {'index' if 'Index Scan' in plan else 'sequential'}, {len(rows)} row")
PY
"$scratch/venv/bin/python" "$scratch/look.py" "$scratch/events.duckdb" | tee "$scratch/seen"
diff "$scratch/seen" - <<'SEEN'
guid alone: index, 1 row
guid and host: sequential, 1 row
guid and time: sequential, 1 row
guid, ordered with a limit: sequential, 1 row
guid in a materialized expression, then host: index, 1 row
SEEN
