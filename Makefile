# `make demo` and `make test` are all that a fresh machine with Python 3.11+ needs; each makes what it lacks.
# Installs follow constraints.txt and are repeated only when it, or pyproject.toml, changes.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

# The first of these that runs, is new enough, and can make virtual environments.
USABLE := import ensurepip, sys, venv; raise SystemExit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c '$(USABLE)' >/dev/null 2>&1 && { echo $$p; break; }; done)

VENV := .venv
BIN := $(VENV)/bin
ALL := $(VENV)/installed-all
DEV := $(VENV)/installed-dev
PIP := $(BIN)/python -m pip install --quiet

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_CONSTRAINT := constraints.txt
# Newer pips read the pins of build tools from here instead.
export PIP_BUILD_CONSTRAINT := constraints.txt

# Where `make demo` writes, and what else it is told: make demo IN=/tmp/tour ARGS=--help
IN ?= .
ARGS ?=
# push: some hundred examples a property, some dozen crashes; long: some thousand, and a thousand.
PROFILE ?= long
# pytest's exit code 5 means that nothing was selected: no failure while there is nothing of that kind.
MAYBE_NONE = || { code=$$?; [ $$code -eq 5 ] && echo "make $@: there is nothing of that kind yet"; }

.PHONY: help demo test long e2e fuzz crash bench coverage lint format types imports generate fresh figures wheel check pins clean

help: ## this list
	@grep -hE '^[a-z0-9]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(ALL) ## a tour on a made-up intrusion, offline
	@mkdir -p "$(IN)"
	@clew="$$PWD/$(BIN)/clew"; cd "$(IN)" && "$$clew" demo --force $(ARGS)

test: $(DEV) ## the fast tests and the examples in docstrings
	$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

long: $(DEV) ## the tests that take longer: real recordings where there are any, and the largest of their kind
	$(BIN)/python -m pytest -n auto --dist worksteal -m "long and not e2e" $(ARGS) $(MAYBE_NONE)

e2e: $(DEV) ## the tests that drive a real browser
	$(BIN)/python -m pytest -m e2e $(ARGS) $(MAYBE_NONE)

fuzz: $(DEV) ## the property tests, with many more examples (PROFILE=push for fewer)
	HYPOTHESIS_PROFILE=$(PROFILE) $(BIN)/python -m pytest -n auto -m "hypothesis and not e2e" $(ARGS) $(MAYBE_NONE)

crash: $(DEV) ## kills, faults, power cuts and damage, with their figures (PROFILE=push for fewer)
	CRASH_PROFILE=$(PROFILE) $(BIN)/python -m pytest tests/crash -n auto $(ARGS)

bench: $(DEV) ## the benchmarks
	@[ -d benchmarks ] || { echo "make bench: there are no benchmarks yet"; exit 0; }; \
	$(BIN)/python -m pytest benchmarks --benchmark-enable --benchmark-only $(ARGS)

coverage: $(DEV) ## which lines and branches the fast tests reach
	$(BIN)/coverage run -m pytest $(ARGS)
	$(BIN)/coverage report

lint: $(DEV) ## style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(DEV) ## put the format right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(DEV) ## mypy and pyright, both strict; they accept what is right, and refuse what is wrong
	$(BIN)/mypy clew $(wildcard tests/typing)
	$(BIN)/pyright --project pyproject.toml
	$(BIN)/python -m pytest tests/typing -m types

imports: $(DEV) ## the import rule of the house
	$(BIN)/python tools/check_imports.py

generate: $(DEV) ## write what is generated from data and from the source
	$(BIN)/python -m clew.pivots.generate
	$(BIN)/python -m clew.pivots.reference docs/reference/pivots
	$(BIN)/python tools/draw_imports.py docs/explanation/rooms.svg

fresh: $(DEV) ## what is generated is what its data says
	$(BIN)/python -m clew.pivots.generate --check
	$(BIN)/python -m clew.pivots.reference docs/reference/pivots --check
	$(BIN)/python tools/draw_imports.py docs/explanation/rooms.svg --check

figures: $(DEV) ## what the source measures, as a table
	$(BIN)/python tools/measure_source.py

wheel: $(DEV) ## build the wheel and run the tests against it, away from the checkout
	rm -rf dist
	$(BIN)/python -m build --wheel --outdir dist .
	$(BIN)/python tools/try_wheel.py dist/*.whl

docs: export NO_MKDOCS_2_WARNING := 1
docs: $(DEV) ## the documentation as a site, every warning an error
	$(BIN)/mkdocs build --strict --quiet

check: lint types imports fresh docs test long wheel ## what a change has to pass

pins: ## resolve constraints.txt anew, on the oldest Python that clew supports
	tools/pin.sh

clean: ## remove what `make` made
	rm -rf $(VENV) dist build .hypothesis .mypy_cache .pytest_cache .ruff_cache .benchmarks .coverage

$(BIN)/python:
	@$(if $(PYTHON),$(PYTHON),false) -c '$(USABLE)' 2>/dev/null || { \
	echo "clew needs Python 3.11 or newer, with venv$(if $(PYTHON),; $(PYTHON) is not that)." >&2; \
	echo "Name one that is: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Both installs are editable, so that neither can hide the checkout from the other.
$(ALL): pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[all]'
	@touch $@

$(DEV): pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) --editable '.[all,dev]'
	@touch $(ALL) $@
