# Each line installs what it needs first. Variables: PORT, RESET=1 (demo, exercise), SCENARIO, SPEED
# (exercise), ARGS (test).
PORT ?= 8000
PYTHON = .venv/bin/python
READY = .venv/installed
LOCKED = --universal --generate-hashes --no-header --no-annotate --no-emit-index-url -q
# Python keeps what it compiled: a process that compiles all it imports takes twice as long to start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo exercise test check style types imports templates migrations translations tidy bench screens services lock sbom messages

help:  ## say what there is
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' Makefile | expand -t 20

demo: $(READY)  ## set everything up and open a filled desk on http://127.0.0.1:8000
	@CSIRT_MODE=demo $(PYTHON) manage.py demo --port $(PORT) $(if $(RESET),--reset)

exercise: $(READY)  ## play a scenario on an instance of its own; SCENARIO=id SPEED=6 PORT=9000 RESET=1
	@CSIRT_MODE=exercise $(PYTHON) manage.py exercise $(SCENARIO) --port $(PORT) $(if $(SPEED),--speed $(SPEED)) $(if $(RESET),--reset)

test: $(READY)  ## prove it, on SQLite; CSIRT_TEST_SERVICES=1: again on PostgreSQL and Redis
	@$(PYTHON) -m tools.test $(ARGS)

check: style types imports templates migrations translations  ## style, types, imports, migrations, translations

style: $(READY)
	$(PYTHON) -m ruff check -q --output-format concise . && $(PYTHON) -m ruff format --check .

types: $(READY)
	CSIRT_MODE=test $(PYTHON) -m mypy

imports: $(READY)
	.venv/bin/lint-imports

templates: $(READY)
	git ls-files '*.html' | xargs -r .venv/bin/djade --check --target-version 5.2

migrations: $(READY)
	@mkdir -p var/test
	CSIRT_MODE=test $(PYTHON) manage.py makemigrations --check --dry-run

translations: $(READY)
	$(PYTHON) tools/messages.py check

tidy: $(READY)  ## write code and templates as the checks want them
	$(PYTHON) -m ruff check -q --fix-only . ; $(PYTHON) -m ruff format .
	git ls-files '*.html' | xargs -r .venv/bin/djade --target-version 5.2

bench: $(READY)  ## measure, each figure beside a ceiling run in the same minute
	$(PYTHON) -m bench

screens: $(READY)  ## take the pictures of docs/screens again
	$(PYTHON) -m tools.screens

services: $(READY)  ## a PostgreSQL and a Redis of its own, until Ctrl+C
	@$(PYTHON) -m tools.services run

lock: $(READY)  ## compute both locks again from pyproject.toml: all of it, and what a desk runs with
	.venv/bin/uv pip compile pyproject.toml --extra dev $(LOCKED) -o requirements.lock
	.venv/bin/uv pip compile pyproject.toml --extra s3 $(LOCKED) -c requirements.lock -o deploy/requirements.lock

sbom: $(READY)  ## write the bill of materials again, after a change of the lock
	$(PYTHON) -m tools.sbom

messages: $(READY)  ## compile the translations
	$(PYTHON) tools/messages.py compile

$(READY): requirements.lock tools/bootstrap.py
	@python3 tools/bootstrap.py
