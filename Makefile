# Parvis: `make demo` shows it, `make test` proves it, `make run` serves it on the live networks.

CARGO ?= cargo
TARGET = $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
MASTODON_MOCK_FOLDER = $(TARGET)/mastodon-mock
SIGNER_FOLDER = $(TARGET)/standardwebhooks
MAIL_SERVER_FOLDER = $(TARGET)/aiosmtpd
NODE_MARK := web/node_modules/.package-lock.json
WEB_SOURCES := $(shell find web/src web/styles web/templates web/i18n -type f 2>/dev/null) web/package.json web/vite.config.ts web/tsconfig.json

.PHONY: demo run install test soak mutants fuzz fuzz-smoke build web lint fmt bench bench-quick bench-peers setup-test clean help

help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: build ## open the product on sample posts at http://localhost:8080
	$(CARGO) run --quiet -- demo $(ARGS)

run: build ## serve the cities of config/ from the live networks
	$(CARGO) run --quiet -- serve --config config/parvis.toml $(ARGS)

install: web ## put a release build of parvis where cargo keeps programs
	$(CARGO) install --locked --path . $(ARGS)

build: web ## build the page and the server
	$(CARGO) build

web: web/dist/.built ## build the page alone

$(NODE_MARK): web/package.json web/package-lock.json
	npm --prefix web ci --no-audit --no-fund
	@touch $@

web/dist/.built: $(NODE_MARK) $(WEB_SOURCES)
	npm --prefix web run build
	@touch $@

setup-test: $(NODE_MARK) ## install what the tests need: Chromium, nginx, a foreign Mastodon server, signer and mail server, and the page's packages
	@scripts/ensure-debian
	@scripts/ensure-mastodon-mock "$(MASTODON_MOCK_FOLDER)"
	@scripts/ensure-standardwebhooks "$(SIGNER_FOLDER)"
	@scripts/ensure-aiosmtpd "$(MAIL_SERVER_FOLDER)"

test: setup-test web lint ## run every test
	MASTODON_MOCK="$(MASTODON_MOCK_FOLDER)/bin/mastodon_mock" STANDARDWEBHOOKS_PYTHON="$(SIGNER_FOLDER)/bin/python" AIOSMTPD_PYTHON="$(MAIL_SERVER_FOLDER)/bin/python" $(CARGO) test --all-targets --features crash-points
	$(CARGO) build
	@! grep -q PARVIS_CRASH_AT "$(TARGET)/debug/parvis" || { echo "the program has crash points in it"; exit 1; }
	npm --prefix web test
	PARVIS_BIN="$(TARGET)/debug/parvis" npm --prefix web run e2e

soak: web ## the promises at full size: a thousand kills under load (PARVIS_SOAK), ten thousand readers, a thousand cities
	PARVIS_SOAK=$${PARVIS_SOAK:-1000} $(CARGO) test --features crash-points --test it campaign:: -- push::kills:: --nocapture
	PARVIS_SOAK=1 PARVIS_STRICT=1 $(CARGO) test --release --test it -- readers:: cities:: --nocapture --test-threads=1

mutants: web ## make deliberate mistakes and see that the tests notice each
	scripts/mutants $(ARGS)

fuzz: web ## fuzz every parser for FUZZ_SECONDS (60) each
	scripts/fuzz $(or $(FUZZ_SECONDS),60) $(FUZZ_TARGETS)

# A busy machine is no finding, so an input has longer here.
fuzz-smoke: web ## fuzz every parser for a few seconds
	FUZZ_TIMEOUT=10 scripts/fuzz 5

lint: web ## check form: rustfmt, clippy, types, and licences where cargo-deny is installed
	$(CARGO) fmt --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) clippy --all-targets --features crash-points -- -D warnings
	npm --prefix web run check
	@if $(CARGO) deny --version >/dev/null 2>&1; then $(CARGO) deny check licenses bans sources; \
	 else echo "cargo-deny is not installed: licences are not checked here"; fi

bench: web ## measure beside peers: 30 to 40 minutes, on an idle machine; ARGS="--only fanout" for a part
	PARVIS_TALLY_DAYS=400 PARVIS_TALLY_POSTS=12500 $(CARGO) test --release --lib speed:: -- --nocapture
	$(CARGO) build --release --workspace
	@mkdir -p $(TARGET)/bench
	"$(TARGET)/release/run" --json "$(TARGET)/bench/table.json" --markdown "$(TARGET)/bench/table.md" $(ARGS)

bench-quick: web ## the same with short runs: at most 3 minutes, coarser figures
	$(CARGO) build --release --workspace
	@mkdir -p $(TARGET)/bench
	"$(TARGET)/release/run" --quick --json "$(TARGET)/bench/quick.json" --markdown "$(TARGET)/bench/quick.md" $(ARGS)

bench-peers: ## install what `make bench` measures beside: nginx with nchan, and npm's ws
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get install -y --no-install-recommends nginx-light libnginx-mod-nchan; \
	 else echo "nginx and nchan are installed by root: apt-get install nginx-light libnginx-mod-nchan"; fi
	npm --prefix bench/peers ci --no-audit --no-fund

fmt: ## put the Rust code in form
	$(CARGO) fmt

clean: ## remove what was built
	$(CARGO) clean
	rm -rf web/dist web/node_modules
