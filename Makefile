# Each target works on a fresh clone: what it needs is installed into .venv and node_modules first.

SHELL := /bin/sh
BIN := .venv/bin
WORKERS ?= 2
PROGRAMS ?= 2000

.PHONY: help run test lint format types pytest client editors fuzz bench vsix docs lock venv clean

help: ## What can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile

run: venv ## Find, rewrite and verify the loops in examples/
	@$(BIN)/python scripts/run_examples.py

test: lint types pytest client ## Everything that CI checks

lint: venv ## Style of the Python code
	$(BIN)/ruff check .
	@$(BIN)/python -m tests.tidy.sizes

types: venv ## Types of the Python code
	$(BIN)/pyright

pytest: venv
	$(BIN)/python -m pytest -n $(WORKERS) -q

format: venv ## Lay the Python code out
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format --quiet .

fuzz: venv ## Generated programs, PROGRAMS=2000 of them
	$(BIN)/python -m tests.fuzz --programs $(PROGRAMS) --jobs $(WORKERS)

bench: venv ## How fast the server, the command line and the rewritten code are
	$(BIN)/python -m tests.bench

docs: venv ## Write the pages that come from the code
	$(BIN)/python scripts/write_docs.py

lock: venv ## Resolve the versions in requirements/dev.txt again
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/python scripts/lock.py

venv:
	@scripts/setup.sh

# The extension: its own tools are Node's.

node_modules/.package-lock.json: package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier
	@touch $@

client: ## Types, style and tests of the VS Code extension
	@if [ -f package-lock.json ]; then $(MAKE) --no-print-directory client-checks; fi

client-checks: node_modules/.package-lock.json
	npm test

vsix: venv node_modules/.package-lock.json ## Package the VS Code extension
	npm run package

editors: ## Install the real editors that tests/editors drives
	scripts/install-editors

clean: ## Remove what was built; .venv and node_modules stay
	rm -rf build dist client-vscode/dist .pytest_cache .ruff_cache .import_linter_cache *.vsix
	find server patterns tests scripts examples -name __pycache__ -type d -prune -exec rm -rf {} +
