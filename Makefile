# dfota: `make help` lists the targets.

# Always Lua 5.4 by its full name: if luarocks or lua-check is installed, plain `lua` is 5.1.
LUA     = lua5.4
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
SECONDS = 60
N       = 2000
MUTANTS = 200
SEED    = 1

# Only luaopen_dfota_core is exported; 64-bit file sizes and times on 32-bit systems too.
CORE    = -fvisibility=hidden -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64
# With -std=c11 alone the C library's headers hide most system functions.
DIALECT = -std=c11 -D_GNU_SOURCE
STRICT  = $(DIALECT) -Wall -Wextra -pedantic -Wcast-qual -Wshadow -Wundef -Wwrite-strings \
          -Wmissing-prototypes -Wstrict-prototypes
# Evaluated when a recipe runs, not before: `make demo` installs pkg-config first.
PKG_CFLAGS = $(shell pkg-config --cflags lua5.4 libserialport libmd)
PKG_LIBS   = $(shell pkg-config --libs libserialport libmd)

SOURCES = $(wildcard core/*.c)
OBJECTS = $(SOURCES:core/%.c=build/obj/%.o)
MODULE  = lua/dfota/core.so
SHIMS   = build/sysfs_shim.so build/fault_shim.so build/real_port_shim.so build/slow_sync_shim.so
WHERE   = DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" LMOD="$(LMOD)" CMOD="$(CMOD)"

all: $(MODULE)                          ## build the C core

# Never linked with -llua5.4: the interpreter that loads the module provides Lua.
$(MODULE): $(OBJECTS)
	@mkdir -p $(@D)
	$(CC) -shared $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

build/obj/%.o: core/%.c Makefile | found
	@mkdir -p $(@D)
	$(CC) $(STRICT) $(CORE) $(CFLAGS) -fPIC -MMD $(PKG_CFLAGS) -c -o $@ $<

-include $(OBJECTS:.o=.d)

# A deleted header may still be listed in the .d file of an older build.
core/%.h: ;

found:
	@pkg-config --exists lua5.4 libserialport libmd 2>/dev/null || \
	  { echo "Lua 5.4, libserialport or libmd is missing; type: make deps" >&2; exit 1; }

deps:                                   ## install what a run needs (apt), if it is missing
	@contrib/deps.sh run

deps-test:                              ## and what the tests need
	@contrib/deps.sh run test

deps-lint:                              ## and what lint, asan, valgrind, fuzz and the rock need
	@contrib/deps.sh run test lint

# The sub-make rereads this file, now that the packages are installed.
demo: deps                              ## update a simulated module, start to end
	@$(MAKE) --no-print-directory -s all
	@LUA=$(LUA) contrib/demo.sh

fleet-demo: deps                        ## update twelve simulated modules side by side, one of which fails
	@$(MAKE) --no-print-directory -s all
	@LUA=$(LUA) contrib/fleet_demo.sh

fleet-picture: deps                     ## docs/fleet.svg and docs/fleet-page.png: the demo's table and page
	@$(MAKE) --no-print-directory -s all
	@$(LUA) contrib/fleet_picture.lua

test: deps-test                         ## every spec, over both serial backends
	@$(MAKE) --no-print-directory -s all $(SHIMS)
	@LUA=$(LUA) contrib/specs.sh flows libserialport units

shims: $(SHIMS)

# Preloaded by specs: one lets libserialport open a pty, one makes system calls fail, one passes a pty off as a real
# port, one slows the disk.
build/%_shim.so: spec/support/%_shim.c
	@mkdir -p $(@D)
	$(CC) $(STRICT) $(CFLAGS) -fPIC -shared -o $@ $< -ldl

# Instrumented interpreters with the core built in: `require "dfota.core"` finds it there and not in
# lua/dfota/core.so, so that scripts started by the specs are covered as well.
HOST = spec/support/lua_host.c $(SOURCES)
SAN  = -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

build/asan/lua: $(HOST) $(wildcard core/*.h)
	@mkdir -p $(@D)
	gcc $(STRICT) $(CORE) $(SAN) -static-libasan -static-libubsan $(PKG_CFLAGS) -o $@ $(HOST) \
	  -Wl,-E $(PKG_LIBS) -llua5.4

build/cov/lua: $(HOST) $(wildcard core/*.h)
	@rm -rf $(@D) && mkdir -p $(@D)
	gcc $(STRICT) $(CORE) -g -O0 --coverage $(PKG_CFLAGS) -o $@ $(HOST) -Wl,-E $(PKG_LIBS) -llua5.4

# intercept_tls_get_addr=0: gcc 12's leak check sometimes crashes when it guesses where the
# thread-local data of loaded modules is ("Tracer caught signal 11").
asan: deps-lint                         ## the whole suite under ASan and UBSan
	@$(MAKE) --no-print-directory -s all build/asan/lua $(SHIMS)
	@ASAN_OPTIONS=intercept_tls_get_addr=0:suppressions=$(CURDIR)/contrib/asan.supp \
	  LSAN_OPTIONS=suppressions=$(CURDIR)/contrib/lsan.supp:print_suppressions=0 \
	  LABEL=asan LUA=$(CURDIR)/build/asan/lua contrib/specs.sh flows libserialport units

VALGRIND = valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite

valgrind: deps-lint                     ## the core's specs under valgrind
	@$(MAKE) --no-print-directory -s all
	@LABEL=valgrind DFOTA_LUA=$(LUA) LUA="$(VALGRIND) $(LUA)" contrib/specs.sh core

coverage: deps-test                     ## branch coverage of the core by its specs
	@$(MAKE) --no-print-directory -s build/cov/lua $(SHIMS)
	@rm -f build/cov/*.gcda
	@LABEL=coverage LUA=$(CURDIR)/build/cov/lua contrib/specs.sh core core-sp
	@contrib/coverage.sh

# Pure C only: no Lua, no ports.
FUZZED  = $(wildcard core/at_*.c core/upload.c)
TARGETS = $(patsubst spec/fuzz/fuzz_%.c,fuzz-%,$(wildcard spec/fuzz/fuzz_*.c))

fuzz: deps-lint                         ## SECONDS=60: fuzz each target from its corpus
	@$(MAKE) --no-print-directory -s -k $(TARGETS)

build/fuzz/%/target: spec/fuzz/fuzz_%.c $(FUZZED) $(wildcard core/*.h)
	@mkdir -p $(@D)/found
	clang $(STRICT) -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Icore \
	  -o $@ $< $(FUZZED)

fuzz-%: build/fuzz/%/target
	@contrib/fuzz.sh $* $(SECONDS)

LINTED = $(wildcard core/*.c spec/*/*.c)
LINTS  = lint-format lint-tidy lint-cppcheck lint-lua lint-gcc lint-clang

lint: deps-lint                         ## formatting, static analysis, strict compilers
	@$(MAKE) --no-print-directory -s -k $(LINTS) && echo "lint: clean"

lint-format:
	clang-format --dry-run -Werror $(LINTED) $(wildcard core/*.h spec/*/*.h)

# One process per file: clang-tidy 14 reports va_start as missing in all files after the first.
lint-tidy:
	printf '%s\n' $(LINTED) | xargs -P 2 -I FILE \
	  sh -c 'contrib/tidy.sh FILE $(DIALECT) -Icore $(PKG_CFLAGS)'

lint-cppcheck:
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --error-exitcode=1 \
	  --inline-suppr --suppress=missingIncludeSystem -Icore $(LINTED)

lint-lua:
	luacheck --quiet --no-color lua scripts spec contrib/pages contrib/ansible contrib/mender/dfota-fleet .ci/*.lua

lint-gcc lint-clang: lint-%:
	for f in $(LINTED); do $* $(STRICT) -Werror -O2 -Icore $(PKG_CFLAGS) -c -o /dev/null $$f || bad=1; done; \
	[ -z "$$bad" ]

cross: deps                             ## the core for other architectures, with the installed compilers
	@CC="$(CC)" STRICT="$(STRICT) $(CORE)" contrib/cross.sh

bench: deps-test                        ## speed, one table
	@$(MAKE) --no-print-directory -s all
	@CC="$(CC)" DIALECT="$(DIALECT)" LUA=$(LUA) contrib/bench.sh

central-bench: deps-test                ## GATEWAYS=1000 journals shipped at once, against a bare COPY
	@$(MAKE) --no-print-directory -s all
	@$(LUA) spec/bench/central.lua

# FIRST=100 LAST=199 CHAOS_MODULES=64 for more: such a seed takes half a minute to six on two cores.
FIRST         = 1
LAST          = 2
CHAOS_MODULES = 16

fleet-chaos: fleet-nights fleet-seeds   ## nights of accidents with fleets: both of these

fleet-nights: deps                      ## N=2000 of them on a virtual clock
	@$(MAKE) --no-print-directory -s all
	$(LUA) spec/campaign/fleet_virtual.lua $(N)

fleet-seeds: deps                       ## FIRST=1 to LAST=2, CHAOS_MODULES=16: with real processes, a line for each
	@$(MAKE) --no-print-directory -s all
	$(LUA) spec/campaign/fleet_seeds.lua $(FIRST) $(LAST) $(CHAOS_MODULES)

fleet-bench: deps-test                  ## what jobs side by side cost; at most nine minutes, on an idle machine
	@$(MAKE) --no-print-directory -s all $(SHIMS)
	@LUA=$(LUA) $(LUA) spec/bench/fleet.lua

campaign: deps                          ## N=2000: seeded faults against the simulated module
	@$(MAKE) --no-print-directory -s all
	env --default-signal=HUP,INT,QUIT,TERM,PIPE $(LUA) spec/campaign/run.lua --cases $(N)

# 15 minutes on two cores for 200 of them; the measured times of the suites are kept in build/.
mutants: deps-test                      ## MUTANTS=200 SEED=1: small bugs in the sources; do the specs notice?
	@$(MAKE) --no-print-directory -s all
	nice $(LUA) spec/mutants/run.lua --count $(MUTANTS) --seed $(SEED)

# Asks apt for qemu-system-x86 and cpio, and downloads a kernel and a static busybox into build/qemu
# (70 MB, once, not installed). amd64 only; no privileges beyond apt's, no KVM. Three minutes.
qemu: deps-test                         ## ports and jobs on a kernel's own drivers, including unplugging
	@contrib/deps.sh qemu
	@$(MAKE) --no-print-directory -s all
	@LUA=$(LUA) spec/qemu/run.sh

# Asks apt for chromium (400 MB, once) and looks at the report's page with it: not a part of `make test`.
pages: deps-test                        ## the report's page in a browser: phone and screen, light and dark, paper
	@contrib/deps.sh pages
	@$(MAKE) --no-print-directory -s all
	@$(LUA) $$(command -v busted) --ignore-lua -o plainTerminal spec/pages/page.lua

doc: deps-lint                          ## the reference, in build/doc/index.html
	@rm -rf build/doc
	@$(LUA) $$(command -v ldoc) --fatalwarnings -c docs/config.ld . >/dev/null && echo build/doc/index.html

docs: deps                              ## docs/settings.md, and the examples in docs/json.md
	@$(MAKE) --no-print-directory -s all
	$(LUA) contrib/docs.lua

# VERSION and SOURCE_DATE_EPOCH may be set, for a release and for builds that are the same everywhere.
man: all                                ## man pages of the commands, in build/man
	@rm -rf build/man && mkdir -p build/man
	@$(LUA) contrib/pages/main.lua man build/man

completions: all                        ## completions for bash, zsh and fish, in build/completions
	@rm -rf build/completions
	@mkdir -p build/completions/bash build/completions/zsh build/completions/fish
	@$(LUA) contrib/pages/main.lua completions build/completions

# Lua goes where lua5.4 looks, the flows into PREFIX/share/dfota/scripts, where they may be edited: an edited one
# stays, and the new one is put beside it. PREFIX and DESTDIR as usual; LMOD and CMOD for modules elsewhere.
# PAGES= leaves out what can be made only where the core just built can run: not for another architecture.
PAGES ?= man completions

install: all $(PAGES)                   ## PREFIX=/usr/local: dfota-update and friends
	@$(WHERE) contrib/install.sh

uninstall:                              ## PREFIX=/usr/local: remove what was installed, but what was edited
	@$(WHERE) contrib/install.sh uninstall

VERSION = $(shell sed -n 's/^.define DFOTA_VERSION "\(.*\)"$$/\1/p' core/version.h)

rockspecs:                              ## write the lists of the tree into both rockspecs
	@$(LUA) contrib/rockspecs.lua

# What is committed, and nothing else; the same bytes each time.
dist:                                   ## build/dfota-VERSION.tar.gz
	@mkdir -p build
	@git archive --format=tar --prefix=dfota-$(VERSION)/ HEAD | gzip -n9 >build/dfota-$(VERSION).tar.gz
	@echo build/dfota-$(VERSION).tar.gz

deb: dist                               ## the Debian package, in build/deb
	@contrib/deb.sh build/dfota-$(VERSION).tar.gz

recipes: dist                           ## the steps of the recipes for Alpine and OpenWrt, with a musl compiler
	@contrib/deps.sh run recipes
	@contrib/recipes.sh build/dfota-$(VERSION).tar.gz

clean:                                  ## remove what was built
	rm -rf build $(MODULE)

help:                                   ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | \
	  while IFS='|' read -r name text; do printf '  make %-11s %s\n' "$$name" "$$text"; done

.PHONY: all shims found deps deps-test deps-lint demo fleet-demo fleet-picture test asan valgrind coverage fuzz lint $(LINTS) cross bench \
        fleet-bench fleet-chaos fleet-nights fleet-seeds central-bench campaign mutants qemu pages doc docs man completions install uninstall rockspecs dist deb recipes clean help
.SECONDARY:
