# Two commands: `make run` and `make test`. Both do their own set-up.
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SITE := frontend/dist
SITE_SOURCES := $(shell find frontend/src frontend/public frontend/scripts -type f) $(wildcard frontend/*.html frontend/*.js* frontend/*.ts)
NODE_STAMP := frontend/node_modules/.installed

.PHONY: run test lint types contract site site-tests setup lock clean
.DEFAULT_GOAL := help

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: setup site ## Start the whole product on 127.0.0.1; options go in ARGS="..."
	@$(BIN)/leaderforge dev --site $(SITE) $(ARGS)

test: setup lint types contract site-tests ## Run lint, types, the import contract and every test
	$(BIN)/pytest

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: setup
	$(BIN)/mypy

contract: setup
	$(BIN)/lint-imports

site: $(SITE)/index.html ## Build the web site into frontend/dist

site-tests: $(SITE)/index.html
	cd frontend && npm run --silent lint && npm run --silent types && npm test --silent

$(SITE)/index.html: $(NODE_STAMP) $(SITE_SOURCES)
	cd frontend && npm run --silent build

$(NODE_STAMP): frontend/package-lock.json
	cd frontend && npm ci --silent --no-audit --no-fund
	touch $@

setup: $(STAMP) ## Create the virtual environment from the hashed pins

$(STAMP): requirements/dev.txt pyproject.toml scripts/find-python
	python=$$(scripts/find-python) && "$$python" -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $@

lock: ## Pin the newest allowed versions of everything, with hashes
	uv pip compile --quiet --universal --no-emit-index-url --no-annotate --generate-hashes --python-version 3.11 \
		--extra local --group dev pyproject.toml --output-file requirements/dev.txt
	uv pip compile --quiet --universal --no-emit-index-url --no-annotate --generate-hashes --python-version 3.11 \
		pyproject.toml --output-file requirements/runtime.txt

clean: ## Remove what was installed, built and cached; data stays
	rm -rf $(VENV) frontend/node_modules $(SITE) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
