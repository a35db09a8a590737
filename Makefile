# Everything a developer runs; `make help` lists it. `make test` needs Go, a C compiler and make: the
# Python tools come from managed environments in the user cache. A target that needs more says so.
GO      ?= go
MTOK    := $(GO) run ./cmd/mtok
# Evaluated where they are used: building an environment takes a while, once.
environment = $(or $(shell $(MTOK) setup $(1) --print-python),$(error the environment was not built: mtok setup $(1)))
DEV     = $(eval DEV := $(call environment,--name dev --requirements tools/locks/dev.txt))$(DEV)
CONF    = $(eval CONF := $(call environment,--name conformance --requirements tools/locks/conformance.txt))$(CONF)
V11     = $(eval V11 := $(call environment,--with vllm=0.11.2))$(V11)
VNEW    = $(eval VNEW := $(call environment,--with vllm))$(VNEW)
LOAD    = $(eval LOAD := $(call environment,--name load --requirements tools/locks/load.txt))$(LOAD)
CLIENTS = $(eval CLIENTS := $(call environment,--name clients --requirements tools/locks/clients.txt))$(CLIENTS)
FORMATS = $(eval FORMATS := $(call environment,--name formats --requirements tools/locks/formats.txt))$(FORMATS)
FUZZ    ?= 20s
# The laws take Python tens of milliseconds each.
LAWS    ?= $(FUZZ)
# Test tools beside environments that have none.
TOOLS11 = build/v11/.installed
TOOLS   = build/vnew/.installed
BUF     = $(GO) tool -modfile=tools/go.mod buf
PROTO   = proto
LOCKING = --universal --generate-hashes --python-version 3.11 --quiet
LOCK    = $(DEV) -m uv pip compile $(LOCKING) --custom-compile-command "make lock"

# vLLM logs to stdout by default.
export VLLM_LOGGING_STREAM = ext://sys.stderr

.PHONY: help setup environments test test-go test-py test-page parity-test parity matrix matrix-short parity-mistral parity-vllm parity-vllm-old parity-server vllm-models vllm-models-check golden-server test-vllm parity-suite quickstart space conformance \
	lint asan golden golden-check lock lock-newest lock-check fuzz bench chaos bulk-chaos limits soak test-pool clients clients-vllm formats stress load proto proto-check slurm-test deploy-test user-module llmd-test s3-test image image-vllm nocgo arm64 arm64-short release release-check FORCE

help:
	@sed -n 's/^\([a-z0-9-]*\):.* ## /\1\t/p' Makefile | expand -t 18

setup: ## build the environment that the bridge runs on
	$(MTOK) setup

environments: space $(TOOLS11) $(TOOLS) ## build every environment that some target needs, vLLM's too
	$(MTOK) setup
	@for python in "$(DEV)" "$(CONF)" "$(CLIENTS)" "$(FORMATS)" "$(LOAD)" "$(V11)" "$(VNEW)"; do "$$python" --version; done

$(TOOLS11): tools/locks/test.txt locks/vllm-0.11.2.txt | space
$(TOOLS): tools/locks/test.txt locks/vllm.txt | space
$(TOOLS11) $(TOOLS):
	$(DEV) -m uv pip install -q --no-deps --require-hashes --target $(@D) --python "$(if $(findstring v11,$@),$(V11),$(VNEW))" -r tools/locks/test.txt
	touch $@

# Each part runs whatever became of the others.
test: setup ## vet, Go tests with the race detector, pytest, ruff, mypy
	@failed=; for part in test-go test-py; do $(MAKE) $$part || failed="$$failed $$part"; done; \
	echo "make test: $${failed:+FAILED in$$failed; }not run: $(ELSEWHERE)"; [ -z "$$failed" ]

# What .ci/run runs besides.
ELSEWHERE = test-page (needs Chromium), test-pool, lint, fuzz, asan, chaos, bulk-chaos, clients, formats, slurm-test, deploy-test, llmd-test, s3-test, conformance, \
	and with vLLM (20 GB) parity-test, parity-server, clients-vllm; where this user may make no namespaces, TestServe_process1

# What go test would vet by itself is a part of the first line. The packages that take longest begin first.
test-go:
	$(GO) vet ./...
	$(GO) test -race -vet=off -timeout 2h ./cmd/mtok ./cmd/internal/server ./...

test-py:
	@failed=; for tool in "ruff check ." "ruff format --check ." mypy pytest; do \
	echo "$$tool"; $(DEV) -m $$tool || failed="$$failed, $${tool%% *}"; done; [ -z "$$failed" ] || { echo "failed: $${failed#, }"; exit 1; }

test-page: ## the server's page, and that of mtok bulk stats, in a real browser; needs Chromium
	@command -v chromium >/dev/null || { echo "test-page needs Chromium: a program named chromium on PATH, as in Debian's package chromium" >&2; exit 1; }
	$(GO) vet -tags browser ./cmd/internal/page ./cmd/internal/bulk/statspage
	$(GO) test -count=1 -timeout 30m -tags browser ./cmd/internal/page ./cmd/internal/bulk/statspage

parity-test: parity parity-suite ## Go against Python, request by request, on mistral_common and both vLLMs

parity: parity-mistral parity-vllm parity-vllm-old

parity-mistral: bin/mtok
	$(DEV) testdata/parity/run.py --corrupt --target mistral_common -- bin/mtok exec --typed --python $(DEV)
	$(DEV) testdata/parity/run.py --target mistral_common -- bin/mtok exec --typed --python $(DEV)
	$(DEV) testdata/parity/run.py --target mistral_common -- bin/mtok exec --backend pool --workers 2 --python $(DEV)

parity-vllm: bin/mtok test-vllm
	VLLM_LOGGING_LEVEL=CRITICAL PYTHONPATH=build/v11 $(V11) testdata/parity/run.py --report bin/parity-vllm-0.11.2.json --target vllm-0.11.2 -- bin/mtok exec --typed --python $(V11)
	VLLM_LOGGING_LEVEL=CRITICAL PYTHONPATH=build/vnew $(VNEW) testdata/parity/run.py --report bin/parity-vllm.json --target vllm -- bin/mtok exec --typed --python $(VNEW)

parity-server: space vllm-models-check ## the server's answers beside those of vLLM's and mistral_common's real servers
	$(DEV) testdata/parity/server.py --start $(VNEW) --tokenizer v3-tekken --models m,alias --corrupt
	$(DEV) testdata/parity/server.py --start $(VNEW) --tokenizer v3-tekken --models m,alias --generated 1000
	$(DEV) testdata/parity/server.py --start $(VNEW) --tokenizer v3 --models m,alias --generated 1000
	$(DEV) testdata/parity/server.py --start $(VNEW) --tokenizer v3-tekken-mm --models m,alias --media
	$(DEV) testdata/parity/server.py --start $(VNEW) --tokenizer v7-mm --models m,alias --media
	VLLM_LOGGING_LEVEL=CRITICAL $(VNEW) testdata/parity/server.py --start $(VNEW) --flavour vllm --tokenizer v3-tekken-mm --models m,alias
	$(DEV) testdata/parity/server_tokenizers.py build/tokenizers
	$(DEV) testdata/parity/server.py --start $(VNEW) --tokenizer $(CURDIR)/build/tokenizers/merged/tekken.json --models m,alias --media
	VLLM_LOGGING_LEVEL=CRITICAL $(VNEW) testdata/parity/server.py --start $(VNEW) --flavour vllm --tokenizer $(CURDIR)/build/tokenizers/audio/tekken.json --models m,alias --media

# vLLM 0.11.2 as it was installed when it was new: its environment, with an earlier mistral-common in front.
OLD = build/v11-1.8.5
parity-vllm-old: bin/mtok $(TOOLS11) ## vLLM 0.11.2 with the mistral-common 1.8.5 of its day
	rm -rf $(OLD)
	"$$("$(V11)" -c 'import sys; print(sys._base_executable)')" -m venv --without-pip $(OLD)
	$(DEV) -m uv pip install -q --no-deps --python $(OLD)/bin/python mistral-common==1.8.5
	"$(V11)" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > $$(echo $(OLD)/lib/python3.*/site-packages)/rest.pth
	VLLM_LOGGING_LEVEL=CRITICAL PYTHONPATH=build/v11 $(OLD)/bin/python testdata/parity/run.py --report bin/parity-vllm-old.json --target vllm-0.11.2 -- bin/mtok exec --typed --python $(CURDIR)/$(OLD)/bin/python
	PYTHONPATH=build/v11 $(OLD)/bin/python testdata/parity/run.py --target mistral_common -- bin/mtok exec --typed --python $(CURDIR)/$(OLD)/bin/python

vllm-models: space ## take down what the real vLLM declares of its routes, for the answers without it
	VLLM_LOGGING_LEVEL=ERROR $(VNEW) testdata/parity/server_snapshot.py

vllm-models-check: space ## name what the vLLM in the lock declares otherwise than was taken down
	VLLM_LOGGING_LEVEL=ERROR $(VNEW) testdata/parity/server_snapshot.py --check

golden-server: space ## record what the real servers answer
	$(DEV) testdata/parity/server.py --start $(VNEW) --tokenizer v3-tekken --models m,alias --record testdata/golden/server/v3-tekken.json
	$(DEV) testdata/parity/server.py --start $(VNEW) --tokenizer v3 --models m,alias --longest 800 --record testdata/golden/server/v3.json
	$(DEV) testdata/parity/server.py --start $(VNEW) --tokenizer v3-tekken-mm --models m,alias --media --record testdata/golden/server/v3-tekken-mm.json

matrix: bin/mtok ## older mistral-commons, each against its own plain Python; writes docs/SUPPORT.md's table; 3 GB, once
	$(DEV) testdata/parity/matrix.py --write bin/mtok

matrix-short: bin/mtok ## three of them on a short corpus
	$(DEV) testdata/parity/matrix.py --short bin/mtok

test-vllm: $(TOOLS11) $(TOOLS) ## the tests that need the real vLLM, on both versions
	PYTHONPATH=build/v11 $(V11) -m pytest -m vllm
	MTOK_PYTHON=$(V11) $(GO) test -count=1 -tags vllm -run 'VLLM|TemplateJSON' ./bridge
	PYTHONPATH=build/vnew $(VNEW) -m pytest -m vllm
	MTOK_PYTHON=$(VNEW) $(GO) test -count=1 -tags vllm -run 'VLLM|TemplateJSON' ./bridge

parity-suite: bin/mtok ## mistral-common's own test suite, its calls routed through mtok exec
	$(CONF) -m pyshim.tests.conformance --exec "$(CURDIR)/bin/mtok exec --typed --python $(CONF)" --report bin/parity-suite.json --corrupt bin/corrupt.json

conformance: bin/mtok ## every adapter against the reference; needs go, cargo with cmake, node and npm
	mkdir -p dist
	PATH="$(CURDIR)/bin:$$PATH" mtok conformance --impl 'mtok exec' --impl 'mtok exec --backend pool --workers 2' --adapters adapters \
		--write docs/CONFORMANCE.md --write dist/conformance.html --write dist/conformance.xml

clients: bin/mtok ## openai, httpx, curl and grpcio against a real server
	MTOK=$(CURDIR)/bin/mtok $(CLIENTS) -m pytest testdata/clients

formats: bin/mtok ## mtok bulk beside pyarrow and datatrove
	MTOK=$(CURDIR)/bin/mtok $(FORMATS) -m pytest testdata/formats

clients-vllm: bin/mtok $(TOOLS) ## a real server's answers beside those of vLLM's functions, called directly
	MTOK=$(CURDIR)/bin/mtok PYTHONPATH=build/vnew $(VNEW) -m pytest -m vllm testdata/clients/test_against_vllm.py

load: bin/mtok space ## the figures of docs/LOAD.md: the server beside mistral_common's and vLLM's; alone on the machine
	bin/mtok load compare --mistral-common "$(LOAD)" --vllm "$(VNEW)" --write docs/LOAD.md

proto: ## generate the code of the gRPC services
	$(BUF) lint $(PROTO)
	$(BUF) generate $(PROTO) --template $(PROTO)/buf.gen.yaml

proto-check: proto ## fail if it is not what is committed
	git diff --exit-code $(PROTO)

slurm-test: ## mtok bulk as an array of a real Slurm; needs root, and Debian's slurm-wlm and munge
	@for program in sbatch slurmctld slurmd munged; do command -v $$program >/dev/null || { echo "slurm-test needs $$program: Debian's packages slurm-wlm and munge" >&2; exit 1; }; done
	$(GO) vet -tags slurm ./cmd/mtok
	$(GO) test -count=1 -tags slurm -run TestBulk_slurmArray -timeout 20m ./cmd/mtok

deploy-test: ## the container recipe and the manifests, by the code that reads them; and user-module
	cd deploy/test && $(GO) test -count=1 ./...

user-module: ## a module outside this one that imports the library: vendored, pie, race, c-shared, without cgo
	cd deploy/test && $(GO) test -count=1 ./user

llmd-test: ## the client of llm-d's contract against a real server
	cd integrations/llmd && $(GO) vet ./... && $(GO) test -count=1 ./...

s3-test: bin/mtok setup ## mtok bulk against a real S3 server and its faults
	$(GO) test -tags gcs,azure ./cmd/internal/bulk/object
	cd integrations/s3 && $(GO) vet ./... && MTOK=$(CURDIR)/bin/mtok $(GO) test -count=1 -timeout 20m ./...

# As root, with Debian's buildah, podman, crun and debootstrap, which no registry of images is needed for.
image: ## build the container image, and run it as the Kubernetes manifests do; needs root and buildah
	cd deploy/test && $(GO) test -count=1 -tags image -run 'TestImage_contents|TestImage_serves' -v -timeout 60m ./image

image-vllm: ## the same with vLLM's: 50 GB while it is built
	cd deploy/test && $(GO) test -count=1 -tags image -run TestVLLMImage_serves -v -timeout 90m ./image

quickstart: space ## the original script on the real vLLM 0.11.2; SEED=page.md runs the code blocks of a page as they are
	$(if $(SEED),PYTHONPATH=. $(V11) testdata/quickstart/extract.py $(SEED),\
	PYTHONPATH=. $(V11) testdata/quickstart/checks.py && PYTHONPATH=. $(V11) testdata/quickstart/heartbeat.py)

space: ## both vLLMs take up to 20 GB
	@if ! $(MTOK) setup --offline --with vllm=0.11.2 >/dev/null 2>&1 || ! $(MTOK) setup --offline --with vllm >/dev/null 2>&1; then \
	  free=$$(df -Pk "$${MTOK_CACHE:-$$HOME}" | awk 'NR == 2 { print int($$4 / 1048576) }'); \
	  if [ "$$free" -lt 22 ]; then echo "NOT RUN: the two vLLM environments take 20 GB, and $$free GB are free" >&2; exit 1; fi; \
	fi

bin/mtok: FORCE
	$(GO) build -o bin/mtok ./cmd/mtok

nocgo: ## without cgo: static programs for amd64 and arm64, the bridge and all types for other systems, the tokens of workers
	CGO_ENABLED=0 GOARCH=amd64 $(GO) build -o bin/nocgo-amd64 ./cmd/mtok
	CGO_ENABLED=0 GOARCH=arm64 $(GO) build -o bin/nocgo-arm64 ./cmd/mtok
	@for f in bin/nocgo-amd64 bin/nocgo-arm64; do ! readelf -lW $$f | grep -q INTERP || { echo "$$f is not static" >&2; exit 1; }; done
	@for os in darwin windows freebsd; do echo "$$os"; CGO_ENABLED=0 GOOS=$$os $(GO) build ./bridge || exit 1; done
	cd tools/typecheck && $(GO) run . -dir ../.. darwin windows freebsd
	@test "$$(bin/nocgo-$$($(GO) env GOARCH) count --python $(DEV) 'Hello, world!')" = 4 || { echo "count without cgo" >&2; exit 1; }
	bin/nocgo-$$($(GO) env GOARCH) doctor --python $(DEV)
	$(DEV) testdata/parity/run.py --target mistral_common -- bin/nocgo-$$($(GO) env GOARCH) exec --typed --python $(DEV)

arm64: ## the command on arm64 under emulation: bundle, goldens, parity, workers; needs root, debootstrap, qemu-user-static, a cross compiler
	PYTHON="$(DEV)" tools/arm64/check whole

arm64-short: ## the part of it that is made for CI
	PYTHON="$(DEV)" tools/arm64/check short

DIST ?= dist
release: ## mtok for amd64 and arm64, with cgo and static, with SBOMs and sums, into DIST; needs a C compiler for each
	tools/release/build $(DIST)

release-check: ## build the commit twice, in two directories and with two caches, and compare
	tools/release/build --check

FORCE:

lint: ## golangci-lint, at the version in tools/go.mod
	$(GO) tool -modfile=tools/go.mod golangci-lint run ./...

# What crosses the boundary under the sanitizer; what these leave out crosses it as others do, and is
# either Go and Python comparing megabytes or many processes, which the race detector's run has done.
NOT_ASAN = TestWithHub|TestWithOffline_besideAnother|TestOpen_secondPython|TestOpen_cancelled|TestOpen_unusablePython|TestRawJSON_deep|TestNormalize_tokens|TestFamilies_golden|^Fuzz
asan: ## the C side under the address sanitizer
	CGO_LDFLAGS="-Wl,--no-as-needed -lstdc++" $(GO) test -asan -short -count=1 -timeout 20m ./bridge/internal/cpython ./bridge/internal/sys ./bridge/internal/wire
	CGO_LDFLAGS="-Wl,--no-as-needed -lstdc++" $(GO) test -asan -short -count=1 -timeout 20m -skip '$(NOT_ASAN)' ./bridge

golden: ## let the reference make the golden files anew
	$(DEV) testdata/golden/generate.py
	$(DEV) -m testdata.golden.families
	$(DEV) -m testdata.schemas.generate

golden-check: golden ## fail if the reference now says something else
	git diff --exit-code testdata/golden testdata/schemas

# Each lock, and the files it is compiled from.
LOCKS = requirements.txt:requirements.in \
	tools/locks/dev.txt:requirements.in:tools/locks/dev.in \
	tools/locks/conformance.txt:requirements.in:tools/locks/dev.in:tools/locks/conformance.in \
	$(foreach name,test load clients formats,tools/locks/$(name).txt:tools/locks/$(name).in) \
	adapters/requirements.txt:adapters/requirements.in \
	$(foreach name,vllm vllm-0.11.2,locks/$(name).txt:locks/$(name).in)

lock: ## compile the hash locks from the .in files; pins stay but for UPGRADE="vllm ..."
	@for lock in $(LOCKS); do \
	  $(LOCK) $(addprefix --upgrade-package ,$(UPGRADE)) --output-file $${lock%%:*} $$(echo $${lock#*:} | tr : ' ') || exit 1; done
	$(MAKE) lock-check

lock-newest: ## name what is newer on the index than in the locks, and what is held back; changes no file
	$(DEV) testdata/locks/newest.py $(LOCKS) -- $(LOCKING)

lock-check: ## prove that every lock is complete: resolved anew from itself it comes to itself
	$(DEV) testdata/locks/prove.py requirements.txt locks/*.txt tools/locks/*.txt adapters/requirements.txt -- $(LOCKING)

# A package is compiled and linked once for all its targets. PARALLEL=1 where only the number of inputs counts: each worker
# starts a Python of its own and loads its own tokenizers, which costs more than 200 inputs to a law.
fuzz: ## FUZZ=1h for a long run, LAWS=1h for the laws of what is built on the tokens
	@mkdir -p bin; set -e; \
	build() { package=$$1; $(GO) test -c -vet=off -fuzz . -o bin/fuzz ./$$package; }; \
	fuzz() { time=$$1; shift; for target in "$$@"; do echo "$$package $$target, $$time"; \
	  (cd $$package && "$(CURDIR)/bin/fuzz" -test.run '^$$' -test.fuzz "^$$target\$$" -test.fuzztime $$time -test.fuzzminimizetime 10x \
	    $(if $(PARALLEL),-test.parallel $(PARALLEL)) -test.paniconexit0 -test.fuzzcachedir "$$($(GO) env GOCACHE)/fuzz/$$($(GO) list .)") || exit 1; done; }; \
	build bridge/internal/wire; fuzz $(FUZZ) FuzzParseReply; \
	build bridge/internal/pool/sched; fuzz $(FUZZ) FuzzScheduler; \
	build bridge/pyjson; fuzz $(FUZZ) FuzzAgainstEncodingJSON; \
	build bridge/mistral; fuzz $(FUZZ) FuzzParseChatCompletionRequest FuzzParseFamilies; \
	build bridge; fuzz $(FUZZ) FuzzAgainstPython FuzzRawParts; \
	fuzz $(LAWS) FuzzDetokenizer FuzzTokenBytes FuzzOffsets FuzzTruncate FuzzSplit FuzzSpans FuzzFitChat FuzzTexts

# The allocations of a call are counted without a detector, which allocates by itself.
test-pool: ## the bridge's tests on worker processes: one, which keeps the order of calls, and two; allocations without any
	$(GO) test -count=1 -run 'TestEncodeChat_allocations|TestExecutor_Do_allocations' ./bridge ./bridge/internal/executor
	MTOK_TEST_BACKEND=pool $(GO) test -short -skip '^Example_workers$$' -timeout 20m ./bridge
	MTOK_TEST_BACKEND=pool:2 $(GO) test -short -skip '^Example_workers$$' -timeout 20m ./bridge

# Where goroutines, processes and clocks meet, the cheap ones first. Not among them by default: what compares with the
# reference (STRESS=-all), the other packages (STRESS_PKGS=./...), and the race detector, which test-go has (STRESS=-race).
STRESS_N    ?= 10
STRESS_PKGS ?= ./async ./bridge/internal/executor ./bridge/internal/cpython ./cmd/internal/heartbeat ./cmd/internal/telemetry \
	./cmd/internal/engine ./cmd/internal/rpc ./bridge/internal/pool ./cmd/internal/server ./bridge
STRESS      ?= # more flags of cmd/internal/stress; -for 20m begins no run after 20 minutes
stress: ## tests of threads, processes and clocks STRESS_N times beside busy loops, on one processor and on all; STRESS_PKGS=./... for every package
	$(GO) build -o bin/stress ./cmd/internal/stress
	bin/stress -n $(STRESS_N) $(STRESS) $(STRESS_PKGS)

CHAOS ?= 20000
chaos: ## kill a worker for every hundred of CHAOS calls, where the ordinary tests do 600; attack servers of each kind
	$(GO) test -count=1 -timeout 20m -run 'TestAttacks|TestRun_endDuringAttacks' ./cmd/internal/server
	$(GO) test -count=1 -timeout 20m -run TestServe_SIGTERMDuringAttacks ./cmd/mtok
	MTOK_CHAOS=$(CHAOS) $(GO) test -count=1 -timeout 20m -run 'TestChaos|TestClose_underLoad|TestNoOrphans|TestMemory' -v ./bridge/internal/pool

BULK_ROUNDS ?= 40
bulk-chaos: setup ## kill mtok bulk at BULK_ROUNDS random points, where the ordinary tests do at three, and resume it each time
	TEST_BULK_ROUNDS=$(BULK_ROUNDS) $(GO) test -count=1 -timeout 30m -run TestBulk_killed -v ./cmd/mtok

SIEGE_ROUNDS ?= 2
limits: bin/mtok ## the settings of the Kubernetes manifests in a memory cgroup of their size, under the heaviest requests; needs root
	$(GO) build -o bin/siege ./cmd/internal/siege
	bin/siege limits -rounds $(SIEGE_ROUNDS)

SOAK_N ?= 200000
soak: bin/mtok ## SOAK_N mixed requests to a real server, which holds at their end what it held after the first fifth
	$(GO) build -o bin/siege ./cmd/internal/siege
	bin/siege soak -n $(SOAK_N)

bench: ## the figures of docs/BENCHMARKS.md; alone on the machine
	$(MTOK) bench --write docs/BENCHMARKS.md
	$(MTOK) bench --workers 2
	$(GO) test -run '^$$' -bench . -benchtime 2s ./bridge/internal/executor ./bridge
