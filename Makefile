# mgrd: `make help` lists the targets. Everything that is built goes under build/.

VERSION = 0.1.0
SOVERSION = 0

PREFIX ?= /usr/local
DESTDIR ?=
CC = gcc
CLANG = clang
VARIANT ?= release
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

# What Debian 12 must have; `make deps` installs what is missing.
DEPS_BUILD = build-essential pkg-config gawk protobuf-c-compiler libprotobuf-c-dev libprotobuf-dev libevent-dev \
  libyaml-dev libssl-dev libedit-dev libbsd-dev libsystemd-dev libisal-dev
DEPS_CHECK = check clang libclang-rt-14-dev python3 python3-protobuf protobuf-compiler python3-yaml jq valgrind
DEPS_LINT = git check clang clang-format clang-tidy cppcheck systemd
DEPS_BENCH = redis-server python3
DEPS_COVER = gcovr

PKGS = libevent_core libprotobuf-c yaml-0.1 libcrypto libsystemd libisal
CLI_PKGS = libedit
GEN = build/gen
Q = $(if $(V),,@)
O = build/obj/$(VARIANT)
B = $(if $(filter release,$(VARIANT)),build,build/$(VARIANT))

# ---- flags ------------------------------------------------------------------------------------
WARN = -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
  -Wformat=2 -Wimplicit-fallthrough -Werror
CPPFLAGS_ALL = -I. -I$(GEN) -D_GNU_SOURCE -DMGRD_VERSION='"$(VERSION)"' $(CPPFLAGS)
HARDEN = -fstack-protector-strong -fstack-clash-protection -fcf-protection
FLAGS_release = -DMEM_SLABS -O3 -g -D_FORTIFY_SOURCE=2 $(HARDEN)
FLAGS_asan = -DMGRD_TEST_BUILD -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FLAGS_cover = -DMGRD_TEST_BUILD -O0 -g --coverage -fprofile-update=atomic
FLAGS_fuzz = -O1 -g -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all -fno-omit-frame-pointer
# -ffp-contract=off: the same commands give the same floats on every machine
CFLAGS_ALL = -std=c17 -fPIC -fvisibility=hidden -ffp-contract=off $(WARN) $(FLAGS_$(VARIANT)) $(CFLAGS)
LDFLAGS_ALL = -pie $(FLAGS_$(VARIANT)) -Wl,-z,relro,-z,now,-z,noexecstack $(LDFLAGS)
LIBS = $(shell pkg-config --libs $(PKGS))
CLI_LIBS = $(shell pkg-config --libs $(CLI_PKGS))
CHECK_LIBS = $(shell pkg-config --libs check)
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) $(CLI_PKGS) 2>/dev/null)

# ---- sources: the folders are the architecture ---------------------------------------------------
PROTO = $(wildcard proto/*.proto)
GENERATED = $(GEN)/wire.pb-c.h $(GEN)/args.h $(GEN)/ops_numbers.h $(GEN)/type_help.h $(GEN)/mgr_ops.h $(GEN)/mgr_status.h
WIRE_SRC = $(wildcard wire/*/*.c)
DAEMON_SRC = $(filter-out daemon/main.c,$(wildcard daemon/*.c daemon/*/*.c daemon/*/*/*.c))
CLIENT_SRC = $(wildcard client/*.c)
CLI_SRC = $(filter-out cli/main.c,$(wildcard cli/*.c cli/*/*.c))
BENCH_SRC = $(filter-out bench/main.c bench/slow_sync.c bench/op_names.c,$(wildcard bench/*.c))
SUPPORT_SRC = $(wildcard tests/support/*.c)
UNIT_SRC = $(wildcard tests/unit/test_*.c)
FUZZERS = $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
E2E_PROGRAMS = $(patsubst tests/e2e/%.c,%,$(wildcard tests/e2e/*.c))
EXAMPLES = $(patsubst examples/%.c,%,$(wildcard examples/*.c))

obj = $(patsubst %.c,$(O)/%.o,$(1))
WIRE_OBJ = $(call obj,$(WIRE_SRC)) $(O)/gen/wire.pb-c.o
# the released daemon is optimised as a whole, from objects of its own: the way of a request crosses many files
WHOLE = $(if $(filter release,$(VARIANT)),$(O)/whole,$(O))
WHOLE_OBJ = $(patsubst %.c,$(WHOLE)/%.o,daemon/main.c $(DAEMON_SRC) $(WIRE_SRC) gen/wire.pb-c.c)
DAEMON_OBJ = $(call obj,$(DAEMON_SRC))
CLIENT_OBJ = $(call obj,$(CLIENT_SRC)) $(O)/gen/mgr_ops.o
CLI_OBJ = $(call obj,$(CLI_SRC))
BENCH_OBJ = $(call obj,$(BENCH_SRC))

# ---- building ------------------------------------------------------------------------------------
.PHONY: all
all: $(B)/mgrd $(B)/mgrctl $(B)/libmgr.so $(B)/libmgr.a $(B)/mgr-bench \
  $(patsubst %,$(B)/examples/%,$(EXAMPLES)) \
  $(patsubst docs/%,$(B)/man/%,$(wildcard docs/*.[1358])) ## build the programs, the library, the manual pages

$(B)/mgrd: $(WHOLE_OBJ)
	@echo '  LD    $@'
	+$(Q)$(CC) $(LDFLAGS_ALL) $(if $(filter release,$(VARIANT)),$(LTO) -ffp-contract=off) -o $@ $^ $(LIBS)
$(B)/mgrctl: $(O)/cli/main.o $(CLI_OBJ) $(CLIENT_OBJ) $(WIRE_OBJ)
	@echo '  LD    $@'
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS) $(CLI_LIBS)
# one object in which all but the public names are local: a program's own names may be anything
$(B)/libmgr.a: $(CLIENT_OBJ) $(WIRE_OBJ)
	$(Q)ld -r -o $(O)/libmgr.o $^ && objcopy --localize-hidden $(O)/libmgr.o
	$(Q)rm -f $@ && ar rcs $@ $(O)/libmgr.o
$(B)/libmgr.so.$(SOVERSION): $(CLIENT_OBJ) $(WIRE_OBJ) client/libmgr.map
	@echo '  LD    $@'
	$(Q)$(CC) -shared $(FLAGS_$(VARIANT)) -Wl,-z,relro,-z,now -Wl,-soname,libmgr.so.$(SOVERSION) \
	  -Wl,--version-script=client/libmgr.map -o $@ $(filter %.o,$^) $(shell pkg-config --libs libprotobuf-c libcrypto)
$(B)/libmgr.so: $(B)/libmgr.so.$(SOVERSION)
	$(Q)ln -sf $(notdir $<) $@
$(B)/mgr-bench: $(O)/bench/main.o $(BENCH_OBJ) $(WIRE_OBJ)
	@echo '  LD    $@'
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)
$(B)/op_names: $(O)/bench/op_names.o $(WIRE_OBJ)
	@echo '  LD    $@'
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)
# for the servers that are measured, not for mgr-bench
$(B)/slow_sync.so: bench/slow_sync.c
	@mkdir -p $(@D)
	@echo '  LD    $@'
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -shared $(LDFLAGS) -o $@ $<
$(B)/examples/%: $(O)/examples/%.o $(B)/libmgr.a
	@mkdir -p $(@D)
	@echo '  LD    $@'
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

$(B)/man/%: docs/% scripts/man.sh $(B)/mgrd $(B)/mgrctl $(B)/mgr-bench
	@mkdir -p $(@D)
	$(Q)scripts/man.sh $(VERSION) $< $(B) > $@.new && mv $@.new $@

# what users of the library write: <mgr.h> and nothing else of ours
$(O)/examples/%.o $(O)/tests/e2e/%.o: CPPFLAGS_ALL += -Iclient
$(B)/e2e/%: $(O)/tests/e2e/%.o $(B)/libmgr.a
	@mkdir -p $(@D)
	@echo '  LD    $@'
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS) -lpthread

LTO = -flto=auto
$(O)/whole/%.o: CFLAGS_ALL += $(LTO)
$(O)/whole/gen/%.o: $(GEN)/%.c | $(GENERATED)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(filter-out -W%,$(CFLAGS_ALL)) -w -MMD -MP -c -o $@ $<
$(O)/whole/%.o: %.c | $(GENERATED)
	@mkdir -p $(@D) $(B)
	@echo '  CC    $<'
	$(Q)$(CC) $(CPPFLAGS_ALL) $(PKG_CFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<
$(O)/%.o: %.c | $(GENERATED)
	@mkdir -p $(@D) $(B)
	@echo '  CC    $<'
	$(Q)$(CC) $(CPPFLAGS_ALL) $(PKG_CFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<
# generated by protoc-c: not ours to warn about
$(O)/gen/%.o: $(GEN)/%.c | $(GENERATED)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(filter-out -W%,$(CFLAGS_ALL)) -w -MMD -MP -c -o $@ $<

$(GEN)/wire.proto: $(PROTO) scripts/view.awk
	@mkdir -p $(GEN)
	$(Q)awk -v out=$(GEN) -f scripts/view.awk $(PROTO)
$(GEN)/args.h $(GEN)/ops_numbers.h $(GEN)/type_help.h: $(GEN)/wire.proto ;
$(GEN)/wire.pb-c.c: $(GEN)/wire.proto
	$(Q)protoc-c --c_out=$(GEN) -I $(GEN) -I /usr/include $<
$(GEN)/wire.pb-c.h: $(GEN)/wire.pb-c.c ;
$(GEN)/mgr_ops.h: $(PROTO) wire/proto/ops.def scripts/calls.awk
	@mkdir -p $(GEN)
	$(Q)awk -v part=header -f scripts/calls.awk wire/proto/ops.def $(PROTO) > $@.new && mv $@.new $@
$(GEN)/mgr_ops.c: $(PROTO) wire/proto/ops.def scripts/calls.awk
	@mkdir -p $(GEN)
	$(Q)awk -v part=source -f scripts/calls.awk wire/proto/ops.def $(PROTO) > $@.new && mv $@.new $@
$(GEN)/mgr_status.h: wire/proto/errors.def scripts/status.awk
	@mkdir -p $(GEN)
	$(Q)awk -f scripts/status.awk wire/proto/errors.def > $@.new && mv $@.new $@
# one suite per test file: the list is the folder
$(GEN)/suites.h: $(UNIT_SRC)
	@mkdir -p $(GEN)
	$(Q)printf '%s\n' $(UNIT_SRC) | sed 's|.*/test_\(.*\)\.c|SUITE(\1)|' > $@

-include $(wildcard build/obj/$(VARIANT)/*/*.d build/obj/$(VARIANT)/*/*/*.d build/obj/$(VARIANT)/*/*/*/*.d build/obj/$(VARIANT)/*/*/*/*/*.d)

.PHONY: asan
asan: ## build everything with the address and undefined-behaviour sanitizers, under build/asan
	+$(MAKE) VARIANT=asan all

# ---- running ---------------------------------------------------------------------------------------
.PHONY: run
run: deps-build ## install what is missing, build, start mgrd in the foreground
	+$(MAKE) all
	@scripts/run.sh

# ---- testing ---------------------------------------------------------------------------------------
FUZZ_SECONDS ?= 5
SOAK_CALLS ?= 2000000
SECONDS ?= 600
SEED ?=
UNIT_OBJ = $(call obj,tests/unit/runner.c $(UNIT_SRC) $(SUPPORT_SRC)) $(DAEMON_OBJ) $(CLI_OBJ) $(BENCH_OBJ) $(CLIENT_OBJ) \
  $(WIRE_OBJ)
UNIT_LIBS = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc $(LIBS) $(CLI_LIBS) $(CHECK_LIBS)
$(B)/unit: $(UNIT_OBJ)
	@echo '  LD    $@'
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(UNIT_LIBS)
$(O)/tests/unit/runner.o: $(GEN)/suites.h

# mutants: programs with one defect, tests/mutants/NAME.patch, each for the tests that must notice it. Only what the patch
# changes is compiled; the linker takes all else from the archives.
MUTANTS = $(wildcard tests/mutants/*.patch)
mutants_for = $(patsubst tests/mutants/%.patch,build/mutants/%/$(2),$(shell grep -l '^Noticed by:.* tests/$(1)/' $(MUTANTS)))
.PHONY: mutants mutant-programs
mutants: ## build the daemons and unit tests with a defect on purpose (tests/mutants)
	+$(MAKE) VARIANT=asan mutant-programs
ifeq ($(VARIANT),asan)
mutant-programs: $(call mutants_for,e2e,mgrd) $(call mutants_for,unit,unit) $(B)/unit # and the tests without a defect
build/mutants/daemon.a: $(WHOLE_OBJ)
build/mutants/unit.a: $(UNIT_OBJ)
build/mutants/%.a:
	@mkdir -p $(@D)
	$(Q)rm -f $@ && ar rcsT $@ $^
build/mutants/%/objects: tests/mutants/%.patch scripts/mutant.sh build/mutants/daemon.a
	@echo '  CC    $<'
	$(Q)scripts/mutant.sh $* $(CC) $(CPPFLAGS_ALL) $(PKG_CFLAGS) $(CFLAGS_ALL) && touch $@
build/mutants/%/mgrd: build/mutants/%/objects build/mutants/daemon.a
	@echo '  LD    $@'
	$(Q)$(CC) $(LDFLAGS_ALL) -Wl,--strip-debug -o $@ $(@D)/*.o build/mutants/daemon.a $(LIBS)
build/mutants/%/unit: build/mutants/%/objects build/mutants/unit.a
	@echo '  LD    $@'
	$(Q)$(CC) $(LDFLAGS_ALL) -Wl,--strip-debug -o $@ $(@D)/*.o build/mutants/unit.a $(UNIT_LIBS)
.PRECIOUS: build/mutants/%/objects
endif

.PHONY: e2e-programs
e2e-programs: $(patsubst %,$(B)/e2e/%,$(E2E_PROGRAMS))
.PHONY: check unit e2e chaos soak fuzz-short layering journal-fixtures
check: deps-check ## install what is missing, build, run every test
	+$(MAKE) all e2e-programs
	+$(MAKE) VARIANT=asan all e2e-programs mutant-programs
	scripts/e2e.sh
	/usr/bin/python3 -B bench/instructions.py --gate
	+$(MAKE) fuzz FUZZ_SECONDS=$(FUZZ_SECONDS)
	+$(MAKE) unit
unit: ## run the unit tests (SUITE="name ..." for some of them)
	+$(MAKE) VARIANT=asan build/asan/unit
	UBSAN_OPTIONS=print_stacktrace=1 scripts/unit.sh build/asan/unit $(SUITE)
journal-fixtures: ## write the journals of the current format in tests/fixtures anew, and read them
	+$(MAKE) VARIANT=asan build/asan/unit
	mkdir -p tests/fixtures
	MGRD_MAKE_FIXTURES=1 scripts/unit.sh build/asan/unit journal_fixtures
e2e: ## run the end-to-end tests (E2E=name for one of them)
	+$(MAKE) all e2e-programs
	+$(MAKE) VARIANT=asan all e2e-programs mutant-programs
	scripts/e2e.sh $(E2E)
chaos: deps-check ## the crash loop for SECONDS (SEED=, SECONDS=600)
	+$(MAKE) all e2e-programs
	E2E_TIMEOUT=$$(($(SECONDS) + 300)) SECONDS=$(SECONDS) SEED=$(SEED) scripts/e2e.sh chaos
soak: deps-check ## the long tests: histories of millions of calls, leases of a minute (SOAK_CALLS=N)
	+$(MAKE) all e2e-programs
	+$(MAKE) VARIANT=asan all e2e-programs mutant-programs
	E2E_TIMEOUT=7200 CALLS=$(SOAK_CALLS) FEWER=$(SOAK_CALLS) scripts/e2e.sh histories
	E2E_TIMEOUT=3600 CALLS=20000 scripts/e2e.sh planted
	E2E_TIMEOUT=3600 CLIENTS=1000 scripts/e2e.sh buffers
	E2E_TIMEOUT=3600 CONNECTIONS=1000 scripts/e2e.sh waiting_cut
	E2E_TIMEOUT=3600 LEASE_MS=60000 WAITERS=50000 LOCKS=100000 scripts/e2e.sh waiting_crowd
layering: ## check that dependencies point one way
	scripts/layering.sh

build/fuzz/bin/%: $(call obj,tests/fuzz/%.c) $(DAEMON_OBJ) $(CLIENT_OBJ) $(WIRE_OBJ) $(call obj,$(SUPPORT_SRC))
	@mkdir -p $(@D)
	@echo '  LD    $@'
	$(Q)$(CC) $(LDFLAGS_ALL) -fsanitize=fuzzer -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc -o $@ $^ $(LIBS) $(CHECK_LIBS)
.SECONDARY: $(call obj,$(FUZZERS:%=tests/fuzz/%.c))
.PHONY: fuzz fuzz-build
fuzz-build:
	+$(MAKE) VARIANT=fuzz CC='$(CLANG)' $(patsubst %,build/fuzz/bin/%,$(FUZZERS))
fuzz: fuzz-build ## run every fuzzer for FUZZ_SECONDS (60 with FUZZ_SECONDS=60)
	scripts/fuzz.sh $(FUZZ_SECONDS) $(FUZZERS)

.PHONY: cover
cover: deps-cover ## branch coverage of wire/, engine/ and objects/
	scripts/cover.sh

ROUNDS ?= 5
ONLY ?=
COMPARE = /usr/bin/python3 -B bench/compare.py --rounds $(ROUNDS) --only '$(ONLY)'
.PHONY: bench bench-gate bench-turns bench-instructions bench-picture deps-bench
bench: deps-bench ## measure against Redis (ROUNDS=5, ONLY=REGEX of rows, VALKEY=PROGRAM); results in build/bench
	+$(MAKE) all $(B)/slow_sync.so
	$(COMPARE)
bench-gate: deps-bench ## the same; fails when something is not as fast or small as it must be
	+$(MAKE) all $(B)/slow_sync.so
	$(COMPARE) --gate
bench-turns: deps-bench ## the longest turn of each operation at its largest (ONLY=REGEX of operations); fails above 50 ms
	+$(MAKE) all $(B)/op_names
	/usr/bin/python3 -B bench/turns.py --only '$(ONLY)'
bench-instructions: deps-check ## count the instructions of a request; fails when it takes more than docs/performance.md says
	+$(MAKE) all
	/usr/bin/python3 -B bench/instructions.py --gate
bench-picture: ## draw docs/performance.svg from the last results
	/usr/bin/python3 -B bench/picture.py build/bench/results.json > build/bench/performance.svg
	mv build/bench/performance.svg docs/performance.svg

# ---- keeping it clean --------------------------------------------------------------------------------
SOURCES = $(wildcard *.c */*.c */*.h */*/*.c */*/*.h */*/*/*.c */*/*/*.h)
OURS = $(filter-out build/%,$(SOURCES))
.PHONY: lint format
lint: deps-lint ## both compilers, cppcheck, clang-tidy, format, layering, the unit file
	+$(MAKE) $(GENERATED) $(GEN)/suites.h
	mkdir -p build
	scripts/lint.sh
format: ## format all sources
	clang-format -i $(OURS)

# ---- installing ----------------------------------------------------------------------------------------
.PHONY: install
install: all ## install under DESTDIR/PREFIX
	DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' VERSION='$(VERSION)' SOVERSION='$(SOVERSION)' scripts/install.sh
.PHONY: uninstall
uninstall: ## remove what install put there; a changed configuration and the state stay
	DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' scripts/uninstall.sh

.PHONY: deps-build deps-check deps-lint deps-cover
deps-build:
	@scripts/deps.sh $(DEPS_BUILD)
deps-check:
	@scripts/deps.sh $(DEPS_BUILD) $(DEPS_CHECK)
deps-lint:
	@scripts/deps.sh $(DEPS_BUILD) $(DEPS_LINT)
deps-cover:
	@scripts/deps.sh $(DEPS_BUILD) $(DEPS_CHECK) $(DEPS_COVER)
deps-bench:
	@scripts/deps.sh $(DEPS_BUILD) $(DEPS_BENCH)

.PHONY: clean help
clean: ## remove build/
	rm -rf build
help: ## show this
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "%-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
