# The two commands: `make demo` and `make test`. Each installs what is missing first and says so.

CARGO ?= cargo
# More arguments for the command at hand, such as: make demo ARGS='--listen 127.0.0.1:9000'
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test bench lint openapi postman schema smoke sdk-test postman-test package ci env prerequisites

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Unoptimised, which is built in a fraction of the time. To measure: cargo run --release -- demo
demo: prerequisites ## Start the gateway with demo data on a PostgreSQL of its own; Ctrl-C ends both
	$(CARGO) run -- demo $(ARGS)

test: prerequisites ## Run every test; the ones that need a database start their own
	$(CARGO) test $(ARGS)

bench: prerequisites ## Measure the gateway against pgbench on a PostgreSQL of its own (needs wrk and python3)
	$(CARGO) build --release --locked
	bench/run $(ARGS)

lint: ## Check formatting, clippy and the documentation; any finding is an error
	$(CARGO) fmt --all --check
	$(CARGO) clippy --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --no-deps --locked

openapi: ## Write the API descriptions under openapi/ anew from the code
	$(CARGO) run --release -- openapi

postman: ## Write the Postman collections under postman/ anew from the code and tests/it/postman/
	USERBATCH_WRITE_POSTMAN=yes $(CARGO) test --locked --test it postman::

schema: prerequisites ## Write schema.sql anew from migrations/ and src/store/sql/
	USERBATCH_WRITE_SCHEMA=yes $(CARGO) test --locked --test it migrations::

smoke: prerequisites ## Start the demo, call every face once with curl, stop it
	$(CARGO) build --release --locked
	.ci/with-demo .ci/smoke

sdk-test: prerequisites ## Start the demo, call it with the vendors' published SDKs, stop it
	$(CARGO) build --release --locked
	.ci/with-demo .ci/sdks

postman-test: prerequisites ## Start the demo, run the Postman collections against it with newman, stop it
	$(CARGO) build --release --locked
	.ci/with-demo .ci/postman

package: ## Build the archive and the Debian package in target/packages (needs cargo-deb)
	$(CARGO) build --release --locked
	deploy/tarball target/packages
	deploy/deb target/packages

ci: ## Run everything that a change must pass
	.ci/run

env: ## Write fresh secrets and settings for docker compose, unless there are some
	@deploy/compose/prepare

prerequisites:
	@scripts/install-prerequisites.sh
