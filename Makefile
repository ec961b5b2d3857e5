# 康衢 Kangqu. Two commands matter: make demo, make test.
SHELL := /bin/sh
# The system's own Python, where it is new enough and whole: Debian's is built with profiles and a fifth faster than one compiled plain.
PYTHON ?= $(shell /usr/bin/python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo /usr/bin/python3 || echo python3)
export UV_PYTHON_DOWNLOADS = never

UV := .tools/bin/uv
RUN := .venv/bin
TEST := .venv-test/bin

.PHONY: demo test check lock format clean bench screenshots

demo: .venv/ready
	$(RUN)/kangqu demo

test: .venv-test/ready
	$(TEST)/python -m tests.all $(ARGUMENTS)

check: .venv-test/ready
	$(TEST)/python -m tests.quick

bench: .venv-test/ready
	$(TEST)/python -m bench

screenshots: .venv-test/ready
	$(TEST)/python -m docs.screenshots

format: .venv-test/ready
	$(TEST)/ruff check --fix-only --quiet . ; $(TEST)/ruff format --quiet .

.tools/ready: requirements/tools.lock
	$(PYTHON) requirements/make_tools.py
	touch $@

.venv/ready: .tools/ready requirements/run.lock pyproject.toml
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
	VIRTUAL_ENV=.venv $(UV) pip sync --quiet --require-hashes requirements/run.lock
	VIRTUAL_ENV=.venv $(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

.venv-test/ready: .tools/ready requirements/test.lock pyproject.toml
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv-test
	VIRTUAL_ENV=.venv-test $(UV) pip sync --quiet --require-hashes requirements/test.lock
	VIRTUAL_ENV=.venv-test $(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

# Writes the locks anew: exact versions and hashes, no addresses, nothing younger than a week.
LOCK = $(UV) pip compile --quiet --no-header --universal --python-version 3.11 --generate-hashes \
	--exclude-newer $$(date -d '-7 days' +%F) --no-emit-index-url --no-emit-find-links --no-annotate
lock: .tools/ready
	$(LOCK) --extra pdf --extra gm --output-file requirements/run.lock pyproject.toml requirements/build.in
	$(LOCK) --extra pdf --extra gm --group test --output-file requirements/test.lock pyproject.toml requirements/build.in
	$(LOCK) --output-file requirements/tools.lock requirements/tools.in

clean:
	rm -rf .venv .venv-test .tools
