# Two commands do everything: `make run` and `make test`. Nothing else needs to be installed first.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help setup run test check docs pictures format bench fuzz
help:  ## list these targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort

setup: .venv/.installed  ## make .venv and install into it; does nothing when nothing changed

.venv/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "OpenAddons needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[server,dev]'
	@touch $@

run: setup  ## start the store under ./data; the first start publishes the example extension
	$(BIN)/openaddons demo --data data --extension examples/tab-tally

check: setup  ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

test: check  ## everything that must be true
	$(BIN)/pytest --numprocesses logical --maxprocesses 2 --no-loadscope-reorder

docs: setup  ## write the pages that derive from the code
	$(BIN)/python docs/make.py
	PYTHONPATH=. $(BIN)/python docs/transcripts.py

pictures: setup  ## the pictures of the dashboard in docs/images (needs Chromium)
	PYTHONPATH=. $(BIN)/python docs/screenshots.py

format: setup  ## write the house's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

fuzz: setup  ## mutated packages for the check, from the folders in SEEDS; OPTIONS="--runs 300000"
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[server,dev,fuzz]'
	$(BIN)/python -m tests.fuzz $(OPTIONS) $(SEEDS)

bench: setup  ## ratios against the yardsticks (needs nginx, wrk and Node.js)
	$(BIN)/python -m benchmarks
