#!/bin/sh
# Prepares a machine. `host` installs what the definitions need and makes libvirt answer; `dev` adds what building and
# testing this repository needs. Does nothing for what is there already. Needs root or sudo only where it installs.
set -eu

# shellcheck source=xtask/needs.sh
. "$(dirname "$0")/needs.sh"

# What the workshop is built and tested with: a C compiler for linking, libxml2 and libclang for `cargo xtask validate`,
# virt-xml, osinfo-db and hyperfine for the README's commands.
debian_dev="gcc libc6-dev pkg-config libxml2-dev libclang-dev libxml2-utils virtinst osinfo-db hyperfine git"
fedora_dev="gcc pkgconf-pkg-config libxml2-devel clang-devel libxml2 virt-install osinfo-db hyperfine git"
arch_dev="gcc pkgconf libxml2 clang virt-install osinfo-db hyperfine git"
opensuse_dev="gcc pkgconf-pkg-config libxml2-devel clang-devel libxml2-tools virt-install osinfo-db hyperfine git"

fail() {
    echo "setup.sh: $*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "run this as root, or install sudo: it has to run '$*'"
    fi
}

# Sets family, which the lists above and the functions below are named after. Each family has functions for: whether a
# package is installed; whether the distribution has it; whether the list of packages is here; getting that list;
# installing packages.
find_family() {
    [ -r /etc/os-release ] || fail "/etc/os-release is missing, so the distribution is unknown"
    # shellcheck source=/dev/null
    distribution=$(. /etc/os-release && echo "${ID:-} ${ID_LIKE:-}")
    for word in $distribution; do
        case $word in
        debian | ubuntu) family=debian && return ;;
        rhel | centos) fail "RHEL and its family have no SPICE in QEMU: install what the README's table names for Fedora, without SPICE, and take the portable files" ;;
        fedora) family=fedora && return ;;
        arch) family=arch && return ;;
        suse | opensuse*) family=opensuse && return ;;
        esac
    done
    fail "no package lists for '$distribution'; the README's table of requirements says what to install"
}

debian_installed() { dpkg-query --show --showformat='${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed; }
debian_known() { apt-cache policy "$1" | grep -q '^  Candidate: [^(]'; }
debian_listed() { find /var/lib/apt/lists -name '*_Packages*' 2>/dev/null | grep -q .; }
debian_refresh() { as_root apt-get --quiet update; }
debian_install() {
    suite=$(debian_suite)
    as_root env DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes --no-install-recommends \
        ${suite:+--target-release="$suite"} install "$@"
}
# The suite that QEMU came from, if apt takes nothing from there unasked, as from backports: what goes with QEMU must come from
# there, too.
debian_suite() {
    apt-cache policy qemu-system-x86 2>/dev/null | awk '
        /^ \*\*\*/ { installed = 1; next }
        installed && / Packages$/ { if ($1 < 500) print substr($3, 1, index($3, "/") - 1); exit }'
}

fedora_installed() { rpm --quiet --query --whatprovides "$1"; }
fedora_known() { dnf --quiet info "$1" >/dev/null 2>&1; }
fedora_listed() { :; }
fedora_refresh() { :; }
fedora_install() { as_root dnf --assumeyes install "$@"; }

arch_installed() { pacman --query "$1" >/dev/null 2>&1; }
arch_known() { pacman --sync --info "$1" >/dev/null 2>&1; }
# Only where there is no list at all: refreshing an old one without an upgrade is not supported on Arch.
arch_listed() { pacman --sync --info pacman >/dev/null 2>&1; }
arch_refresh() { arch_listed || as_root pacman --sync --refresh; }
arch_install() { as_root pacman --sync --needed --noconfirm "$@"; }

opensuse_installed() { rpm --quiet --query --whatprovides "$1"; }
opensuse_known() { zypper --non-interactive --quiet search --match-exact "$1" >/dev/null 2>&1; }
opensuse_listed() { zypper --non-interactive --quiet --no-refresh search --uninstalled-only --match-exact libvirt-doc >/dev/null 2>&1; }
opensuse_refresh() { as_root zypper --non-interactive refresh; }
opensuse_install() { as_root zypper --non-interactive install --no-recommends "$@"; }

# Installs those of the packages that are not there yet and that this release of the distribution has. One that cannot be
# installed keeps no other out.
install() {
    missing=""
    for package in "$@"; do
        "${family}_installed" "$package" || missing="$missing $package"
    done
    # shellcheck disable=SC2086 # a list of names
    set -- $missing
    available=""
    # Refreshing needs root: only if there is something to install, or if the list of packages is not here yet.
    if [ -n "$(known "$@")" ] || ! "${family}_listed"; then
        "${family}_refresh"
        available=$(known "$@" | tr '\n' ' ')
        # shellcheck disable=SC2086 # a list of names
        [ -z "$available" ] || "${family}_install" $available || one_by_one $available
    fi
    for package in "$@"; do
        "${family}_installed" "$package" || case " $available" in
        *" $package "*) echo "setup.sh: $package could not be installed, see above; going on without it" >&2 ;;
        *) echo "setup.sh: this release has no package $package; going on without it" >&2 ;;
        esac
    done
}

one_by_one() {
    for package in "$@"; do
        "${family}_install" "$package" || true
    done
}

known() {
    for candidate in "$@"; do
        ! "${family}_known" "$candidate" || echo "$candidate"
    done
}

# A session's daemon starts by itself; the system's is a service, or, where nothing manages services (a container), a
# process.
start_libvirt() {
    if [ -d /run/systemd/system ]; then
        # One daemon for everything, or one for each driver; never both. What the distribution has chosen stays.
        if systemctl --quiet is-active libvirtd.socket virtqemud.socket; then
            return 0
        elif systemctl cat virtqemud.socket >/dev/null 2>&1; then
            as_root systemctl enable --now virtqemud.socket virtnetworkd.socket virtstoraged.socket virtnodedevd.socket
        else
            as_root systemctl enable --now libvirtd.socket
        fi
    elif { [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null; } &&
        ! as_root virsh --connect qemu:///system uri >/dev/null 2>&1; then
        as_root virtlogd --daemon
        as_root libvirtd --daemon
    fi
}

# Without KVM, machines can still be emulated, so this is no failure.
check_kvm() {
    if [ ! -e /dev/kvm ]; then
        echo "setup.sh: this host has no KVM (/dev/kvm): turn on VT-x or AMD-V in its firmware setup; in a virtual machine, turn on" \
            "nested virtualization; in a container, pass the device in. Until then, machines are emulated, which is slow" >&2
    elif [ ! -r /dev/kvm ] || [ ! -w /dev/kvm ]; then
        echo "setup.sh: you may not open /dev/kvm: sudo usermod --append --groups kvm $(id -un), then log in again. Until then," \
            "your session's machines are emulated, which is slow" >&2
    fi
}

# The oldest Rust that Cargo.toml accepts. Debian's and Ubuntu's own is too old; their rustup is not, from Debian 13 and
# Ubuntu 24.04 on.
install_rust() {
    oldest=$(sed -n 's/^rust-version = "\([0-9.]*\)".*/\1/p' "$(dirname "$0")/../Cargo.toml")
    recent_rust || case $family in
    debian) install rustup ;;
    fedora) install cargo rust clippy rustfmt ;;
    arch) command -v rustup >/dev/null || install rust ;;
    opensuse) install cargo rust ;;
    esac
    recent_rust || ! command -v rustup >/dev/null || rustup default stable
    recent_rust || fail "Rust $oldest or later is needed, and this release does not have it: see https://rustup.rs"
}

recent_rust() {
    found=$(cargo --version 2>/dev/null | cut -d ' ' -f 2)
    [ -n "$found" ] && [ "$(printf '%s\n' "$oldest" "$found" | sort --version-sort | head -n 1)" = "$oldest" ]
}

case ${1:-} in
host | dev) ;;
*) fail "usage: xtask/setup.sh host (to use the definitions) or xtask/setup.sh dev (to work on them)" ;;
esac
find_family
host=$(for need in $needs $tools; do packages_of "$family" "$need" || true; done)
case $family in
debian) dev=$debian_dev ;;
fedora) dev=$fedora_dev ;;
arch) dev=$arch_dev ;;
opensuse) dev=$opensuse_dev ;;
esac
[ "$1" = dev ] || dev=""
# shellcheck disable=SC2086 # lists of names
install $host $dev
command -v virsh >/dev/null || fail "libvirt could not be installed; see above"
[ "$1" = host ] || install_rust
start_libvirt
check_kvm
