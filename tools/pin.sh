#!/usr/bin/env bash
# Resolve every dependency anew and write constraints.txt: the newest releases that agree with pyproject.toml.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unset PIP_CONSTRAINT PIP_BUILD_CONSTRAINT

"${PYTHON:-python3.11}" -m venv "$scratch/venv"
# hatchling and editables: what the build itself needs, pinned as everything else.
"$scratch/venv/bin/python" -m pip install --quiet hatchling editables '.[all,dev]'
{
    echo "# Exact versions of everything that \`make\` installs. Written by \`make pins\`; not edited by hand."
    "$scratch/venv/bin/python" -m pip freeze --exclude clew
} >"$scratch/constraints.txt"
cp "$scratch/constraints.txt" constraints.txt
