# smogd: the targets people use are run, check, lint, bench, fuzz, install, deb, clean (README.md). Sources are found by folder: a new .c file
# needs no line here.

VERSION := 0.1.0
VARIANT ?= release
# `make V=1` shows the commands
Q := $(if $(V),,@)
B := build/$(VARIANT)

PACKAGES_BUILD := gcc make libserialport-dev libsqlite3-dev libcurl4-openssl-dev libmicrohttpd-dev libgnutls28-dev \
	libsystemd-dev libssl-dev libzip-dev libexpat1-dev libpango1.0-dev libp11-kit-dev libqrencode-dev libjpeg62-turbo-dev libxlsxwriter-dev pkg-config
PACKAGES_TEST := clang libcmocka-dev libgps-dev gpsd socat chromium python3-minimal python3-pymodbus python3-serial python3-serial-asyncio python3-asn1crypto python3-jsonschema unzip zip openssl softhsm2 sqlite3 jq curl procps strace dpkg-dev \
	fonts-dejavu-core fonts-wqy-microhei poppler-utils zbar-tools qpdf liblcms2-utils libreoffice-calc-nogui
PACKAGES_RUN := openssl jq fonts-dejavu-core fonts-wqy-microhei
# for the console page; where npm is there already, Debian's is not installed over it
PACKAGES_WEB = $(if $(shell command -v npm 2>/dev/null),,nodejs npm)
PACKAGES_DEB := dpkg-dev
PACKAGES_COVERAGE := gcovr
PACKAGES_FUZZ := clang libclang-rt-14-dev
PACKAGES_BENCH := nginx-light mbpoll
PACKAGES_LINT := clang clang-format clang-tidy cppcheck

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wdouble-promotion -Wformat=2 -Wvla -Wundef -Wcast-qual -Wwrite-strings \
	-Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum -Wnull-dereference -Werror
ifeq ($(findstring clang,$(CC)),)
WARN += -Wduplicated-cond -Wlogical-op
endif
# No contraction of a*b+c: a verdict is the same number on every compiler and machine.
BASE := -std=c11 -D_POSIX_C_SOURCE=200809L -DSMOGD_VERSION='"$(VERSION)"' -I. -fPIE -ffp-contract=off -g -MMD -MP
FLAGS_release := -O2 -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection
FLAGS_asan := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# without optimisation gcc 12 takes two members of one element for the same memory
FLAGS_cov := -O0 --coverage -Wno-format-truncation -Wno-restrict
FLAGS_clang := -O2 -g0
FLAGS_o0 := -O0 -g0 -Wno-format-truncation
# -O3 unrolls loops over small arrays until gcc 12 sees ends of them that are never reached
FLAGS_o3 := -O3 -g0 -Wno-stringop-overflow
FLAGS_fuzz := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_ALL = $(BASE) $(WARN) $(FLAGS_$(VARIANT)) $(CFLAGS)
LDFLAGS_ALL = -pie -Wl,-z,relro,-z,now -Wl,--build-id $(FLAGS_$(VARIANT)) $(LDFLAGS)

# One archive per folder; a program takes from each only what it uses.
SRC_protocols := $(wildcard protocols/*.c)
SRC_core := $(wildcard station/core/*.c)
SRC_sensors := $(wildcard sensors/*.c sensors/drivers/*.c)
SRC_links := $(wildcard sensors/links/*.c)
SRC_sim := $(filter-out %/smogsim.c,$(wildcard sensors/sim/*.c))
SRC_reports := $(filter-out %/smogpush.c %/smoginbox.c %/smogverify.c %/smogwitness.c,$(wildcard reports/*.c))
# What smogverify and smogwitness are made of, besides the pure units: they must build with nothing but OpenSSL.
SRC_verify := $(wildcard reports/verifier*.c) $(addprefix reports/,case_digest.c checkpoint_read.c container.c cosignature.c encoding.c file.c history.c journal_order.c keyfile.c manifest_read.c \
	merkle.c merkle_json.c program.c record.c rejudge.c revocation.c sealcheck.c sha256.c slip_note.c tile.c tsacheck.c witness_request.c)
SRC_station := $(filter-out %/smogd.c %/smogctl.c,$(wildcard station/*.c))
ARCHIVES := station reports sim links sensors protocols core
LIBS := $(foreach a,$(ARCHIVES),$(B)/lib$(a).a)
LIBS_smogverify := $(foreach a,verify sensors protocols core,$(B)/lib$(a).a)
LIBS_smogwitness := $(LIBS_smogverify)

MAIN_smogd := station/smogd.c
MAIN_smogctl := station/smogctl.c
MAIN_smogpush := reports/smogpush.c
MAIN_smoginbox := reports/smoginbox.c
MAIN_smogverify := reports/smogverify.c
MAIN_smogwitness := reports/smogwitness.c
MAIN_smogsim := sensors/sim/smogsim.c
PROGRAMS := $(foreach p,smogd smogctl smogpush smoginbox smogverify smogwitness smogsim,$(if $(wildcard $(MAIN_$(p))),$(p)))

LINK_smogd := -lsystemd -lserialport -lsqlite3 -lmicrohttpd -lexpat -lcrypto -lm
LINK_paper := -lpangocairo-1.0 -lpango-1.0 -lgobject-2.0 -lcairo -lqrencode -ljpeg
LINK_smogctl := -lsqlite3 -lxlsxwriter -lserialport $(LINK_paper) -lcrypto -lm
LINK_smogpush := -lsystemd -lsqlite3 -lcurl -lzip -lp11-kit -lexpat $(LINK_paper) -lcrypto -lm
LINK_smoginbox := -lsystemd -lsqlite3 -lmicrohttpd -lgnutls -lcrypto -lm
LINK_smogverify := -lcrypto -lm
LINK_smogwitness := -lcrypto -lm
LINK_smogsim := -lcrypto -lm
LINK_tests := -lcmocka -lxlsxwriter -lsystemd -lserialport -lsqlite3 -lcurl -lmicrohttpd -lgnutls -lexpat -lzip -lp11-kit $(LINK_paper) -lssl -lcrypto -lpthread -lm

TESTS := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
# tests/fuzz/fuzz_NAME.c is built twice: as a test that plays the committed corpus, and with libFuzzer (make fuzz).
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
TESTS += $(addprefix $(B)/tests/test_corpus_,$(FUZZ))
FUZZ_SUPPORT := $(B)/obj/tests/fuzz/journal.o
# Helpers of the end-to-end tests.
TEST_TOOLS := $(patsubst tests/tools/%.c,$(B)/tests/%,$(wildcard tests/tools/*.c))
BENCHES := $(patsubst tests/bench/%.c,$(B)/bench/%,$(wildcard tests/bench/bench_*.c))
BENCH_SUPPORT := $(patsubst %.c,$(B)/obj/%.o,$(filter-out tests/bench/bench_%,$(wildcard tests/bench/*.c)))
TEST_SUPPORT := $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/support/*.c))

.PHONY: all deb programs web web-check page-tests tests fuzzers benches run check compilers deps deps-check lint bench fuzz coverage install clean
all: programs web
programs: $(LIBS) $(addprefix $(B)/bin/,$(PROGRAMS))
tests: $(TESTS) $(TEST_TOOLS)
fuzzers: $(addprefix $(B)/fuzz_,$(FUZZ))

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC $@")
	$(Q)$(CC) $(CFLAGS_ALL) -c $< -o $@

# the headers of what draws pages
$(patsubst %.c,$(B)/obj/%.o,$(wildcard reports/paper*.c reports/overlay.c)): CFLAGS += $(patsubst -I%,-isystem%,$(shell pkg-config --cflags pangocairo))
# and of what asks tokens
$(B)/obj/reports/token.o: CFLAGS += $(patsubst -I%,-isystem%,$(shell pkg-config --cflags p11-kit-1))

define archive
$(B)/lib$(1).a: $$(patsubst %.c,$(B)/obj/%.o,$$(SRC_$(1))) Makefile
	@mkdir -p $$(@D); rm -f $$@
	$$(Q)$$(AR) rcsD $$@ $$(filter %.o,$$^)
endef
$(foreach a,$(ARCHIVES) verify,$(eval $(call archive,$(a))))

define program
.PHONY: $(1)
$(1): $(B)/bin/$(1)
$(B)/bin/$(1): $(B)/obj/$(MAIN_$(1):.c=.o) $(or $(LIBS_$(1)),$(LIBS))
	@mkdir -p $$(@D)
	$$(if $$(V),,@echo "  LD $$@")
	$$(Q)$$(CC) $$(LDFLAGS_ALL) -o $$@ $$< -Wl,--start-group $(or $(LIBS_$(1)),$(LIBS)) -Wl,--end-group $(LINK_$(1))
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

$(B)/tests/%: $(B)/obj/tests/unit/%.o $(TEST_SUPPORT) $(LIBS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(TEST_SUPPORT) -Wl,--start-group $(LIBS) -Wl,--end-group $(LINK_tests)
$(B)/tests/%: $(B)/obj/tests/tools/%.o $(TEST_SUPPORT) $(LIBS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(TEST_SUPPORT) -Wl,--start-group $(LIBS) -Wl,--end-group $(LINK_tests)

# What the compilers must agree on (tests/e2e/compilers.sh): the pure units and little else, since each builds it.
VERDICTS := $(B)/obj/tests/tools/verdicts.o $(patsubst %,$(B)/obj/tests/support/%.o,law rig session truck) $(B)/obj/reports/sha256.o \
	$(foreach a,sensors protocols core,$(B)/lib$(a).a)
$(B)/tests/verdicts: $(VERDICTS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ -Wl,--start-group $(VERDICTS) -Wl,--end-group -lcmocka -lcrypto -lm

$(B)/tests/test_gnss: LINK_tests += -lgps

$(B)/tests/test_corpus_%: $(B)/obj/tests/fuzz/fuzz_%.o $(B)/obj/tests/fuzz/corpus.o $(FUZZ_SUPPORT) $(LIBS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(B)/obj/tests/fuzz/corpus.o $(FUZZ_SUPPORT) -Wl,--start-group $(LIBS) -Wl,--end-group $(LINK_tests)
$(B)/fuzz_%: $(B)/obj/tests/fuzz/fuzz_%.o $(FUZZ_SUPPORT) $(LIBS)
	$(CC) $(LDFLAGS_ALL) -fsanitize=fuzzer -o $@ $< $(FUZZ_SUPPORT) -Wl,--start-group $(LIBS) -Wl,--end-group $(LINK_tests)

# its tests are made as in the unit tests
$(addprefix $(B)/bench/bench_,verdict seal verify paper): $(TEST_SUPPORT)
$(addprefix $(B)/bench/bench_,verdict seal verify paper): BENCH_SUPPORT += $(TEST_SUPPORT)
$(B)/bench/%: $(B)/obj/tests/bench/%.o $(BENCH_SUPPORT) $(LIBS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $< $(BENCH_SUPPORT) -Wl,--start-group $(LIBS) -Wl,--end-group $(LINK_tests)

# ---- the console page: made anew only when its sources change ----
WEB_SOURCES := $(addprefix station/web/,index.html vite.config.ts tsconfig.json) $(shell find station/web/src station/web/public -type f)
web: build/web/index.html
station/web/node_modules/.package-lock.json: station/web/package-lock.json
	@sh tests/tools/deps.sh $(PACKAGES_WEB)
	@echo "  NPM station/web"
	$(Q)cd station/web && npm ci --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@
build/web/index.html: $(WEB_SOURCES) station/web/node_modules/.package-lock.json
	@echo "  WEB build/web"
	$(Q)cd station/web && npx --no-install vite build --logLevel warn
	@touch $@
# playwright-core and axe-core for the tests of the page in Debian's Chromium
page-tests: tests/page/node_modules/.package-lock.json
tests/page/node_modules/.package-lock.json: tests/page/package-lock.json
	@sh tests/tools/deps.sh $(PACKAGES_WEB)
	@echo "  NPM tests/page"
	$(Q)cd tests/page && npm ci --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@
web-check: station/web/node_modules/.package-lock.json
	$(Q)cd station/web && npx --no-install tsc --noEmit

deps:
	@sh tests/tools/deps.sh $(PACKAGES_BUILD)
deps-check:
	@sh tests/tools/deps.sh $(PACKAGES_BUILD) $(PACKAGES_TEST)
	@tests/tools/npm_peer.sh build/npm/modbus-serial modbus-serial@8.0.25
	@tests/tools/npm_peer.sh build/npm/soap soap@1.1.5

check: deps-check
	@tests/tools/house.sh
	@$(MAKE) --no-print-directory -j2 programs web web-check page-tests
	@$(MAKE) --no-print-directory -j2 VARIANT=asan programs tests
	@$(MAKE) --no-print-directory -s compilers
	@tests/run.sh

# The pure units again by each compiler, for tests/e2e/compilers.sh; gcc -O2 and the sanitizers are there by now.
compilers:
	@$(MAKE) --no-print-directory -j2 VARIANT=release build/release/tests/verdicts
	@$(MAKE) --no-print-directory -j2 VARIANT=o0 build/o0/tests/verdicts
	@$(MAKE) --no-print-directory -j2 VARIANT=o3 build/o3/tests/verdicts
	@$(MAKE) --no-print-directory -j2 VARIANT=clang CC=clang build/clang/tests/verdicts

# The whole station on loopback: simulated instruments, a shift of three trucks and sixty passages, the police inbox.
run: deps
	@sh tests/tools/deps.sh $(PACKAGES_RUN)
	@$(MAKE) --no-print-directory -s -j2 programs web
	@tests/shift/shift.sh

# FUZZ_SECONDS=60 make fuzz: every fuzzer that long; ONLY=json: that one alone.
fuzz:
	@sh tests/tools/deps.sh $(PACKAGES_BUILD) $(PACKAGES_TEST) $(PACKAGES_FUZZ)
	@$(MAKE) --no-print-directory -s -j2 CC=clang VARIANT=fuzz fuzzers
	@tests/tools/fuzz.sh $(or $(ONLY),$(FUZZ))

# Branches of the pure parts that the unit tests take; asserts are no branches to be taken. ONLY=station/core: that folder.
coverage:
	@sh tests/tools/deps.sh $(PACKAGES_BUILD) $(PACKAGES_TEST) $(PACKAGES_COVERAGE)
	@$(MAKE) --no-print-directory -s -j2 VARIANT=cov tests
	@tests/tools/coverage.sh $(or $(ONLY),protocols station/core sensors/drivers)

lint:
	@sh tests/tools/deps.sh $(PACKAGES_BUILD) $(PACKAGES_LINT)
	@$(MAKE) --no-print-directory web-check
	@tests/tools/lint.sh

DESTDIR ?=
PREFIX ?= /usr/local
install: programs web
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin share/smogd/rules share/smogd/profiles share/smogd/codes share/smogd/outlets share/smogd/checklists share/smogd/deadlines share/smogd/api share/smogd/layouts share/smogd/templates share/doc/smogd) \
		$(addprefix $(DESTDIR),/etc/smogd /usr/lib/systemd/system /usr/lib/sysusers.d /usr/lib/tmpfiles.d /usr/lib/udev/rules.d)
	install -m 755 $(addprefix $(B)/bin/,$(PROGRAMS)) $(DESTDIR)$(PREFIX)/bin
	install -m 644 station/rules/*.conf $(DESTDIR)$(PREFIX)/share/smogd/rules
	install -m 644 station/codes/*.conf $(DESTDIR)$(PREFIX)/share/smogd/codes
	install -m 644 reports/outlets/*.conf $(DESTDIR)$(PREFIX)/share/smogd/outlets
	install -m 644 station/checklists/*.conf $(DESTDIR)$(PREFIX)/share/smogd/checklists
	install -m 644 station/deadlines/*.conf $(DESTDIR)$(PREFIX)/share/smogd/deadlines
	install -m 644 reports/templates/*.txt $(DESTDIR)$(PREFIX)/share/smogd/templates
	install -m 644 station/web/openapi.json $(DESTDIR)$(PREFIX)/share/smogd/api
	install -m 644 station/layouts/*.conf $(DESTDIR)$(PREFIX)/share/smogd/layouts
	install -m 644 sensors/profiles/*.conf $(DESTDIR)$(PREFIX)/share/smogd/profiles
	install -m 644 README.md station/README.zh-CN.md reports/FORMATS.md $(DESTDIR)$(PREFIX)/share/doc/smogd
	install -m 644 systemd/smogd.sysusers $(DESTDIR)/usr/lib/sysusers.d/smogd.conf
	install -m 644 systemd/smogd.tmpfiles $(DESTDIR)/usr/lib/tmpfiles.d/smogd.conf
	install -m 644 systemd/70-smogd.rules $(DESTDIR)/usr/lib/udev/rules.d
	rm -rf $(DESTDIR)$(PREFIX)/share/smogd/web
	cd build/web && find . -type f -exec install -D -m 644 {} $(abspath $(DESTDIR)$(PREFIX))/share/smogd/web/{} \;
	for unit in smogd smogpush smoginbox; do \
		sed 's|@PREFIX@|$(PREFIX)|g' systemd/$$unit.service >$(DESTDIR)/usr/lib/systemd/system/$$unit.service; done

# A Debian package of what is installed, build/smogd_VERSION_ARCHITECTURE.deb; times in it are those of the newest source.
DEB = build/smogd_$(VERSION)_$(shell dpkg --print-architecture).deb
deb:
	@sh tests/tools/deps.sh $(PACKAGES_BUILD) $(PACKAGES_DEB)
	@rm -rf build/deb
	@$(MAKE) --no-print-directory -s install DESTDIR=build/deb PREFIX=/usr
	@SOURCE_DATE_EPOCH=$$(stat -c %Y $$(find Makefile protocols sensors reports station systemd -name node_modules -prune -o -type f -printf '%T@ %p\n' | sort -n | tail -1 | cut -d' ' -f2-)) \
		systemd/deb.sh build/deb $(VERSION) $(DEB)
	@rm -rf build/deb
	@echo $(DEB)

# Each bench prints its figures beside the machine's own limit in the same run; bench programs are tests/bench/bench_*.c, and
# executable scripts there.
bench: deps-check
	@sh tests/tools/deps.sh $(PACKAGES_BENCH)
	@tests/tools/npm_peer.sh build/npm/node-red node-red@4 node-red-contrib-modbus@5.23.3
	@$(MAKE) --no-print-directory -s -j2 programs benches web page-tests
	@tests/bench/run.sh
# Of bench_bulletin.py (make_month fills the database) and bench_drain.py.
benches: $(BENCHES) $(addprefix $(B)/tests/,make_month make_cases post_files)

clean:
	rm -rf build station/web/node_modules tests/page/node_modules

-include $(shell find build -name '*.d' 2>/dev/null)
