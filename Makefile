# Everything a person does here, by name. `make` alone lists it.

.DEFAULT_GOAL := help
PYTHON ?= python3
VENV ?= .venv
RUN := $(VENV)/bin/python
# Two cores, two test processes.
PYTEST_WORKERS ?= 2

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: setup ## start everything on http://127.0.0.1:8000/ (HOST, PORT and VAR_DIR change where); Ctrl-C stops it
	@exec $(RUN) -m infusion_coder.run

.PHONY: setup
setup:
	@$(PYTHON) -I infusion_coder/bootstrap.py $(VENV) requirements.txt

.PHONY: setup-dev
setup-dev:
	@$(PYTHON) -I infusion_coder/bootstrap.py $(VENV) requirements-dev.txt

.PHONY: test
test: setup-dev ## run the whole suite against real servers, browser tests too where a Chromium is found
	@$(RUN) -m pytest --numprocesses $(PYTEST_WORKERS) --dist loadgroup

.PHONY: coverage
coverage: setup-dev ## the whole suite, and which lines no test takes; twice as long
	@$(RUN) -m pytest --numprocesses $(PYTEST_WORKERS) --dist loadgroup --cov --cov-report=term:skip-covered

.PHONY: rules
rules: setup-dev ## test the rules alone, no database; a branch of them that no test takes fails
	@$(RUN) -m pytest -p no:django -p no:cacheprovider --numprocesses $(PYTEST_WORKERS) tests/rules \
		--cov=rules --cov-report=term:skip-covered --cov-fail-under=100

.PHONY: native
native: ## compile the rules where a C compiler is found; `make run` then uses them, and plain Python otherwise
	@$(PYTHON) -I infusion_coder/native.py

# The newest build of the rules, made of the source as it is now; nothing where there is none.
NATIVE = $$($(PYTHON) -I infusion_coder/native.py path)

.PHONY: native-rules
native-rules: setup-dev native ## test the compiled rules; proofs take code out of them, which only plain Python allows
	@build=$(NATIVE); test -z "$$build" || NATIVE_RULES=1 PYTHONPATH="$$build:." $(RUN) -P -m pytest \
		-p no:django -p no:cacheprovider --numprocesses $(PYTEST_WORKERS) -o pythonpath= \
		--ignore tests/rules/proofs --ignore tests/rules/test_proofs.py tests/rules

.PHONY: fuzz
fuzz: setup-dev ## every hostile value in every field of every door, and the interface by hundreds: some minutes
	@FUZZ=deep $(RUN) -m pytest --numprocesses $(PYTEST_WORKERS) -o faulthandler_timeout=0 --durations=10 \
		tests/security/test_hostile_input.py tests/security/test_interface.py

.PHONY: properties
properties: setup-dev ## what must hold: 10,000 examples a property, 100,000 malformed charts; a quarter of an hour
	@HYPOTHESIS_PROFILE=thorough $(RUN) -m pytest -p no:django -p no:cacheprovider --numprocesses $(PYTEST_WORKERS) \
		-o faulthandler_timeout=0 --durations=40 tests/rules/test_invariants.py tests/rules/test_malformed.py

.PHONY: check
check: lint types floors django-check ## everything that needs no test run: lint, types, floors, Django's own checks

.PHONY: lint
lint: setup-dev ## lint and format of Python and templates
	@$(RUN) -m ruff check
	@$(RUN) -m ruff format --check
	@$(VENV)/bin/djlint templates --check --lint --quiet

.PHONY: format
format: setup-dev ## mend what lint can mend by itself
	@$(RUN) -m ruff check --fix
	@$(RUN) -m ruff format
	@$(VENV)/bin/djlint templates --reformat --quiet

.PHONY: types
types: setup-dev ## types
	@$(RUN) -m mypy

.PHONY: floors
floors: setup-dev ## floors and rooms: who may import whom
	@PYTHONPATH=. $(VENV)/bin/lint-imports

.PHONY: django-check
django-check: setup-dev ## models match migrations; settings are fit for a deployment
	@$(RUN) manage.py makemigrations --check --dry-run
	@DATABASE_URL=postgresql://nobody@localhost/none REDIS_URL=redis://localhost/0 BEHIND_TLS=1 \
		SECRET_KEY=only-for-this-check-and-never-used-to-sign-anything-0123456789 AUDIT_KEY=as-said-above \
		$(RUN) manage.py check --deploy --fail-level WARNING

.PHONY: audit-dependencies
audit-dependencies: setup-dev ## look every pin up among known vulnerabilities; says so where the database cannot be reached
	@$(RUN) -m infusion_coder.dependencies requirements.txt

BENCH_VENV ?= .venv-bench
# -P: the path is only what is given here, the build of the rules before their source.
BENCH = PYTHONPATH="$(NATIVE):." $(BENCH_VENV)/bin/python -P -m tests.bench.engine

.PHONY: setup-bench
setup-bench:
	@$(PYTHON) -I infusion_coder/bootstrap.py $(BENCH_VENV) requirements-bench.txt

.PHONY: bench
bench: setup-bench setup-dev native ## measure, and write docs/benchmarks.md: twenty minutes at most
	@$(BENCH) --write docs/benchmarks.md
	@$(RUN) -m tests.bench.parts docs/benchmarks.md

.PHONY: bench-impact
bench-impact: setup-dev native ## measure what one unit size would change among 100,000 encounters: some minutes
	@$(RUN) -m tests.bench.impact --write docs/benchmarks.md
	@$(RUN) -m tests.bench.replays --write docs/benchmarks.md

.PHONY: bench-engine
bench-engine: setup-bench native ## measure the engine alone: under a minute, ends with a line of JSON
	@$(BENCH)

.PHONY: screenshots
screenshots: setup-dev ## take the pictures of docs/screenshots with an instance of their own
	@$(RUN) -m docs.take_screenshots
