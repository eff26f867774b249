# Two commands do all set-up: `make reproduce` and `make test`. Everything is installed into .venv from the hashed locks.

STUDY ?= tang2026
OUT ?=
STORE ?=
WORKERS ?= 2

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: reproduce test fast thorough lint format bench lock clean help

BIN := .venv/bin
# one thread for each process of linear algebra: the work is spread over processes
TEST_ENV := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MPLBACKEND=agg PYBAMM_DISABLE_TELEMETRY=true
NOTHING_COLLECTED := 5
PYTEST := $(TEST_ENV) $(BIN)/python -m pytest

help:
	@echo "make reproduce   hold the study (STUDY=tang2026) against arithmetic and a physical cell; OUT=DIR STORE=DIR WORKERS=N"
	@echo "make test        every test, with the coverage that is required"
	@echo "make fast        the fast tests only"
	@echo "make thorough    thousands of seeds and mutants, beyond what every change is held to"
	@echo "make lint        formatting, style, types, layers"
	@echo "make format      put the code into its format"
	@echo "make bench       times of starting up and of the main jobs"
	@echo "make lock        compile requirements.lock and requirements-dev.lock anew"
	@echo "make clean       remove .venv and caches; results stay"

reproduce: .venv/.installed
	$(BIN)/dualion reproduce $(STUDY) --workers $(WORKERS) $(if $(OUT),--out $(OUT)) $(if $(STORE),--store $(STORE))

test: .venv/.installed-dev
	rm -f .coverage .coverage.*
	$(PYTEST) -n 2 -m "not slow and not thorough" --cov --cov-report=
	$(PYTEST) -n 2 -m "slow and not thorough" --cov --cov-append --cov-report= || test $$? -eq $(NOTHING_COLLECTED)
	$(BIN)/python -m coverage report --fail-under=90

fast: .venv/.installed-dev
	$(PYTEST) -n 2 -m "not slow and not thorough"

thorough: .venv/.installed-dev
	$(PYTEST) -n 2 -m thorough

lint: .venv/.installed-dev
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports --no-cache

format: .venv/.installed-dev
	$(BIN)/python -m ruff format .
	$(BIN)/python -m ruff check --fix .

bench: .venv/.installed-dev
	@for script in benchmarks/*.py; do echo "== $$script"; $(TEST_ENV) $(BIN)/python $$script || exit 1; done

# The editable install uses the locked build back end, and no network.
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input --prefer-binary
EDITABLE := $(INSTALL) --no-deps --no-build-isolation --no-index --editable .
# the compiled code is kept beside the sources; without this the first run would compile it
COMPILE_ENGINE := echo "Compiling the fast engine ..." && $(BIN)/python -m dualion.models.fast

.venv/bin/python:
	@sh .ci/python-for-venv .venv

.venv/.installed: requirements.lock pyproject.toml .venv/bin/python
	@echo "Installing the locked dependencies into .venv, which takes a few minutes ..."
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(EDITABLE)
	@$(COMPILE_ENGINE)
	@touch $@

.venv/.installed-dev: requirements-dev.lock requirements.lock pyproject.toml .venv/bin/python
	@echo "Installing the locked dependencies and those of the tests into .venv, which takes a few minutes ..."
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@$(EDITABLE)
	@$(COMPILE_ENGINE)
	@touch .venv/.installed $@

# No header, no annotations, no index: a lock names packages, versions and hashes, and nothing of the machine it was made on.
COMPILE := .venv-lock/bin/uv pip compile --system-certs --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links
lock:
	@test -x .venv-lock/bin/uv || { sh .ci/python-for-venv .venv-lock && .venv-lock/bin/python -m pip install --quiet uv; }
	$(COMPILE) --upgrade --extra all --extra build pyproject.toml -o requirements.lock
	$(COMPILE) --upgrade --extra all --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:
	rm -rf .venv .venv-lock build dist src/*.egg-info .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache .grimp_cache
	rm -f .coverage .coverage.*
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
