# What a person runs; continuous integration runs the same.

.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed
# What is compiled when the package is installed.
KERNELS := hatch_build.py $(wildcard pmml_pipeline/kernels/build.py pmml_pipeline/kernels/src/*)
HERE := $(CURDIR)
MODEL ?=
ARGS ?=
# Tests run side by side; each worker may hold a JVM of a gigabyte.
WORKERS ?= 2

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

# An environment holds the path that it was made at, so in a moved folder it is made again.
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(HERE))
.PHONY: $(STAMP)
endif

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":[^#]*## " } /^[a-z-]+:.*## / { printf "make %-12s  %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: $(STAMP) ## Make .venv with everything in constraints.txt (PYTHON=python3.12 for another Python)

# constraints.txt names every package, so nothing is resolved: --no-deps takes them as they are.
$(STAMP): pyproject.toml constraints.txt $(KERNELS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or newer is needed; $(PYTHON) is: $$($(PYTHON) --version 2>&1 | head -n 1)."; \
	  echo "Name another one: make setup PYTHON=python3.12"; exit 1; } >&2
	@$(BIN)/python -c 'import pip' 2>/dev/null && test "$$(cat $(STAMP) 2>/dev/null)" = "$(HERE)" || \
	  $(PYTHON) -m venv --clear .venv || { rm -rf .venv; \
	  echo "Python's venv module does not work here (Debian, Ubuntu: apt-get install python3-venv)."; \
	  exit 1; } >&2
	@echo "Installing into .venv, which takes about a minute ..."
	@$(BIN)/python -m pip install --quiet --no-deps -r constraints.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@printf '%s\n' "$(HERE)" > $(STAMP)

# GNU make takes a line that begins with the word `export` and a blank for a directive.
.PHONY: export
export: $(STAMP) ## Train, prove and publish the examples into artifacts/ (MODEL=credit for one)
	$(BIN)/pmml-pipeline export $(or $(MODEL),--all) --store artifacts

.PHONY: serve
serve: $(STAMP) ## Answer for the models in artifacts/ over HTTP (ARGS="--port 8501")
	$(BIN)/pmml-pipeline serve --artifacts artifacts $(ARGS)

.PHONY: test
test: lint types ## Lint, check the types and run every test (ARGS="-k store" for some)
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: lint
lint: $(STAMP) ## Check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: types
types: $(STAMP) ## Check the types
	$(BIN)/mypy

.PHONY: format
format: $(STAMP) ## Put the code into the one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: conformance
conformance: $(STAMP) ## Score the recorded documents of other projects on every engine
	$(BIN)/python -m benchmarks.conformance $(ARGS)

.PHONY: bench
bench: $(STAMP) ## Measure beside every peer, into benchmarks/results.md (ARGS=--quick to try it)
	$(BIN)/python -m benchmarks $(ARGS)

.PHONY: bench-peers
bench-peers: $(STAMP) ## What bench does once by itself: install the peers, train and compile models
	$(BIN)/python -m benchmarks.environments
	$(BIN)/python -m benchmarks.speed --prepare

.PHONY: bench-java
bench-java: $(STAMP) ## Measure the Java bridge beside JPMML-Evaluator alone (needs Maven; ARGS=--quick)
	$(BIN)/python -m benchmarks.java $(ARGS)

.PHONY: bench-serve
bench-serve: $(STAMP) ## Measure the online service beside a constant, MLServer and Flask (needs wrk)
	$(BIN)/python -m benchmarks.serving $(ARGS)

.PHONY: fuzz
fuzz: $(STAMP) ## Score 100,000 mutated documents and look for what must not be (ARGS="--count 1000")
	$(BIN)/python -m benchmarks.fuzz $(ARGS)

.PHONY: kill-test
kill-test: $(STAMP) ## Kill 100 exports at random moments and check what is left
	PMML_PIPELINE_KILLS=100 $(BIN)/python -m pytest -s tests/store/test_kill.py

.PHONY: java
java: $(STAMP) ## Build java_bridge with Maven, test it, and compare it with Python (needs Java 17)
	@command -v mvn > /dev/null || { echo "Maven is needed (Debian, Ubuntu: apt-get install maven)."; exit 1; } >&2
	$(BIN)/python -m pytest -rs tests/java $(ARGS)

.PHONY: block-scorer
block-scorer: ## Build pmml_pipeline/engines/jvm/block-scorer.jar from its source (needs javac)
	$(PYTHON) java_bridge/block-scorer/build.py

.PHONY: dist
dist: $(STAMP) ## Build the wheel and the sdist into dist/
	$(BIN)/python -m build --no-isolation

# The comment at the top of the file is kept. nvidia-nccl is left out; the comment says why.
.PHONY: constraints
constraints: ## Write constraints.txt anew with the newest versions that pyproject.toml admits
	rm -rf build/constraints
	$(PYTHON) -m venv build/constraints
	build/constraints/bin/python -m pip install --quiet --upgrade pip
	build/constraints/bin/python -m pip install --quiet --editable '.[all]' --group dev
	sed '/^[^#]/,$$d' constraints.txt > build/constraints.txt
	build/constraints/bin/python -m pip freeze --exclude-editable | grep -v '^nvidia-nccl' \
	  >> build/constraints.txt
	mv build/constraints.txt constraints.txt
	rm -rf build/constraints

.PHONY: clean
clean: ## Remove the environment, the caches and what was built (artifacts/ stays)
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
