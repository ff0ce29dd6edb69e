# Tiebeam: `make run` to see it at work, `make test` to prove it. `make help` lists the rest.
#
# A bare machine with Python 3.11, pip and make is enough. Everything installs from hash-locked requirements into .venv;
# uv is used when it is present. Stamp files in .venv make repeated calls quick.

PYTHON ?= $(shell command -v python3.11 || command -v python3 || command -v python)
VENV := .venv
BIN := $(VENV)/bin
WORKSPACE ?= demo
EXAMPLE ?= harbour-tools
WORKERS ?= 2
UV := $(shell command -v uv 2>/dev/null)

ifneq ($(UV),)
INSTALL = VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(UV) pip install --quiet
else
INSTALL = $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-input
endif

.DEFAULT_GOAL := help
.PHONY: help run test lint check test-deep test-browser test-clients test-crash bench docs lock clean

help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/core.stamp ## seed the example company in ./demo on first use, then serve the console
	@test -f $(WORKSPACE)/tiebeam.toml || $(BIN)/tiebeam init $(WORKSPACE) --example $(EXAMPLE)
	@exec $(BIN)/tiebeam serve --workspace $(WORKSPACE)

test: $(VENV)/dev.stamp ## what the product does, on SQLite and PostgreSQL; house rules, deep passes, browser and crashes have targets of their own
	$(BIN)/python -m pytest --ignore=tests/rules -n $(WORKERS) --dist loadfile $(ARGS)

lint: $(VENV)/dev.stamp ## style, format, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/basedpyright

check: lint ## lint, then the house rules and the weight of the core install
	$(BIN)/python -m pytest tests/rules -m "not browser and not crash and not deep" -n $(WORKERS) --dist loadfile $(ARGS)

test-deep: $(VENV)/dev.stamp ## every route, page and command against made-up, hostile and foreign input
	$(BIN)/python -m pytest -m deep -n $(WORKERS) --dist loadfile $(ARGS)

test-browser: $(VENV)/dev.stamp ## journeys in a headless Chromium (Debian: apt-get install chromium)
	$(BIN)/python -m pytest -m browser $(ARGS)

test-clients: $(VENV)/dev.stamp ## the official JavaScript clients against the gateway (skipped without node, npm or its registry)
	$(BIN)/python -m pytest -m clients -rs tests/gateway $(ARGS)

test-crash: $(VENV)/dev.stamp ## kill -9 at every boundary, on both databases
	$(BIN)/python -m pytest -m crash $(ARGS)

bench: $(VENV)/dev.stamp ## the bounded benchmark, beside a peer where one is installed
	$(BIN)/python -m benchmarks.invoice_batch $(ARGS)

docs: $(VENV)/dev.stamp ## write docs/reference from the code
	$(BIN)/python tools/make_reference.py

lock: ## resolve the requirements again and write the three lock files
	@test -n "$(UV)" || test -x $(VENV)/lock/bin/uv || { $(PYTHON) -m venv $(VENV)/lock && $(VENV)/lock/bin/pip install --quiet --disable-pip-version-check uv; }
	@PATH="$(CURDIR)/$(VENV)/lock/bin:$$PATH" sh tools/lock.sh

clean: ## remove the virtual environment and the caches (the demo workspace stays)
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist

$(VENV)/core.stamp: requirements.lock requirements-build.lock pyproject.toml | $(BIN)/python
	@echo "Installing Tiebeam into $(VENV) (once; a minute or so) …"
	@$(INSTALL) --require-hashes -r requirements-build.lock -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/core.stamp requirements-dev.lock
	@echo "Installing the tools for tests and checks …"
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Tiebeam needs Python 3.11 or newer; none was found on the PATH." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Tiebeam needs Python 3.11 or newer; $(PYTHON) is older. Name another one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
ifneq ($(UV),)
	@$(UV) venv --quiet --python "$(PYTHON)" $(VENV)
else
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { $(PYTHON) -m venv --clear --without-pip $(VENV) && \
		$(PYTHON) -m pip --python $(BIN)/python install --quiet pip; }
endif
