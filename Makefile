# Python 3.11 is all that has to be there. Every target makes what it needs.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo serve test soak coverage lint format lock bench sheets clean setup setup-dev

setup: $(VENV)/.runtime
setup-dev: $(VENV)/.dev

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@

demo: setup
	$(BIN)/asset-forge demo

serve: setup
	$(BIN)/asset-forge serve

test: setup-dev
	$(BIN)/python -m pytest -n auto --dist loadfile

# The long versions: more kills, more faults, more fuzz. Prints what was survived.
soak: setup-dev
	$(BIN)/python -m pytest -m soak -s

coverage: setup-dev
	$(BIN)/python -m pytest -n auto --dist loadfile --cov --cov-report=term:skip-covered

# Figures of this machine; no test asserts a time.
bench: setup
	$(BIN)/python benchmarks/greybox_kinds.py
	$(BIN)/python benchmarks/rendering.py

# The pictures of docs/greybox.md, drawn anew.
sheets: setup
	$(BIN)/python docs/sheets.py

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Writes the pinned files anew from the .in files; wants `uv` on the path.
lock:
	cd requirements && for name in runtime dev; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --no-header $$name.in -o $$name.txt; done

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .coverage*
