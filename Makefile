# Every target does its own set-up on a fresh Debian 12 machine and can be run again at any time.
.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := .venv/bin

.PHONY: help
help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: venv
venv: ## the development environment in .venv
	@scripts/bootstrap.sh

.PHONY: lab
lab: venv ## three regions of three machines on this one, with site.yml run on them
	@lab/lab up

.PHONY: lab-down
lab-down: venv ## take the lab away; the caches stay
	@lab/lab down

.PHONY: lint
lint: venv ## formatters, linters, types, docs and Terraform: no lab needed
	@$(BIN)/python -m scripts.checks lint

.PHONY: unit
unit: venv ## the unit tests: no lab needed
	@$(BIN)/python -m scripts.checks unit

.PHONY: test
test: venv ## everything: lint, unit, sanity, molecule, the lab's tests, the release's test
	@$(BIN)/python -m scripts.checks test

.PHONY: drill
drill: venv ## long repetitions on the running lab: operations and faults under traffic
	@$(BIN)/python -m pytest tests/drill --log-cli-level=WARNING

.PHONY: bench
bench: venv ## the measurements of docs/benchmarks.md, on the running lab
	@$(BIN)/python tests/bench/inventory.py
	@$(BIN)/python tests/bench/site.py
	@$(BIN)/python -m tests.bench.kafka

.PHONY: format
format: venv ## format Python and Terraform in place
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix . && terraform fmt -recursive terraform

.PHONY: lock
lock: venv ## renew the lock files from requirements*.in
	@$(BIN)/uv pip compile -q --upgrade --generate-hashes --no-emit-index-url --python-version 3.11 requirements.in -o requirements.txt
	@$(BIN)/uv pip compile -q --upgrade --generate-hashes --no-emit-index-url --python-version 3.11 requirements-dev.in -o requirements-dev.txt
	@$(BIN)/uv pip compile -q --upgrade --generate-hashes --no-emit-index-url --python-version 3.11 agents/requirements.in -o agents/requirements.txt

.PHONY: clean
clean: lab-down ## the lab, and all that was made in this checkout; the caches outside it stay
	@rm -rf .venv .ansible .mypy_cache .pytest_cache .hypothesis .ruff_cache lab/.state tests/output ./*.tar.gz
	@find terraform -name .terraform -type d -prune -exec rm -rf {} +
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
