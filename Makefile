# make: everything from nothing to a result. make test: everything that checks it. make help: the rest.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

export DBT_PROFILES_DIR := .
export DO_NOT_TRACK := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUTF8 := 1

##@ Install

.PHONY: setup
setup: $(VENV)/.done ## Install everything that the locks list into .venv

# Build backends come first, so that nothing outside the locks is ever fetched to build a package.
$(VENV)/.done: requirements-build.lock requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --require-hashes --requirement requirements-build.lock
	$(BIN)/pip install --quiet --require-hashes --no-build-isolation --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)-bouncer/.done: requirements-bouncer.lock
	$(PYTHON) -m venv --clear $(VENV)-bouncer
	$(VENV)-bouncer/bin/pip install --quiet --require-hashes --requirement requirements-bouncer.lock
	touch $@

.PHONY: lock
lock: $(VENV)/.done ## Write the locks anew with the newest versions that pyproject.toml admits
	$(LOCK) --all-extras pyproject.toml --output-file requirements.lock
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
	    | $(LOCK) - --constraint requirements.lock --output-file requirements-build.lock
	$(LOCK) requirements-bouncer.in --output-file requirements-bouncer.lock

# Exact versions and hashes for every platform and Python >= 3.11; no registry address.
LOCK = $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --upgrade \
    --generate-hashes --no-strip-extras --no-annotate --no-header --no-emit-index-url

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
	    /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	    /^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
