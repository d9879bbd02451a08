# Two commands on a fresh machine with Python 3.11 or newer: `make demo` and `make test`.
# Everything is installed into .venv, from versions locked with hashes; `make help` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq --no-input
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
# A worker that is done takes over what another has not begun, so that no core waits at the end.
PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal --benchmark-disable --hypothesis-profile ci
ARGS ?=

# ── What a person runs ────────────────────────────────────────────────────────────────────────

.PHONY: help
help:  ## List the targets
	@grep -hE '^[a-z-]+:.*  ## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*  ## /  make \1\t/' | expand -t 18

.PHONY: demo
demo: $(VENV)/installed $(VENV)/live  ## Install the library and assess the bundled example
	@cat $(VENV)/live
	@$(BIN)/govrules demo

.PHONY: test
test: $(VENV)/developed $(VENV)/live  ## Install what tests need and run them (ARGS="-k name" to choose)
	@cat $(VENV)/live
	@$(PYTEST) $(ARGS)

.PHONY: lint
lint: style types layers workflows  ## Check style, types, layers, workflows and the shipped rules
	@$(BIN)/govrules lint

.PHONY: style
style: $(VENV)/developed  ## Check style and layout of the code
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

.PHONY: format
format: $(VENV)/developed  ## Lay the code out and mend what can be mended
	@$(BIN)/ruff check --fix --exit-zero --quiet .
	@$(BIN)/ruff format .

.PHONY: types
types: $(VENV)/developed  ## Check types
	@$(BIN)/mypy --strict src
	@$(BIN)/mypy --strict --explicit-package-bases benchmarks
	@$(BIN)/mypy --strict examples/service.py docs/another-domain/vendors.py

.PHONY: layers
layers: $(VENV)/developed  ## Check that arrows never turn round
	@$(BIN)/lint-imports --no-cache

.PHONY: size
size:  ## Hold each folder to its size, each file to its length, git to its files (ARGS=--lower)
	@$${PYTHON:-python3} .ci/size.py $(ARGS)

.PHONY: rules
rules: $(VENV)/installed  ## Check the packs under rules/, their layout too, and run their examples
	@$(BIN)/govrules format --check rules
	@$(BIN)/govrules lint rules
	@$(BIN)/govrules test rules

.PHONY: docs
docs: $(VENV)/developed  ## Build the documentation into docs/_build/html
	@$(BIN)/govrules schema --output docs/_generated/schemas
	@$(BIN)/sphinx-build -q -E -n -W --keep-going -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

.PHONY: bench
bench: $(VENV)/developed  ## Time the library beside its peers
	@$(BIN)/python benchmarks/run.py

.PHONY: bench-engines
bench-engines: $(VENV)/bench/made  ## Time the engines beside Python by hand and other engines
	@PYTHONPATH=src $(VENV)/bench/bin/python -m benchmarks.engines

.PHONY: browser
browser: $(VENV)/browser/made  ## Open reports in Chromium, and hold them to what is asked of pages
	@$(VENV)/browser/bin/python tests/browser/browse.py --govrules $(BIN)/govrules --modules $(VENV)/browser/node_modules

.PHONY: workbook-check
workbook-check: $(VENV)/developed  ## Open a workbook with openpyxl and, where it is installed, LibreOffice
	@$(BIN)/python tests/spreadsheets/open.py --govrules $(BIN)/govrules

.PHONY: pictures
pictures: $(VENV)/browser/made  ## Take the pictures of reports that the documentation shows
	@$(VENV)/browser/bin/python tests/browser/browse.py --govrules $(BIN)/govrules --modules $(VENV)/browser/node_modules \
		--pictures docs/pictures

.PHONY: bench-beside
bench-beside: $(VENV)/developed  ## Time engines and starts beside those of another tree (ARGS="../before")
	@$(BIN)/python -m benchmarks.beside $(ARGS)

.PHONY: conform
conform: $(VENV)/developed  ## Hold every engine to the reference engine at length (ARGS="compiled 20000" to choose)
	@$(BIN)/python -m tests.conformance.run $(ARGS)

.PHONY: bench-live
bench-live: $(VENV)/developed $(VENV)/live  ## Feed a live register 100,000 events, hold it to fresh assessments, time it
	@$(BIN)/python benchmarks/live.py $(ARGS)

.PHONY: bench-ingest
bench-ingest: $(VENV)/developed  ## Time reading registers beside the bare parse of the same files
	@$(BIN)/python benchmarks/ingest.py

.PHONY: bench-explain
bench-explain: $(VENV)/developed  ## Time explanations beside the bare ids of what is flagged
	@$(BIN)/python -m benchmarks.explain

.PHONY: bench-advice
bench-advice: $(VENV)/developed  ## Count what ways out take away, and the lines of reasons (ARGS=5000 to choose)
	@$(BIN)/python -m benchmarks.advice $(ARGS)

.PHONY: bench-interview
bench-interview: $(VENV)/developed  ## Count the questions of 200 interviews beside the order of the file
	@$(BIN)/python -m benchmarks.interview $(ARGS)

.PHONY: bench-pages
bench-pages: $(VENV)/developed  ## Set the page of a register of 500 beside its text: time, size, memory
	@$(BIN)/python -m benchmarks.pages

.PHONY: bench-registers
bench-registers: $(VENV)/developed $(VENV)/live  ## Time whole registers beside peers (ARGS="1000000" to choose)
	@$(PIP) install --require-hashes --no-deps -r requirements/bench-registers.txt
	@POLARS_MAX_THREADS=1 $(BIN)/python -m benchmarks.registers $(ARGS)

.PHONY: spark
spark: $(VENV)/developed  ## Hold Spark on two local executors to the verdicts here, and run what the README shows
	@$(PIP) install --require-hashes --no-deps -r requirements/spark.txt
	@SPARK_HOME=$$($(BIN)/python -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))') \
		$(BIN)/python -m benchmarks.spark

.PHONY: coverage
coverage: $(VENV)/developed $(VENV)/live  ## Run the tests and hold each folder to the share of branches that it owes
	@rm -rf $(VENV)/cover
	@COVERAGE=$(CURDIR)/$(VENV)/cover PYTEST_ADDOPTS="-p tests.cover" $(PYTEST) $(ARGS)
	@$(BIN)/python .ci/coverage.py $(VENV)/cover

# Each property on many examples, on all cores: EXAMPLES and SEED may be given.
EXAMPLES ?= 10000
SEED ?= $(shell shuf -i 1-999999999 -n 1)
.PHONY: thorough
thorough: $(VENV)/developed  ## Try each property on 10,000 examples and say how each ended (slow)
	@HYPOTHESIS_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -n auto --dist worksteal -q --benchmark-disable \
		--hypothesis-profile thorough --hypothesis-seed $(SEED) \
		tests/properties tests/prove/test_encoding.py tests/calibration/test_calibration.py $(ARGS)

ADVICE := because_is_sufficient or because_has_no_needless_fact or questions_suffice or \
	no_question_is_idle or changes_settle or nothing_held_is_taken_away or changes_are_smallest or \
	plan_is_smallest or plan_flags_nothing_new
.PHONY: properties
properties: $(VENV)/developed  ## Try what holds of advice on EXAMPLES examples each, on any rulebook (slow)
	@$(MAKE) thorough ARGS='-k "$(ADVICE)"'

# Coverage guides the inputs where atheris has a wheel; elsewhere Hypothesis makes them.
MINUTES ?= 1
.PHONY: fuzz
fuzz: $(VENV)/developed  ## Fuzz each way in for MINUTES (ARGS="csv xlsx" to choose, ARGS=--keep to keep)
	@$(PIP) install --require-hashes --no-deps --only-binary :all: -r requirements/fuzz.txt 2>/dev/null \
		|| echo "atheris has no wheel here: inputs are made without coverage"
	@PYTHONPATH=. $(BIN)/python -W ignore -m tests.fuzz.run --minutes $(MINUTES) $(ARGS)

.PHONY: oracles
oracles: $(VENV)/developed  ## Hold each engine to itself on CHECKS registers and rules (ARGS="--minutes 10")
	@$(BIN)/python -m tests.oracles.run $(if $(CHECKS),--checks $(CHECKS)) $(ARGS)

.PHONY: faults
faults: $(VENV)/developed $(VENV)/live  ## Kill commands, fill disks, hang engines (ARGS="kills --kills 1000")
	@$(BIN)/python -m tests.faults.run $(ARGS)

.PHONY: hostile
hostile: $(VENV)/developed  ## Meet thirty hostile packs, registers and workbooks, and show what each gets
	@$(BIN)/python -m pytest -o addopts= -p no:terminal -p no:benchmark -s tests/hostile/test_table.py -k gets_an_answer

.PHONY: soak
soak: $(VENV)/developed  ## Assess a million partnerships and take 100,000 live events in flat memory
	@$(BIN)/python -m tests.faults.soak $(ARGS)

.PHONY: mutate
mutate: $(VENV)/developed  ## Change the library a little in every way and see which tests notice (slow)
	@$(PIP) install --require-hashes --no-deps -r requirements/mutate.txt
	@$(BIN)/mutmut run $(ARGS)

.PHONY: survivors
survivors: $(VENV)/developed  ## Count what `make mutate` left alive, and give each its reason
	@$(BIN)/python tests/mutation/survivors.py

.PHONY: wheel
wheel: $(VENV)/developed  ## Build the wheel, install it alone and run its demo in an empty folder
	@rm -rf $(VENV)/wheel && mkdir -p $(VENV)/wheel/empty
	@$(BIN)/python -m build --wheel --no-isolation --outdir $(VENV)/wheel . >$(VENV)/wheel/build.log 2>&1 \
		|| { cat $(VENV)/wheel/build.log; exit 1; }
	@$(BIN)/python -m venv $(VENV)/wheel/venv
	@$(VENV)/wheel/venv/bin/python -m pip -qq --no-input install --require-hashes --no-deps -r requirements/run.txt
	@$(VENV)/wheel/venv/bin/python -m pip -qq --no-input install --no-deps --no-index $(VENV)/wheel/*.whl
	@cd $(VENV)/wheel/empty && ../venv/bin/govrules demo >../demo.txt && ../venv/bin/govrules test --no-coverage
	@echo "$$(basename $(VENV)/wheel/*.whl): its demo runs"

.PHONY: dist
dist: $(VENV)/developed  ## Build wheel and source archive twice, hold them equal, and put them into dist/
	@rm -rf dist $(VENV)/again
	@for each in dist $(VENV)/again; do \
		$(BIN)/python -m build --no-isolation --outdir $$each . >$(VENV)/build.log 2>&1 || { cat $(VENV)/build.log; exit 1; }; \
	done
	@diff -r dist $(VENV)/again
	@cd dist && sha256sum * >SHA256SUMS
	@$(BIN)/python -m zipfile -e dist/*.whl $(VENV)/again
	@cp $(VENV)/again/*.dist-info/sboms/govrules.cdx.json dist
	@$(BIN)/python .ci/release.py notes >dist/notes.md
	@cat dist/SHA256SUMS

.PHONY: ships
ships:  ## Write the list of what ships from what git holds
	@$${PYTHON:-python3} .ci/release.py ships

.PHONY: releasable
releasable: $(VENV)/made  ## Say what stands in the way of a release (TAG=v1.2.3)
	@$(BIN)/python .ci/release.py check "$(TAG)"

.PHONY: workflows
workflows: $(VENV)/developed  ## Check the workflows, without asking any other host
	@$(BIN)/zizmor --offline --quiet --no-progress --persona pedantic .github docs/workflows/rules.yml

.PHONY: audit
audit: $(VENV)/release/made  ## Set what is locked against the known weaknesses (asks other hosts)
	@for each in run build dev release; do \
		$(VENV)/release/bin/pip-audit --strict --disable-pip --require-hashes --progress-spinner off -r requirements/$$each.txt; \
	done

.PHONY: lowest
lowest: $(VENV)/lowest/made  ## Run the tests on the lowest versions that are promised
	@$(VENV)/lowest/bin/python -m pytest -n auto --dist worksteal --benchmark-disable --hypothesis-profile ci \
		--doctest-ignore-import-errors $(ARGS)

# Each has an environment of its own beside .venv; what is not installed here is said.
PYTHONS ?= python3.11 python3.12 python3.13 python3.14
.PHONY: pythons
pythons:  ## Run the tests on each Python that is promised and installed (PYTHONS="python3.13")
	@tried=0; for each in $(PYTHONS); do \
		if "$$each" -c "" 2>/dev/null; then \
			tried=1; $(MAKE) test VENV=.venv-$$each PYTHON="$$each"; \
		else echo "$$each is not installed here, and was not tried"; fi; \
	done; [ $$tried = 1 ]

# Each lock is compiled from the project, from its group of dependencies, or from both.
.PHONY: lock
lock: $(VENV)/developed $(VENV)/release/made  ## Lock the newest versions of everything again
	@$(LOCK) --upgrade --group dev --output-file requirements/dev.txt pyproject.toml
	@$(LOCK) --upgrade --group bench --output-file requirements/bench.txt pyproject.toml
	@$(LOCK) --constraint requirements/dev.txt --output-file requirements/run.txt pyproject.toml
	@for each in durable fuzz release; do \
		$(LOCK) --upgrade --group $$each --output-file requirements/$$each.txt; \
	done
	@for each in bench-registers browser build mutate spark; do \
		$(LOCK) --constraint requirements/dev.txt --group $$each --output-file requirements/$$each.txt; \
	done
	@$(MAKE) relock

# What is made from the locks: the lowest versions, and the bill of materials of an environment that
# holds what the library needs and nothing else.
.PHONY: relock
relock: $(VENV)/release/made
	@$(LOCK) --resolution lowest-direct --extra registers --extra prove --extra test --group lowest \
		--output-file requirements/lowest.txt pyproject.toml
	@$(BIN)/python -m venv --clear --without-pip $(VENV)/alone
	@$(PIP) --python $(VENV)/alone/bin/python install --require-hashes --no-deps -r requirements/run.txt
	@$(VENV)/release/bin/cyclonedx-py environment --pyproject pyproject.toml --mc-type library \
		--output-reproducible --short-PURLs --output-file $(VENV)/run.cdx.json $(VENV)/alone
	@$(BIN)/python .ci/release.py materials <$(VENV)/run.cdx.json >$(VENV)/kept.cdx.json
	@mv $(VENV)/kept.cdx.json requirements/run.cdx.json

# No address of an index, no host and no path of a machine may stand in what is committed.
LOCK := UV_CUSTOM_COMPILE_COMMAND="make lock" $(VENV)/release/bin/uv pip compile --quiet \
	--python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links

.PHONY: clean
clean:  ## Remove everything that these commands made
	@rm -rf $(VENV) .venv-* dist build docs/_build docs/_generated .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .hypothesis mutants
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ── What they stand on ────────────────────────────────────────────────────────────────────────
# Each file below is made once and again when what it was made from changes. The locks hold all that
# is needed: where pip looks for more, a new release of what a lock names with an extra stops it.

# The Python that is asked for, or the first that is new enough and can make environments; those that
# the live engine is made for come first.
$(VENV)/made:
	@for each in $${PYTHON:-python3.12 python3.11 python3 python3.13 python3.14 python}; do \
		if "$$each" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Making $(VENV) with $$("$$each" --version)"; \
			"$$each" -m venv --clear $(VENV); touch $@; exit 0; \
		fi; \
	done; \
	echo "make: no Python 3.11 or newer that can make environments (module venv) was found; set PYTHON" >&2; \
	exit 1

$(VENV)/installed: $(VENV)/made pyproject.toml requirements/run.txt requirements/build.txt
	@echo "Installing govrules"
	@$(PIP) install --require-hashes --no-deps -r requirements/run.txt -r requirements/build.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/developed: $(VENV)/installed requirements/dev.txt
	@echo "Installing what development needs"
	@$(PIP) install --require-hashes --no-deps -r requirements/dev.txt
	@$(BIN)/python -m pip check >$(VENV)/check.log || { cat $(VENV)/check.log; exit 1; }
	@touch $@

# Other engines want other versions than the library is developed with.
$(VENV)/bench/made: $(VENV)/made requirements/bench.txt requirements/durable.txt requirements/live
	@$(BIN)/python -m venv --clear $(VENV)/bench
	@$(VENV)/bench/bin/python -m pip -qq --no-input install --require-hashes --no-deps -r requirements/bench.txt
	@requirements/live $(VENV)/bench/bin/python $(VENV)/bench/live.log
	@touch $@

# What locks and audits wants versions of its own, and so do the lowest that are promised.
$(VENV)/release/made: $(VENV)/made requirements/release.txt
	@$(BIN)/python -m venv --clear $(VENV)/release
	@$(VENV)/release/bin/python -m pip -qq --no-input install --require-hashes --no-deps -r requirements/release.txt
	@touch $@

# A browser is asked of the system, and put there where the system is Debian and lets us.
$(VENV)/browser/made: $(VENV)/installed requirements/browser.txt requirements/browser/package-lock.json
	@command -v chromium >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends chromium fonts-liberation; } >$(VENV)/chromium.log 2>&1 \
		|| { cat $(VENV)/chromium.log; exit 1; }
	@$(BIN)/python -m venv --clear $(VENV)/browser
	@$(VENV)/browser/bin/python -m pip -qq --no-input install --require-hashes --no-deps -r requirements/browser.txt
	@cp requirements/browser/package.json requirements/browser/package-lock.json $(VENV)/browser
	@npm ci --prefix $(VENV)/browser --ignore-scripts --no-audit --no-fund --silent
	@touch $@

$(VENV)/lowest/made: $(VENV)/made pyproject.toml requirements/lowest.txt
	@$(BIN)/python -m venv --clear $(VENV)/lowest
	@$(VENV)/lowest/bin/python -m pip -qq --no-input install --require-hashes --no-deps -r requirements/lowest.txt
	@$(VENV)/lowest/bin/python -m pip -qq --no-input install --no-deps --no-build-isolation --editable .
	@requirements/live $(VENV)/lowest/bin/python $(VENV)/lowest/live.log
	@touch $@

# The live engine is built from source. Where that cannot be done, one line says why.
$(VENV)/live: $(VENV)/installed requirements/durable.txt requirements/live
	@requirements/live $(BIN)/python $(VENV)/live.log >$@
