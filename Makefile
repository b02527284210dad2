# HallPulse. `make demo` shows a county on this machine; `make test` checks everything. See CONTRIBUTING.md.
GO      ?= go
TOOLS   := $(CURDIR)/.tools
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
export CGO_ENABLED ?= 0

.PHONY: help build demo test needs vet lint unit browser fuzz fuzz-short torture torture-short bench cross raspberry clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 18

build: ## the four programs into bin/
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/...

demo: build ## a county of 3 halls and 5 stations on this machine
	bin/hallpulse-demo $(DEMO)

test: needs vet lint unit ## everything a change must pass, with the race detector

needs: ## what the tests need beyond Go (installs it where it may)
	bash .ci/needs

vet: ## gofmt and go vet
	@out=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$out" ]; then echo "not gofmt-ed: $$out"; exit 1; fi
	$(GO) vet ./...

lint: ## staticcheck and errcheck, pinned in tools/go.mod
	cd tools && GOBIN=$(TOOLS) $(GO) install tool
	$(TOOLS)/staticcheck ./...
	$(TOOLS)/errcheck -ignoretests ./...

unit: ## unit, end-to-end and browser tests with the race detector
	CGO_ENABLED=1 $(GO) test -race -timeout 15m ./...

browser: ## the browser tests alone; SHOTS=dir keeps their screenshots
	HALLPULSE_SHOTS=$(SHOTS) $(GO) test -count=1 -v -run "TestBrowser|TestManager" ./cmd/hallpulse-demo ./hub/web

fuzz: ## every decoder for 30 s
	bash .ci/fuzz 30s

fuzz-short: ## every decoder, two minutes in all
	bash .ci/fuzz --total 120

torture: build ## nothing lost, nothing twice: calm, kill -9, half-open, disk full, wrong clock
	bin/hallpulse-demo torture all

torture-short: build ## the same with short outages
	bin/hallpulse-demo torture --short all

bench: build ## the figures of docs/performance.md
	bash .ci/bench

cross: ## the gateway for arm64 and armv7, each trying itself under an emulated processor
	bash .ci/arm

raspberry: ## the arm64 gateway on an emulated Raspberry Pi 3, reporting to a hub here
	bash .ci/raspberry

clean: ## what a build made
	rm -rf bin .tools .cache demo-data torture-data raspberry-data
