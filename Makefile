# `make` alone lists the targets. Everything else needs only Python 3.11 to 3.13 and a package index.

VENV ?= .venv
export VENV
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup setup-gpu demo bench bench-live test test-long test-all check docs lock secrets clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  variables: PYTHON=python3.12 (which Python), VENV=.venv (where), ARGS='-k word' (for test, bench)"

setup: ## create or renew the environment from its lock file (instant when nothing changed)
	@bash infra/setup.sh

setup-gpu: ## the same with the GPU builds of onnxruntime and FAISS (needs NVIDIA's driver)
	@bash infra/setup.sh requirements-gpu.lock

demo: setup ## find real people in footage, end to end, and check the answer
	@$(BIN)/lfr demo $(ARGS)

bench: setup ## measure speed side by side with other loops, into benchmarks.json
	@$(BIN)/python -m benchmarks.run $(ARGS)

bench-live: setup ## measure live mode with files played as cameras, into live.json
	@$(BIN)/python -m benchmarks.live --out live.json $(ARGS)

test: setup ## run the tests but the long ones, three at a time: half of the time they wait
	@$(BIN)/python -m pytest -n 3 --dist worksteal -m "not long" $(ARGS)

test-long: setup ## run the long tests: sweeps, kills, recall
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m long $(ARGS)

test-all: test test-long ## run every test

check: setup ## lint, formatting, types, import boundaries, lock files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache --no-logo
	@$(BIN)/python infra/lock.py check

docs: setup ## render the reference of the Python API into build/reference
	@$(BIN)/python infra/reference.py build/reference
	@echo build/reference/lfr_batch.html

lock: setup ## resolve pyproject.toml anew into requirements.lock and requirements-gpu.lock
	@PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python infra/lock.py write

secrets: ## make the token that a Ray cluster asks for, and a file for the store's keys, in infra/secrets
	@bash infra/secrets.sh

clean: ## remove the environment and every cache; results and galleries in lfr-data/ stay
	@rm -rf $(VENV) .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
