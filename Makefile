# Everything a contributor runs. The first target that needs it creates .venv from any Python from 3.11 on
# and installs the exact versions in constraints.txt; nothing outside this folder is touched.

.DEFAULT_GOAL := help
.PHONY: help demo test check coverage bench endurance clients examples page screenshots generate clean

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
READY := $(VENV)/.ready

# The interpreter that creates .venv; if empty, the first suitable one on PATH.
PYTHON ?=
# Passed on to pytest, e.g. make test PYTEST_ARGS="-n 2"
PYTEST_ARGS ?=
# Rigs and options, e.g. make bench BENCH="plugin --quick"; by default all rigs, written into docs/performance.md
BENCH ?= --write

CORE := emulator/copper_emulator/core/*

# Each is a program of its own; a failure of one does not keep the others from running.
ENDURANCE := soak hanging fuzz parallel
# make endurance QUICK=1 runs each for a short time.
QUICK ?=

# -qq: a first run should show one line, not pip's remarks about this machine. Errors are still printed.
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(PY) -m pip install -qq --no-input -c constraints.txt

help:  ## Show this list
	@echo "Usage: make TARGET"
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY)  ## Start the server and a sample endpoint, play a scenario, show the timeline
	@$(PY) examples/demo.py

# The core's coverage is measured on its own tests only; measuring the others as well would add half their time again.
test: $(READY)  ## Run all tests, and require every branch of the core to be covered by its own
	@$(PY) -m coverage erase
	$(PY) -m coverage run -m pytest $(PYTEST_ARGS) tests/core
	$(PY) -m pytest $(PYTEST_ARGS) --ignore=tests/core
	@$(PY) -m coverage combine --quiet
	$(PY) -m coverage report --include='$(CORE)' --fail-under=100

check: $(READY)  ## Lint, format, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

clients: $(READY)  ## Install the published clients that tests/clients runs (needs Node.js; into .clients)
	@$(PY) -m tests.clients.installation

examples: $(READY)  ## Install what the examples for web frameworks require (each into its own place in .examples)
	@$(PY) -m tests.examples.installation

page: $(READY)  ## Install what the tests of the page put into it (needs npm; into .page), and look for a Chromium
	@$(PY) -m tests.page.installation

screenshots: $(READY)  ## Retake the pictures of the page (needs Chromium; docs/images)
	@$(PY) -m tests.page.screenshots

coverage: $(READY)  ## Run all tests, then report the coverage of everything (htmlcov/index.html)
	@$(PY) -m coverage erase
	$(PY) -m coverage run -m pytest $(PYTEST_ARGS)
	@$(PY) -m coverage combine --quiet
	@$(PY) -m coverage html --quiet
	$(PY) -m coverage report

bench: $(READY)  ## Measure it against the alternatives (a quarter of an hour; installs peers into .peers; docs/performance.md)
	@$(PY) -m benchmarks $(BENCH)

endurance: $(READY)  ## Run the soak, hanging, fuzz and parallel scripts (docs/reliability.md); QUICK=1: in two minutes
	@failed=0; for script in $(ENDURANCE); do \
	    echo; echo "== endurance.$$script =="; \
	    $(PY) -m endurance.$$script $(if $(QUICK),--quick) || failed=1; \
	done; exit $$failed

generate: $(READY)  ## Regenerate the typed faces of records and lookup tables, after a change of their tables
	@$(PY) -m tests.generate

clean:  ## Remove .venv, .clients, .examples, .nox, .page, .peers and everything that the other targets have made
	rm -rf $(VENV) .clients .examples .nox .page .peers dist htmlcov .coverage .coverage.*
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp holds the path of this checkout: scripts and the editable install in .venv contain the absolute
# path, so a checkout that was moved or copied needs a new one.
ifneq ($(shell cat '$(READY)' 2>/dev/null),$(CURDIR))
.PHONY: $(READY)
endif

# ensurepip is checked, too, because Debian's python3 has venv but cannot fill it without python3-venv.
$(READY): pyproject.toml constraints.txt
	@if ! $(PY) -c '' 2>/dev/null || [ "$$(cat '$(READY)' 2>/dev/null)" != '$(CURDIR)' ]; then \
	    python=; old=; \
	    for candidate in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11); do \
	        if $$candidate -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	            >/dev/null 2>&1; then python=$$candidate; break; fi; \
	        old="$$old $$candidate"; \
	    done; \
	    if [ -z "$$python" ]; then \
	        echo "copper-emulator needs Python 3.11 or newer with the venv module; tried:$$old." >&2; \
	        echo "Install one (on Debian and Ubuntu: python3 and python3-venv), or name it:" >&2; \
	        echo "    make $(or $(MAKECMDGOALS),test) PYTHON=/path/to/python3.12" >&2; \
	        exit 1; \
	    fi; \
	    echo "Making .venv with $$($$python --version)"; \
	    $$python -m venv --clear $(VENV); \
	fi
	@echo "Installing copper-emulator and its tools into .venv (about a minute, only when they change)"
	@# The build backend first, at its pinned version, so that building needs no second environment.
	@$(PIP) hatchling editables
	@$(PIP) --no-build-isolation -e '.[dev]'
	@printf '%s' '$(CURDIR)' > $@
