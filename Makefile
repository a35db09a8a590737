# Everything a developer runs. Nothing but Go and a C compiler has to be there:
# the Python tools come from managed environments in the user cache.
GO      ?= go
MTOK    := $(GO) run ./cmd/mtok
# Evaluated where they are used: building an environment takes a while, once.
DEV     = $(eval DEV := $(shell $(MTOK) setup --name dev --requirements requirements-dev.txt --print-python))$(DEV)
CONF    = $(eval CONF := $(shell $(MTOK) setup --name conformance --requirements requirements-conformance.txt --print-python))$(CONF)
FUZZ    ?= 20s
LOCK    = $(DEV) -m uv pip compile --universal --generate-hashes --python-version 3.11 --custom-compile-command "make lock" --quiet

.PHONY: setup test test-go test-py parity-test lint asan golden golden-check lock fuzz bench

setup: ## build the environment that the bridge runs on
	$(MTOK) setup

test: setup test-go test-py ## vet, Go tests with the race detector, pytest, ruff, mypy

test-go:
	$(GO) vet ./...
	$(GO) test -race -timeout 20m ./...

test-py:
	$(DEV) -m ruff check .
	$(DEV) -m ruff format --check .
	$(DEV) -m mypy
	$(DEV) -m pytest

parity-test: ## mistral-common's own test suite, its calls routed through mtok exec
	$(GO) build -o bin/mtok ./cmd/mtok
	$(CONF) -m pyshim.tests.conformance --exec "$(CURDIR)/bin/mtok exec --python $(CONF)" --report conformance-report.json
	$(CONF) -m pyshim.tests.conformance --corrupt --exec "$(CURDIR)/bin/mtok exec --python $(CONF)" --report bin/corrupt.json

lint: ## golangci-lint, at the version in tools/go.mod
	$(GO) tool -modfile=tools/go.mod golangci-lint run ./...

asan: ## the C side under the address sanitizer
	CGO_LDFLAGS="-Wl,--no-as-needed -lstdc++" $(GO) test -asan -short -count=1 -timeout 20m ./bridge/internal/cpython ./bridge

golden: ## let the reference make the golden files anew
	$(DEV) testdata/golden/generate.py
	$(DEV) -m testdata.golden.families
	$(DEV) -m testdata.schemas.generate

golden-check: golden ## fail if the reference now says something else
	git diff --exit-code testdata/golden testdata/schemas

lock: ## compile the hash locks from the .in files
	$(LOCK) --output-file requirements.txt requirements.in
	$(LOCK) --output-file requirements-dev.txt requirements.in requirements-dev.in
	$(LOCK) --output-file requirements-conformance.txt requirements.in requirements-dev.in requirements-conformance.in

fuzz: ## FUZZ=1h for a long run
	$(GO) test -run '^$$' -fuzz FuzzParseReply -fuzztime $(FUZZ) ./bridge/internal/wire
	$(GO) test -run '^$$' -fuzz FuzzParse -fuzztime $(FUZZ) ./bridge

bench: ## the figures of docs/BENCHMARKS.md; alone on the machine
	$(MTOK) bench --write docs/BENCHMARKS.md
	$(GO) test -run '^$$' -bench . -benchtime 2s ./bridge/internal/executor ./bridge
