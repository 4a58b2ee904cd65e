#!/usr/bin/env bash
# DuckDB 2.0.0: read_csv that is told `new_line = '\n'` still ends a line at a carriage return in a bare cell.
#
# Python's csv.writer puts quotation marks around a cell that holds a character of its own line end, and around no
# other: with lineterminator "\n" the cell `a\rb` (a command line or a script, as logs have them) stands bare. The reader
# is told every option there is, the line end among them, and nothing is guessed; it takes the carriage return for a
# line end all the same, and the whole file is refused. Written with "\r\n", and read with it, the same cells come back
# as they were.
#
# Seen on 2026-12-01 with duckdb 2.0.0, Python 3.11, Linux x86-64:
#   line end '\n': refused
#   line end '\r\n': [('a\rb', 1), ('c', 2)]
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet --disable-pip-version-check duckdb==2.0.0
cat > "$scratch/look.py" <<'PY'
import csv
import sys

import duckdb

SQL = """SELECT * FROM read_csv($path, columns = {'text': 'VARCHAR', 'number': 'BIGINT'}, auto_detect = false,
header = false, delim = ',', quote = '"', escape = '"', comment = '', new_line = '%s')"""

for line_end, name in (("\n", r"\n"), ("\r\n", r"\r\n")):
    with open(sys.argv[1], "w", newline="") as file:
        csv.writer(file, lineterminator=line_end).writerows([["a\rb", 1], ["c", 2]])
    try:
        result = duckdb.execute(SQL % name, {"path": sys.argv[1]}).fetchall()
    except duckdb.Error:
        result = "refused"
    print(f"line end {name!r}: {result}".replace("\\\\", "\\"))
PY
"$scratch/venv/bin/python" "$scratch/look.py" "$scratch/rows.csv" | tee "$scratch/seen"
diff "$scratch/seen" - <<'SEEN'
line end '\n': refused
line end '\r\n': [('a\rb', 1), ('c', 2)]
SEEN
