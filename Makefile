# SPDX-License-Identifier: GPL-2.0
#
# make && sudo make install	builds and installs knat for the running kernel
# make help			the other targets

VERSION := $(shell cat VERSION)

# KERNEL names a Debian kernel that selftests/kernels fetches: 6.1, 6.12-rt, newest ...
# Without it, KVER says which installed kernel, KDIR where its headers are.
KVER ?= $(shell uname -r)
ifdef KERNEL
KDIR := $(CURDIR)/build/kernels/$(KERNEL)/build
# Building for the tests, warnings count; on the machine of a user they must not stop a build.
STRICT ?= W=1 KCFLAGS=-Werror
else
KDIR ?= /lib/modules/$(KVER)/build
endif

# What the module is tested with, and what it must build for, by gcc and by clang; see selftests/kernels.
CHECK_KERNELS := 6.1 6.1-rt 6.12 newest
# Instrumented, see selftests/debug/kernel
DEBUG_KERNELS := umldebug debug kcsan rtdebug
BUILD_KERNELS = 6.1 6.1-rt 6.12 6.12-rt $(shell selftests/kernels --series) newest-rt next

DKMS := $(shell command -v dkms)
DKMS_SOURCE := /usr/src/knat-$(VERSION)

# Our own recipes use all CPUs, unless make was told how many jobs to run.
cpus := $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))
check_kernel := $(or $(KERNEL),6.1)
# The memory of a guest; instrumented kernels need more. Those of Debian can be told to look after their slabs.
instrumented := $(filter $(check_kernel),$(DEBUG_KERNELS))
memory = $(or $(MEMORY),$(if $(instrumented),3G,2G))
release = $$(sed -n 's/^.define UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h)

.PHONY: all module tools helpers install uninstall modules_install deps
.PHONY: check pictures check-rfc check-kernels check-build tested debug-kernels check-debug check-debug-quick check-docs coverage coverage-quick
.PHONY: fuzz fuzz-quick fuzz-differ churn churn-quick races flood flood-quick lint demo
.PHONY: deb check-packages check-arm64 bench bench-quick bench-instructions clean distclean help

all: module tools

# Each kernel has a directory of its own in build/, with links to the sources, so that objects of different
# kernels never meet. The release is known only when the headers are there, so the recipe finds it out.
module:
	$(if $(KERNEL),@selftests/kernels $(KERNEL))
	@test -e $(KDIR)/include/generated/utsrelease.h || \
		{ echo "no kernel headers in $(KDIR): install linux-headers-$(KVER), or say KDIR= or KERNEL=" >&2; exit 1; }
	@out=$(CURDIR)/$(or $(OUT),build/$(release)) && \
	mkdir -p $$out && \
	exec 9>$$out/.lock && flock 9 && \
	find $$out -type l -delete && \
	cp -rs $(CURDIR)/Kbuild $(CURDIR)/VERSION $(CURDIR)/module $$out/ && \
	$(MAKE) --no-print-directory $(cpus) -C $(KDIR) M=$$out $(STRICT) $(KBUILD_WORDS) modules

tools:
	$(MAKE) --no-print-directory $(cpus) -C tools

# What the selftests need besides
helpers:
	$(MAKE) --no-print-directory -C selftests/probe
	$(MAKE) --no-print-directory -C selftests/programs
	$(MAKE) --no-print-directory -C selftests/fuzz
	$(MAKE) --no-print-directory -C selftests/flood
	$(MAKE) --no-print-directory -C selftests/churn

# Through DKMS, where it is, the module is built again for each new kernel.
install: tools
	$(MAKE) -C tools install
ifneq ($(DESTDIR),)
	$(MAKE) modules_install
else ifneq ($(DKMS),)
	$(dkms_forget)
	mkdir -p $(DKMS_SOURCE)
	cp -r Kbuild dkms.conf VERSION COPYING module $(DKMS_SOURCE)/
	dkms add knat/$(VERSION)
	dkms install knat/$(VERSION) -k $(KVER)
else
	$(MAKE) modules_install
endif
	$(if $(DESTDIR),,@echo "knat is installed. Next: modprobe knat, and see docs/quick-start.md or man natctl")

# Without DKMS: for this kernel only. Whoever installs below DESTDIR runs depmod where it will be used.
modules_install: module
	$(MAKE) -C $(KDIR) M=$(CURDIR)/build/$(release) INSTALL_MOD_DIR=updates INSTALL_MOD_PATH=$(DESTDIR) modules_install
	$(if $(DESTDIR),,depmod $(release))

# The configuration stays.
uninstall:
	$(MAKE) -C tools uninstall
ifneq ($(if $(DESTDIR),,$(DKMS)),)
	$(dkms_forget)
endif
	rm -f $(DESTDIR)/lib/modules/$(KVER)/updates/knat.ko*
	$(if $(DESTDIR),,depmod $(KVER))

# Any version that is installed, with its source
define dkms_forget
@for version in $$(dkms status knat | sed -n 's|^knat[/, ]*\([^,: ]*\).*|\1|p' | sort -u); do \
	dkms remove knat/$$version --all && rm -rf /usr/src/knat-$$version || exit 1; \
done
endef

# Packages that the tests need; nothing happens when they are there.
deps:
	@selftests/deps

check: deps
	@$(MAKE) --no-print-directory module KERNEL=$(check_kernel)
	@$(MAKE) --no-print-directory tools helpers
	MEMORY=$(memory) selftests/check $(check_kernel)

# Those of docs/img that are of a gateway at work
pictures: deps
	@$(MAKE) --no-print-directory module KERNEL=$(check_kernel)
	@$(MAKE) --no-print-directory tools helpers
	selftests/docs/pictures $(check_kernel)

# The RFCs about NAT, row by row; writes docs/conformance.md.
check-rfc: deps
	@$(MAKE) --no-print-directory module KERNEL=$(check_kernel)
	@$(MAKE) --no-print-directory tools helpers
	selftests/rfc/check $(check_kernel)

# What README.md and docs/*.md tell to type in, with Docker and firewalld on the gateway too.
check-docs:
	@selftests/deps docs
	@$(MAKE) --no-print-directory module KERNEL=$(check_kernel)
	@$(MAKE) --no-print-directory tools helpers
	@TESTS=selftests/docs/ WHERE=guest selftests/check $(check_kernel); status=$$?; \
	prove selftests/docs/gdb.t || status=1; \
	sed -n 's/^# \(not run: .*\|[0-9]* blocks .*\)/\1/p' build/results/$(check_kernel)/docs-*.tap; \
	exit $$status

# The tests of the host do not depend on the guest's kernel: once is enough.
check-kernels: deps
	@failed=; where=; \
	for kernel in $(CHECK_KERNELS); do \
		echo "== $$kernel"; \
		WHERE=$$where $(MAKE) --no-print-directory check KERNEL=$$kernel || failed="$$failed $$kernel"; \
		where=guest; \
	done; \
	test -z "$$failed" || { echo "failed on:$$failed" >&2; exit 1; }

# Any report of these kernels is a failure. They take their time.
debug-kernels: deps
	selftests/debug/kernel $(DEBUG_KERNELS)

# With all files, also that what they watch for fails a test; fuzz and churn in short on the one that runs at native speed; and
# races: not on debug, which watches what umldebug does and is slower.
check-debug: deps
	@failed=; \
	for kernel in $(or $(KERNEL),$(DEBUG_KERNELS)); do \
		echo "== $$kernel"; \
		WHERE=guest SLOW=8 $(MAKE) --no-print-directory check KERNEL=$$kernel || \
			failed="$$failed $$kernel"; \
		[ -z "$(TESTS)" ] || continue; \
		KERNEL=$$kernel prove selftests/debug/planted.t || failed="$$failed $$kernel,planted"; \
		[ $$kernel != umldebug ] || $(MAKE) --no-print-directory fuzz-quick churn-quick KERNEL=$$kernel || \
			failed="$$failed $$kernel,fuzz-or-churn"; \
		[ $$kernel != debug ] || continue; \
		$(MAKE) --no-print-directory races KERNEL=$$kernel RACE_SECONDS=5 || failed="$$failed $$kernel,races"; \
	done; \
	test -z "$$failed" || { echo "failed on:$$failed" >&2; exit 1; }

# What the tests reach of the module; writes docs/coverage.md.
coverage: deps
	selftests/debug/kernel coverage
	selftests/coverage/build coverage
	@$(MAKE) --no-print-directory tools helpers
	@WHERE=guest SLOW=2 selftests/check coverage; status=$$?; \
	selftests/coverage/report build/results/coverage build/coverage/module $$(cat build/kernels/coverage/release) && \
	exit $$status

# The short form of both: some files, on the kernel that watches memory and locks, with what they reach counted.
QUICK_FILES := net/10 net/12 net/13 net/14 net/15 net/21 net/30 net/40 net/41 net/43-hairpin. net/45 net/47 net/49 net/70 \
	net/71 net/72 net/73 net/74 net/75 debug/faults.
check-debug-quick coverage-quick: deps
	selftests/debug/kernel umldebug
	selftests/coverage/build umldebug
	@$(MAKE) --no-print-directory tools helpers
	MEMORY=3G WHERE=guest SLOW=8 TESTS="$(QUICK_FILES)" selftests/check umldebug
	selftests/coverage/report --quick build/results/umldebug build/coverage/module

# natctl's parsers with libFuzzer; the gateway with packets and requests. The seed is printed and can be given: SEED=.
# On another kernel: KERNEL=umldebug.
ifndef SEED
SEED := $(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')
endif
# Of each side; one in 16 is refused by the device before the gateway meets it.
FUZZ_PACKETS ?= 11000000
FUZZ_REQUESTS ?= 700000
# For each parser
FUZZ_SECONDS ?= 3600
fuzz fuzz-quick: deps
	@$(MAKE) --no-print-directory module KERNEL=$(check_kernel)
	@$(MAKE) --no-print-directory tools helpers
	$(MAKE) --no-print-directory -C selftests/fuzz natctl import apply
	selftests/fuzz/parsers $(SEED) $(FUZZ_SECONDS)
	selftests/vm/run -k $(check_kernel) -t 86400 -m $(memory) $(if $(instrumented),,-a "slub_debug=FZP kfence.sample_interval=10") \
		-- selftests/fuzz/run $(SEED) $(FUZZ_PACKETS) $(FUZZ_REQUESTS) $(FUZZ_SEEDS)
	@$(MAKE) --no-print-directory fuzz-differ SEED=$(SEED) DIFFER_ROUNDS=$(DIFFER_ROUNDS) DIFFER_PACKETS=$(DIFFER_PACKETS)
fuzz-quick: FUZZ_PACKETS := 30000
fuzz-quick: FUZZ_REQUESTS := 2000
fuzz-quick: FUZZ_SECONDS := 12
fuzz-quick: FUZZ_SEEDS := seeds
fuzz-quick: DIFFER_ROUNDS := 2
fuzz-quick: DIFFER_PACKETS := 2000

# The same packets through knat and nf_nat, and what comes out compared.
DIFFER_ROUNDS ?= 16
DIFFER_PACKETS ?= 50000
fuzz-differ: deps
	@$(MAKE) --no-print-directory module KERNEL=$(check_kernel)
	@$(MAKE) --no-print-directory tools helpers
	selftests/vm/run -k $(check_kernel) -t 86400 -m $(memory) -- selftests/fuzz/differ/run $(SEED) $(DIFFER_ROUNDS) $(DIFFER_PACKETS)

CHURN_WORK ?= 10000 1000 100000
churn churn-quick: deps
	@$(MAKE) --no-print-directory module KERNEL=$(check_kernel)
	@$(MAKE) --no-print-directory tools helpers
	selftests/vm/run -k $(check_kernel) -t 86400 -m $(memory) -- selftests/churn/run $(CHURN_WORK)
	@$(MAKE) --no-print-directory races RACE_SECONDS=$(RACE_SECONDS)
RACE_SECONDS ?= 60
churn-quick: CHURN_WORK := 60 10 700
churn-quick: RACE_SECONDS := 2

# On all CPUs at the same time, so much for each pair
races:
	@$(MAKE) --no-print-directory module KERNEL=$(check_kernel)
	@$(MAKE) --no-print-directory tools helpers
	prove -v --exec "selftests/vm/run -k $(check_kernel) -p -t 86400 -m $(memory) \
		-e SECONDS_EACH=$(RACE_SECONDS) -- bash" selftests/churn/races

# From so many hosts and ports of each as FLOOD says, with so many mappings to a host. slab_nomerge: the memory of knat is told.
# User-mode kernels have no kprobes, which the second file counts with.
FLOOD ?= 64 65535 500
flood flood-quick: deps
	@$(MAKE) --no-print-directory module KERNEL=$(check_kernel)
	@$(MAKE) --no-print-directory tools helpers
	prove --exec "selftests/vm/run -k $(check_kernel) -t 86400 -m $(memory) -a slab_nomerge \
		-e HOSTS=$(word 1,$(FLOOD)) -e PORTS=$(word 2,$(FLOOD)) -e LIMIT=$(word 3,$(FLOOD)) -- bash" \
		selftests/flood/run $(if $(filter uml%,$(check_kernel)),,selftests/flood/collisions)
flood-quick: FLOOD := 8 1500 200

# Without KERNEL all that the archive has. Clang is given headers that are adapted for it.
COMPILERS ?= gcc clang
check-build: deps
	@for kernel in $(or $(KERNEL),$(BUILD_KERNELS)); do \
		$(foreach compiler,$(COMPILERS),echo "== $$kernel, $(compiler)" && $(build_$(compiler)) || exit 1;) \
	done

build_gcc = $(MAKE) --no-print-directory module KERNEL=$$kernel && \
	selftests/tested built $$kernel build/$$(cat build/kernels/$$kernel/release)/knat.ko
build_clang = selftests/clang-headers $$kernel && \
	$(MAKE) --no-print-directory module KERNEL= KDIR=$(CURDIR)/build/clang/$$kernel/build OUT=build/clang/$$kernel/module \
		STRICT="W=1 KCFLAGS=-Werror" && \
	selftests/tested built $$kernel build/clang/$$kernel/module/knat.ko

# What the tests have found out about kernels goes into selftests/tested.tsv and README.md.
tested:
	selftests/tested write

lint: deps
	prove -j $(shell nproc) selftests/lint/*.t

# The packages of Debian, from a copy of the tree as it is in a release. DEB_VERSION gives them another version.
DEB ?= build/deb
DEB_VERSION ?= $(VERSION)
deb:
	@selftests/deps deb
	rm -rf $(DEB)
	mkdir -p $(DEB)/knat-$(DEB_VERSION)
	$(if $(wildcard .git),git ls-files -z | tar -c --null -T -,tar -c --exclude=./build .) | \
		tar -C $(DEB)/knat-$(DEB_VERSION) -x
	echo $(DEB_VERSION) >$(DEB)/knat-$(DEB_VERSION)/VERSION
	cd $(DEB)/knat-$(DEB_VERSION) && debian/make-changelog $(DEB_VERSION) >debian/changelog
	cd $(DEB)/knat-$(DEB_VERSION) && env -u MAKEFLAGS dpkg-buildpackage --unsigned-source --unsigned-changes >../log 2>&1 || \
		{ tail -n 30 ../log >&2; exit 1; }
	lintian --allow-root --fail-on error,warning $(DEB)/*.changes
	@ls $(DEB)/*.deb

# With a cross compiler, and what else it takes in a directory of its own
check-arm64:
	@selftests/deps arm64
	prove selftests/arm64/cross.t

# Those of this tree and those of a higher version, on each release of Debian that is supported; and what README.md says
SUITES ?= bookworm trixie sid
check-packages: deb
	@$(MAKE) --no-print-directory deb DEB=build/packages/next DEB_VERSION=99.0.0
	prove $(SUITES:%=selftests/deb/%.t) $(if $(filter bookworm,$(SUITES)),selftests/deb/readme.t)

demo: deps
	@KERNEL=$(check_kernel) selftests/demo

# Figures of knat and of what there is besides, in a user-mode kernel that is built once.
bench:
	selftests/deps bench
	selftests/bench/run full
	selftests/bench/run profiles

bench-quick:
	selftests/deps bench
	selftests/bench/run quick

# Instructions for each packet, held against those recorded; RECORD=1 records them.
bench-instructions: deps
	@$(MAKE) --no-print-directory module KERNEL=$(or $(KERNEL),newest)
	@$(MAKE) --no-print-directory tools
	$(if $(RECORD),KERNEL=$(or $(KERNEL),newest) selftests/bench/instructions --record,\
		KERNEL=$(or $(KERNEL),newest) prove --exec "" selftests/bench/instructions)

# The kernels that were fetched stay, and the Debians that packages are tried on; distclean removes them too.
clean:
	$(MAKE) -C tools clean
	$(MAKE) -C selftests/probe clean
	$(MAKE) -C selftests/programs clean
	$(MAKE) -C selftests/fuzz clean
	$(MAKE) -C selftests/flood clean
	$(MAKE) -C selftests/churn clean
	find build -mindepth 1 -maxdepth 1 ! -name kernels ! -name debug ! -name apt ! -name checkpatch ! -name bench ! -name packages \
		! -name arm64 \
		-exec rm -rf {} + 2>/dev/null || true

distclean: clean
	rm -rf build

help:
	@echo "make                      the module for the running kernel, and natctl"
	@echo "make install              installs both; the module through DKMS where it is present"
	@echo "make uninstall            removes them"
	@echo "make demo                 a gateway at work, in a virtual machine"
	@echo "make check                all tests, on Linux 6.1; KERNEL=6.12 chooses another, TESTS=hairpin some"
	@echo "make check-rfc            the RFCs about NAT row by row, with knat and with nftables"
	@echo "make check-docs           types in what README.md and docs/ tell to"
	@echo "make pictures             natctl top and the dashboard at work, into docs/img"
	@echo "make check-kernels        the tests on $(CHECK_KERNELS)"
	@echo "make debug-kernels        builds kernels with KASAN, lockdep, KCSAN ... from Debian's source, once"
	@echo "make check-debug          the tests on those; KERNEL=umldebug for one"
	@echo "make coverage             the tests on a kernel with gcov; writes docs/coverage.md"
	@echo "make coverage-quick       some tests on umldebug, with what they reach counted; so does check-debug-quick"
	@echo "make fuzz                 hostile packets and requests; fuzz-quick in a minute, SEED= repeats a run"
	@echo "make fuzz-differ          the same packets through knat and nf_nat; what comes out is compared"
	@echo "make churn                namespaces, loads and changes by the thousand, and races; churn-quick by the dozen"
	@echo "make flood                floods, and what others notice of them; flood-quick in some minutes"
	@echo "make deb                  packages of Debian, into build/deb"
	@echo "make check-packages       installs them on Debian 12, 13 and sid, and boots those; SUITES=sid one"
	@echo "make check-arm64          the tool and the module, built for arm64"
	@echo "make check-build          the module by gcc and clang, for 6.1, 6.12 and all later kernels of Debian"
	@echo "make tested               brings what was tested since into the table of README.md"
	@echo "make lint                 checkpatch, sparse, shellcheck, compiler warnings"
	@echo "make bench                what packets and flows cost, here and elsewhere; writes docs/performance.md"
	@echo "make bench-quick          the main figures, in some minutes; bench-instructions counts instructions"
	@echo "make module KERNEL=6.12   the module for a Debian kernel; KDIR=DIR for any other headers"
	@echo "make clean                removes what was built; distclean the fetched kernels too"
