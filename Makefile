# The commands of this project. Each sets up what it needs by itself (bin/setup); a second call
# of the same takes no time. PYTHON=… names the interpreter for the virtual environment.
export PYTHON
PYTHON ?= python3
RUN := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset smoke bench faults faults-long check test screens lock format clean

help: ## what there is to call
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

demo: ## run the console on a live lab: prints the address and the accounts, Ctrl-C ends it
	@bin/setup run
	@exec $(RUN) -m lab.demo

demo-reset: ## forget the data of the demo
	@rm -rf var/demo && echo "The next make demo starts anew."

smoke: ## play the whole story from outside, on its own data: exit 0 only if all of it held
	@bin/setup smoke
	@exec $(RUN) -m lab.smoke

bench: ## compare the library with ipvsadm in the lab: fails when it is slower than promised
	@bin/setup smoke
	@exec $(RUN) -m lab.bench

faults: ## break every part of the real stack in turn, then play a thousand histories full of faults
	@bin/setup test
	@$(RUN) -m lab.faults.slow
	@$(RUN) -m lab.faults --histories 1000

faults-long: ## play ten thousand histories (a quarter of an hour), and each single fault at each boundary
	@bin/setup test
	@$(RUN) -m lab.faults
	@$(RUN) -m lab.faults --sweep

check: ## lint, types, layers, templates, migrations
	@bin/setup check
	@bin/check

test: ## every test: on SQLite, and again on PostgreSQL where the database matters
	@bin/setup test
	@bin/test

screens: ## make the pictures of the README anew
	@bin/setup test
	@$(RUN) -m lab.screens

format: ## format the code
	@bin/setup check
	$(RUN) -m ruff format . && $(RUN) -m ruff check --fix .

lock: ## write the lock files anew; UPGRADE=--upgrade takes newer versions
	@bin/lock

clean: ## remove all that can be made anew, but not the data of the demo
	rm -rf build .venv node_modules .mypy_cache .ruff_cache .pytest_cache
