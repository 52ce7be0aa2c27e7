# The front door: each target is one script of tools/ or one CMake preset. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# Another LibTorch 2.13: its share/cmake (or share/cmake/Torch) folder; .venv is then neither made nor looked at.
TORCH_DIR ?= $(CURDIR)/.venv/torch/share/cmake
# A Python environment that already holds tools/requirements-parity.txt may be named here; it is then used as it is.
PARITY_VENV ?= $(CURDIR)/.venv-parity
RECIPE ?= configs/gemma4_embedder.json
CMAKE_FLAGS ?=
FUZZ_SECONDS ?= 60
# Processors find their packages in this Python, which `make setup` makes. The parity environment has those too, and LiteRT and onnxruntime.
ifeq ($(origin VERNIER_PYTHON),undefined)
VERNIER_PYTHON = $(CURDIR)/.venv-processor/bin/python
parity bench-table bench-e2b speed smoke-compare minilm minilm-compare presets against: VERNIER_PYTHON = $(PARITY_VENV)/bin/python
endif
export TORCH_DIR PARITY_VENV VERNIER_PYTHON

# Objects are shared between presets and checkouts through ccache, where it is installed.
export CCACHE_BASEDIR ?= $(CURDIR)
export CCACHE_NOHASHDIR ?= 1
export CCACHE_SLOPPINESS ?= pch_defines,time_macros

build = cmake --preset $(1) $(CMAKE_FLAGS) && cmake --build --preset $(1)

.PHONY: help setup setup-parity setup-asan release dev demo recipes test parity bench bench-table bench-memory bench-second bench-e2b speed smoke-compare minilm minilm-compare presets gemma4 fuzz kills mutations signals asan tsan tsan-short install format tidy coverage against clean

help: ## print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: ## install what is missing: Debian packages, Python packages into .venv-processor, LibTorch into .venv
	@tools/setup.sh

setup-parity:
	@tools/setup.sh parity
	@tools/python_env.sh $(PARITY_VENV) tools/requirements-parity.txt

setup-asan:
	@tools/setup.sh asan

release: setup ## build/release: what users run
	@$(call build,release)

dev: setup
	@$(call build,dev)

demo: release ## run RECIPE (configs/gemma4_embedder.json) and say where the results are
	@tools/run_recipe.sh $(RECIPE)

recipes: release ## run every recipe of configs/
	@tools/run_recipe.sh configs/*.json

test: dev ## build with warnings as errors and run every test
	@ctest --preset dev

parity: release setup-parity ## compare with TICO and transformers, live, in .venv-parity
	@tools/make_checkpoint.sh minilm
	@$(PARITY_VENV)/bin/python -m pytest -q -p no:cacheprovider tests/parity

bench: dev ## measure the kernels and the op set against LibTorch
	@tools/bench.sh

bench-table: release setup-parity ## quantize a table of 4.7 GB in TABLE_DIR (10 GB; build/table) and compare with cp
	@$(PARITY_VENV)/bin/python tests/bench/table/bench_table.py build/release/bin/vernier $(or $(TABLE_DIR),build/table)

bench-memory: release ## hold what plan says of memory to what runs take, on recipes of 0.1 to 4 GB (3 GB in build/memory)
	@tests/bench/memory/bench_memory.py build/release/bin/vernier build/memory

bench-second: release ## time a second run of three recipes that takes over what the first kept in a journal
	@tools/make_checkpoint.sh minilm
	@tools/make_checkpoint.sh gemma4_e2b_embedder
	@tests/bench/second_run.py

bench-e2b: release setup-parity ## quantize a Gemma4 of E2B's size in E2B_DIR (16 GB; build/e2b), hold time and memory (half an hour)
	@$(PARITY_VENV)/bin/python tests/bench/gemma4_e2b/bench_e2b.py build/release/bin/vernier $(or $(E2B_DIR),build/e2b)

speed: release setup-parity ## time `vernier run` against TICO's scripts, process by process
	@tools/make_checkpoint.sh gemma4_e2b_embedder
	@$(PARITY_VENV)/bin/python tests/bench/compare_tico.py

smoke-compare: release setup-parity ## time `vernier smoke` against TICO on the same wrappers, process by process (four minutes)
	@$(PARITY_VENV)/bin/python tests/bench/compare_smoke.py

minilm: release setup-parity ## quantize a trained sentence encoder, run the files in LiteRT and onnxruntime, print a table
	@tools/make_checkpoint.sh minilm
	@$(PARITY_VENV)/bin/python tools/minilm.py

presets: release setup-parity ## quantize two trained models with each preset, write what became of them into the presets
	@tools/make_checkpoint.sh minilm
	@tools/presets.py

gemma4: release ## quantize a trained Gemma4 in five ways, run the files on all its questions, print tables (some minutes)
	@tools/gemma4.py

minilm-compare: release setup-parity ## the same against onnxruntime's quantize_static and ai-edge-quantizer, process by process
	@tools/make_checkpoint.sh minilm
	@$(PARITY_VENV)/bin/python tests/bench/compare_minilm.py

mutations: release ## run on 10,000 damaged libraries, 3,000 recipes, 2,000 checkpoints, 2,000 model files (an hour)
	@tests/mutations/test_mutate.py
	@tests/mutations/mutate.py --libraries 10000 --recipes 3000 --checkpoints 2000 --files 2000

kills: release ## kill 200 runs at random moments, and 20 of a whole model's folder, and look at what they leave
	@tests/kills/kill_runs.py --count 200 --folders 20

asan: setup-asan ## test everything that does not link LibTorch under ASan and UBSan
	@$(call build,asan-ubsan) && rm -rf build/asan-ubsan/profiles && \
	  LLVM_PROFILE_FILE=$(CURDIR)/build/asan-ubsan/profiles/%m.profraw ctest --preset asan-ubsan

coverage: asan ## print which lines of each room of core those tests run; fails below a target
	@tools/coverage.py build/asan-ubsan --strict

tsan: setup-asan ## test the same under TSan, whole sessions on the reference device included
	@$(call build,tsan) && ctest --preset tsan

tsan-short: setup-asan ## test under TSan what runs on several threads: sessions, their calls, thread pools
	@$(call build,tsan-short) && ctest --preset tsan-short

fuzz: setup-asan ## run each fuzzer for FUZZ_SECONDS (60)
	@$(call build,asan-ubsan) && tools/fuzz.sh $(FUZZ_SECONDS)

signals: dev ## send 200 signals to runs at random moments and print what became of each kind
	@VERNIER_TEST_SIGNALS=200 build/dev/bin/vernier_torch_tests --gtest_filter='Signals*'

install: release ## install into PREFIX (/usr/local)
	@cmake --install build/release --prefix $(or $(PREFIX),/usr/local)

format: ## format the C and C++ files that git tracks
	@tools/format.sh

tidy: dev setup-asan ## run clang-tidy on all files; tools/tidy.py --changed looks at new lines only
	@tools/tidy.py

against: release setup-parity ## compare files, time and memory with a release build of REV (ce7a51f), PAIRS=11 runs each
	@tools/make_checkpoint.sh minilm
	@tools/make_checkpoint.sh gemma4_e2b_embedder
	@tools/against.py $(or $(REV),ce7a51f) --pairs $(or $(PAIRS),11)

clean: ## remove build/ and out/; the Python environments stay
	@rm -rf build out
