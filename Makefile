PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
export INFLUENCER_VENV := $(VENV)
BIN := $(VENV)/bin

.PHONY: help demo test check fix bench clean test-slow test-postgres

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: ## set up everything and put a live show on a local page
	@$(PYTHON) deploy/setup.py demo
	@$(BIN)/influencer demo

test: ## set up everything and run the tests (not the slow ones)
	@$(PYTHON) deploy/setup.py test
	$(BIN)/python -m pytest -m "not slow and not gpu"

test-postgres: ## the tests of `make test` with PostgreSQL instead of SQLite; the server is started from Debian's package
	@$(PYTHON) deploy/setup.py test
	INFLUENCER_TEST_DATABASE=postgresql $(BIN)/python -m pytest -m "not slow and not gpu"

test-slow: ## the minutes-long tests: intelligibility in ten languages, real downloads
	@$(PYTHON) deploy/setup.py test
	$(BIN)/python -m pytest -m slow --timeout 1800 -s

check: ## lint, types, import directions, licences
	@$(PYTHON) deploy/setup.py check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python deploy/licences.py --check

fix: ## format and apply safe fixes
	@$(PYTHON) deploy/setup.py check
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: ## the benches, JSON on standard output
	@$(PYTHON) deploy/setup.py demo
	$(BIN)/influencer bench fanout
	$(BIN)/influencer bench show

clean: ## remove what was built (weights stay in the cache)
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache out
