# Everything a developer runs. Nothing but Go and a C compiler has to be there:
# the Python tools come from a managed environment in the user cache.
GO      ?= go
MTOK    := $(GO) run ./cmd/mtok
# Evaluated where it is used: building the environment takes a while, once.
DEV     = $(eval DEV := $(shell $(MTOK) setup --name dev --requirements requirements-dev.txt --print-python))$(DEV)
FUZZ    ?= 20s

.PHONY: setup test test-go test-py lint lint-py golden golden-check lock fuzz bench asan

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

lint: ## golangci-lint, at the version in tools/go.mod
	$(GO) tool -modfile=tools/go.mod golangci-lint run ./...

asan: ## the C side under the address sanitizer
	ASAN_OPTIONS=detect_leaks=0 $(GO) test -asan -count=1 ./bridge/internal/cpython ./bridge

golden: ## make the golden files anew, by the reference alone
	$(DEV) testdata/golden/generate.py

golden-check: golden ## fail if the reference now says something else
	git diff --exit-code testdata/golden

lock: ## compile the hash locks from the .in files
	$(DEV) -m uv pip compile --universal --generate-hashes --python-version 3.11 --custom-compile-command "make lock" \
		--quiet --output-file requirements.txt requirements.in
	$(DEV) -m uv pip compile --universal --generate-hashes --python-version 3.11 --custom-compile-command "make lock" \
		--quiet --output-file requirements-dev.txt requirements.in requirements-dev.in

fuzz: ## FUZZ=1h for a long run
	$(GO) test -run '^$$' -fuzz FuzzParseReply -fuzztime $(FUZZ) ./bridge/internal/wire
