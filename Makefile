# make: everything from nothing to a result. make test: everything that checks it. make help: the rest.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
# Two cores; what a target needs comes before it.
MAKEFLAGS += --no-builtin-rules --jobs=2

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
IAE := $(BIN)/iae
DBT := $(BIN)/dbt

# What to load: the real data that come with the project, then drop/ where there is one, else a
# synthetic drop, which says so in its name.
REAL_DATA := data
SYNTHETIC := drop-synthetic
DROP ?= $(or $(wildcard drop),$(SYNTHETIC))
SAMPLE_SCALE ?= 0.02

export IAE_WAREHOUSE ?= warehouse/build.duckdb
# Beside the working file; `~` is the home, as for iae and dbt.
PUBLISHED := $(shell path='$(subst ','\'',$(IAE_WAREHOUSE))'; \
    printf %s "$$(dirname "$${path/#\~\//$$HOME/}")/iae.duckdb")
BUILD_FILES := $(wildcard dbt_project.yml profiles.yml models seeds macros tests/generic \
    tests/singular requirements.lock)

export DBT_PROFILES_DIR := .
export DO_NOT_TRACK := 1
export DBT_COLIBRI_NO_VERSION_CHECK := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# uv trusts whom the machine trusts, as pip does: the proxy of an office too.
export UV_SYSTEM_CERTS ?= 1
export PYTHONUTF8 := 1
# Python keeps what it has compiled, whatever it is told outside: it starts in half of the time.
export PYTHONDONTWRITEBYTECODE :=

# True when the file $(1) is missing or older than one of the files $(2), or one of those in them.
stale = [ ! -e $(1) ] || [ -n "$$(find $(2) -type f -newer $(1) -not -name '*.pyc' -print -quit)" ]

##@ From a drop to a result

.PHONY: all
all: docs release ## Load the real data and DROP, build, publish, write the catalogue and the page; show a summary
	@$(IAE) summary
	@printf '%s\n' \
	    "Tables for analysts   $(PUBLISHED)" \
	    'Page                  site/index.html' \
	    'Open data             site/donnees/latest' \
	    'Catalogue             site/catalogue/index.html' \
	    'Notebooks             make notebooks'

$(SYNTHETIC): | $(VENV)/.done
	$(IAE) sample $@ --scale $(SAMPLE_SCALE)

.PHONY: load
load: $(VENV)/.done | $(filter $(SYNTHETIC),$(DROP)) ## Load the real data and the extracts of DROP that are not loaded yet
	$(IAE) load $(REAL_DATA) "$(DROP)"

.PHONY: build
build: load ## Build and test every model, unless what is there may be published as it is
	@if $(IAE) publish --check 2>/dev/null; then \
	    echo 'dbt build: nothing has changed.'; \
	else \
	    echo 'dbt build'; \
	    $(DBT) --quiet build; \
	fi

.PHONY: publish
publish: build ## Publish the marts of the build, if it was green
	$(IAE) publish

.PHONY: site
site: publish ## Write the page into site
	@if $(call stale,site/index.html,"$(PUBLISHED)" scripts/iae/site scripts/iae/french.py); then \
	    echo '$(IAE) site'; \
	    $(IAE) site; \
	fi

# Beside each other, once the page is there: it replaces the folder that they write into.
.PHONY: docs
docs: site ## Write the catalogue into site/catalogue
	@if $(call stale,site/catalogue/index.html,"$(PUBLISHED)" $(BUILD_FILES) scripts/iae/catalogue); then \
	    echo '$(IAE) catalogue'; \
	    $(IAE) catalogue; \
	fi

.PHONY: release
release: site ## Release the open data as an edition, into site/donnees
	@if $(call stale,site/donnees/feed.atom,"$(PUBLISHED)" scripts/iae/release); then \
	    echo '$(IAE) release'; \
	    $(IAE) release; \
	fi

.PHONY: notebooks
notebooks: $(VENV)/.done ## Open the notebooks in the browser
	$(BIN)/marimo edit --skip-update-check notebooks

.PHONY: screenshots
screenshots: site ## Take the pictures of the README again (needs a Chromium)
	$(BIN)/python -m iae.site.screenshots site docs/images

##@ Check

SCRATCH := .scratch
# DuckDB complains at the end of what dbt has left in memory.
QUIET := 2> >(grep --line-buffered -vE '^nanobind: |^ - leaked |^ - \.\.\. skipped|^See https://nanobind' >&2)

# A file of tests runs in one process: what its tests share is made once. Four processes for two
# cores: a test that waits leaves its core to another.
PYTEST := $(BIN)/pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder --durations 15
# Files of tests that start neither a whole build nor a browser.
FAST_TESTS := $(wildcard $(addsuffix .py,$(addprefix tests/python/test_, \
    definition folders generic_tests load_fluxiae load_formats persist_docs staging territories)))

.PHONY: check
check: python-style sql-style ## Before each commit: style of what changed, types, the fast tests
	$(PYTEST) $(FAST_TESTS) $(QUIET)

.PHONY: test
test: lint bouncer pytest ## Everything that checks the project, on a sample of its own
	@echo 'make test: everything passed.'

.PHONY: lint
lint: python-style ## Check the style and the types of the Python, the style of all the SQL
	$(SQLFLUFF) lint $(SQL) $(QUIET)

.PHONY: python-style
python-style: $(VENV)/.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

SQL := models analyses tests/singular
# Python's collector, left alone, takes half of the time of sqlfluff.
SQLFLUFF := env IAE_WAREHOUSE=:memory: $(BIN)/python -c \
    'import gc; gc.set_threshold(100_000); from sqlfluff.cli.commands import cli; cli()'

# What differs from the last commit; `make lint` reads all of it.
.PHONY: sql-style
sql-style: $(VENV)/.done
	@{ git diff --name-only --diff-filter=d HEAD; git ls-files --others --exclude-standard; } \
	    | grep -E '^(models|analyses|tests/singular)/.*\.sql$$' \
	    | xargs -r $(SQLFLUFF) lint $(QUIET) \
	    || [ $${PIPESTATUS[2]} = 0 ]

.PHONY: scratch-build
scratch-build: export IAE_WAREHOUSE := $(SCRATCH)/warehouse/build.duckdb
scratch-build: export DBT_TARGET_PATH := $(SCRATCH)/target
scratch-build: export DBT_LOG_PATH := $(SCRATCH)/logs
scratch-build: $(VENV)/.done
	rm -rf $(SCRATCH)
	$(IAE) sample $(SCRATCH)/drop --scale $(SAMPLE_SCALE)
	$(IAE) load $(REAL_DATA) $(SCRATCH)/drop
	$(DBT) --quiet build
	$(IAE) publish
	$(IAE) catalogue $(SCRATCH)/catalogue

.PHONY: bouncer
bouncer: $(VENV)-bouncer/.done scratch-build
	DBT_PROJECT_DIR=$(SCRATCH) $(VENV)-bouncer/bin/dbt-bouncer run

.PHONY: pytest
pytest: $(VENV)/.done $(VENV)-share/.done scratch-build
	IAE_TEST_SAMPLE=$(SCRATCH) $(PYTEST) $(QUIET)

.PHONY: audit-dependencies
audit-dependencies: $(VENV)/.done ## Look the locked packages up in the published advisories
	$(BIN)/python scripts/audit_dependencies.py

.PHONY: bench
bench: $(VENV)/.done ## Time the whole pipeline at SCALE (1 is the size of France), REPEAT (3) times
	$(BIN)/python -m bench --scale $(or $(SCALE),1) --repetitions $(or $(REPEAT),3)

.PHONY: year
year: $(VENV)/.done ## Live through WEEKS (52) Mondays of an operator, with the troubles that SEED (1) draws; RESUME=why goes on
	PYTHONPATH=tests:tests/python $(BIN)/python -m year --weeks $(or $(WEEKS),52) --seed $(or $(SEED),1) \
	    $(if $(RESUME),--resume "$(RESUME)")

##@ Install

.PHONY: setup
setup: $(VENV)/.done ## Install everything that the locks list into .venv

# Build backends come first, so that nothing outside the locks is ever fetched to build a package.
$(VENV)/.done: requirements-uv.lock requirements-build.lock requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --require-hashes --requirement requirements-uv.lock
	$(call INSTALL,$(VENV)) --requirement requirements-build.lock
	$(call INSTALL,$(VENV)) --no-build-isolation --requirement requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-index --no-deps --no-build-isolation --editable .
	touch $@

.PHONY: setup-share
setup-share: $(VENV)-share/.done ## Install what `iae share` needs into .venv-share

$(VENV)-bouncer/.done $(VENV)-share/.done: $(VENV)-%/.done: requirements-%.lock | $(VENV)/.done
	$(PYTHON) -m venv --clear --without-pip $(@D)
	$(call INSTALL,$(@D)) --requirement $<
	touch $@

# uv, at the package registry that pip is configured for, unless uv's own settings name one.
INSTALL = UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$($(BIN)/pip config list | sed -n "s/.*\.index-url='\(.*\)'/\1/p" | head -1)}" \
    $(BIN)/uv pip install --quiet --python $(1)/bin/python --require-hashes

.PHONY: lock
lock: ## Write the locks anew with the newest versions that pyproject.toml admits
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install --quiet --upgrade uv
	echo uv | $(LOCK) - --output-file requirements-uv.lock
	$(LOCK) --all-extras pyproject.toml --output-file requirements.lock
	$(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
	    | $(LOCK) - --constraint requirements.lock --output-file requirements-build.lock
	for name in bouncer share; do \
	    $(LOCK) requirements-$$name.in --output-file requirements-$$name.lock; \
	done

# Exact versions and hashes for every platform and Python >= 3.11; no registry address.
LOCK = $(VENV)-lock/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 --upgrade \
    --generate-hashes --no-annotate --no-header --no-emit-index-url

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
	    /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	    /^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
