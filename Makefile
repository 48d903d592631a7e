# `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
PAGE := src/tinynet/page/index.html
WEB := $(shell find web \( -path web/node_modules -o -path web/.node \) -prune -o -type f -print)
MODULES := web/node_modules/.package-lock.json
NPM := $(BIN)/python web/npm.py
QUICK := not (browser or cluster or notebook or index or slow)
ARGS ?=

# Each of these empty files marks that its packages are installed in .venv.
LAB := $(VENV)/.lab
TESTS := $(VENV)/.tests
NOTEBOOK := $(VENV)/.notebook

.DEFAULT_GOAL := help
.PHONY: help setup lab discover notebook runbook-notebook test test-quick lint format docs bench map clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "TinyNet needs Python 3.11 or newer. Try: make PYTHON=python3.11"; exit 2; }
	@$(PYTHON) -m venv $(VENV)

$(LAB): pyproject.toml | $(BIN)/python
	@echo "Installing TinyNet into $(VENV)."
	@HATCH_BUILD_NO_HOOKS=true $(PIP) --no-compile --editable .
	@touch $@

$(TESTS): $(LAB)
	@echo "Installing PyTorch, JupyterLab and the tools of the tests into $(VENV): 2.6 GB in all."
	@$(PIP) 'tinynet-lab[dev]'  # compiles the packages: some print a warning when they are compiled, and a warning fails a test
	@touch $@ $(NOTEBOOK)

$(NOTEBOOK): $(LAB)
	@echo "Installing PyTorch and JupyterLab into $(VENV): 1.4 GB in all."
	@$(PIP) --no-compile 'tinynet-lab[notebook,torch-pinned]'
	@touch $@

$(MODULES): web/package-lock.json | $(BIN)/python
	@echo "Installing the tools that build the page into web/node_modules."
	@$(NPM) ci --silent --no-fund --no-audit
	@touch $@

$(PAGE): $(WEB) src/tinynet/numerics/elementary.py $(MODULES)
	@echo "Building the page."
	@$(NPM) run build --silent -- --logLevel warn

setup: ## install all packages that the tests need, and build the page
	@$(MAKE) --silent --jobs 2 $(TESTS) $(PAGE)

lab: ## open the laboratory in the browser
	@$(MAKE) --silent --jobs 2 $(LAB) $(PAGE)
	@$(BIN)/tinynet lab $(ARGS)

discover: $(LAB) ## print the journey in ten chapters, and write it to discovery/report.html
	@$(BIN)/tinynet discover $(ARGS)

notebook: $(NOTEBOOK) ## open the notebook of the journey in JupyterLab
	@$(BIN)/jupyter lab notebooks/discovery.ipynb

runbook-notebook: $(NOTEBOOK) ## run the notebook of the Trainer Runbook in full, in a few minutes, and write out/trainer_runbook.ipynb
	@mkdir -p out
	@TINYNET_FULL=1 $(BIN)/jupyter execute notebooks/trainer_runbook.ipynb --output ../out/trainer_runbook

test: setup ## run all checks: style, types, the page's tests and all Python tests
	@echo "1 of 5: style"
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@echo "2 of 5: types"
	@$(BIN)/mypy --no-error-summary
	@echo "3 of 5: the page's style and types"
	@$(NPM) run --silent check
	@echo "4 of 5: the page's tests"
	@$(NPM) run --silent test -- --reporter dot
	@echo "5 of 5: Python's tests$(WITHOUT)"
	@$(BIN)/pytest --quiet --numprocesses 2 $(if $(ONLY),-m '$(ONLY)') $(ARGS)

test-quick: ## run the quick checks, in 2.5 to 5 minutes on two cores: no browser, cluster, notebook or slow test
	@$(MAKE) --silent test ONLY='$(QUICK)' WITHOUT=', without browser, cluster, notebooks and slow ones'

lint: setup ## check the style and the types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(NPM) run --silent check

format: setup ## format the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(NPM) run --silent format

docs: setup ## write the tables of options and the printed output in the documents again
	@$(BIN)/python tests/support/documents.py

bench: setup ## compare the speed of TinyNet with PyTorch, JAX, NumPy and C, and measure the page
	@$(BIN)/python -c 'import jax' 2>/dev/null || $(PIP) 'tinynet-lab[bench]' || \
		echo "JAX cannot be installed on this machine. The rows of JAX are left out."
	@$(BIN)/python benchmarks/bench.py $(ARGS)
	@$(BIN)/python benchmarks/page.py

map: $(LAB) ## draw docs/images/learning_map.png: 17 learning rates, 9 numbers of epochs, 4,096 seeds each
	@$(PIP) 'tinynet-lab[sweep]'
	@$(BIN)/tinynet sweep --rate 0.05..20/17 --epochs 100..30000/9 --networks 4096 --out out/learning_map \
		--figure docs/images/learning_map.png $(ARGS)

clean: ## remove the environment and all generated files
	rm -rf $(VENV) src/tinynet/page web/node_modules web/.node discovery dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
