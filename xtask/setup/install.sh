#!/bin/sh
# Installs packages: sourced by xtask/setup.sh, after distributions.sh.
# shellcheck disable=SC2154 # what is not set here, xtask/needs.sh and the other parts set

# What the workshop is built and tested with: a C compiler for linking, libxml2 and libclang for `cargo xtask validate`, osinfo-db
# and hyperfine for tests and pages; and for `cargo xtask prove`, private networks (ip), and what makes guests and root folders; on
# Debian, where it runs, QEMU for ARM as well.
dev_packages() {
    case $1 in
    debian)
        echo gcc libc6-dev pkg-config libxml2-dev libclang-dev libxml2-utils osinfo-db hyperfine git shellcheck \
            iproute2 cpio mtools xorriso xz-utils zstd e2fsprogs debootstrap qemu-system-arm qemu-efi-aarch64
        ;;
    fedora | rhel)
        echo gcc pkgconf-pkg-config libxml2-devel clang-devel libxml2 osinfo-db hyperfine git ShellCheck \
            iproute cpio mtools xorriso xz zstd e2fsprogs
        ;;
    arch)
        echo gcc pkgconf libxml2 clang osinfo-db hyperfine git shellcheck \
            iproute2 cpio mtools libisoburn xz zstd e2fsprogs
        ;;
    opensuse)
        echo gcc pkgconf-pkg-config libxml2-devel clang-devel libxml2-tools osinfo-db hyperfine git ShellCheck \
            iproute2 cpio mtools xorriso xz zstd e2fsprogs
        ;;
    esac
}

# The packages for a user (host) or for a maintainer as well (dev), one a line.
packages_for() {
    for need in $(needs_here) $tools; do
        packages_of "$family" "$need" || true
    done | tr ' ' '\n'
    [ "$1" = host ] || dev_packages "$family" | tr ' ' '\n'
}

may_become_root() { [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null; }
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs those of the packages that are not there yet and that this release of the distribution has, after showing them. One
# that cannot be installed keeps no other out.
install() {
    missing=
    for package in "$@"; do
        { [ "$dry" = no ] && "${manager}_installed" "$package"; } || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    # shellcheck disable=SC2086 # a list of names
    set -- $missing
    if [ -n "$image" ]; then
        change_image "$@"
    elif [ "$dry" = yes ]; then
        show "$distribution ($family):" "$@"
        return 0
    fi
    "${manager}_listed" || ! may_become_root || "${manager}_refresh"
    available=$*
    ! "${manager}_listed" || available=$(known "$@")
    if [ -n "$available" ] && ! may_become_root; then
        echo "setup.sh: you may install nothing here, and there is no sudo. Whoever administers this host can prepare it with" >&2
        printf '\n    %s %s\n\n' "$(eval "echo \"\$${manager}_command\"")" "$available" >&2
        return 0
    fi
    if [ -n "$available" ]; then
        # shellcheck disable=SC2086 # a list of names
        ask $available
        "${manager}_refresh"
        # shellcheck disable=SC2086 # a list of names
        "${manager}_install" $available || one_by_one $available
    fi
    for package in "$@"; do
        "${manager}_installed" "$package" || case " $available " in
        *" $package "*) echo "setup.sh: $package could not be installed, see above; going on without it" >&2 ;;
        *) echo "setup.sh: this release has no package $package; going on without it" >&2 ;;
        esac
    done
}

one_by_one() {
    for package in "$@"; do
        "${manager}_install" "$package" || true
    done
}

# Those that the distribution has.
known() {
    for candidate in "$@"; do
        ! "${manager}_known" "$candidate" || printf '%s ' "$candidate"
    done
}

# Shows what will be installed, and at a terminal asks whether it should be.
ask() {
    size=$("${manager}_size" "$@")
    show "setup.sh installs these packages of $distribution, with what they need${size:+ ($size)}:" "$@"
    if [ "$yes" = no ] && [ -t 0 ]; then
        printf 'Go on? [Y/n] '
        read -r answer || answer=n
        case $answer in '' | [Yy]*) ;; *) fail "nothing was installed" ;; esac
    fi
}

show() {
    printf '%s\n' "$1"
    shift
    echo "$*" | fold -s -w 96 | sed 's/^/    /; s/ *$//'
}

# A system that is an image takes packages into its next one, or none at all.
change_image() {
    case $image in
    rpm-ostree)
        fail "$distribution is an image, which dnf does not change. Add the packages to it, restart, and run this again:

    sudo rpm-ostree install --idempotent $*
    systemctl reboot"
        ;;
    transactional-update)
        fail "$distribution is an image, which zypper does not change. Add the packages to it, restart, and run this again:

    sudo transactional-update pkg install $*
    systemctl reboot"
        ;;
    read-only)
        fail "$distribution is read-only, and its next update would remove what is added to it. Prepare a container of another" \
            "distribution instead (distrobox makes one), or another machine. The packages would be:

    $*"
        ;;
    esac
}

# The oldest Rust that Cargo.toml accepts. Debian's and Ubuntu's own is too old; their rustup is not, from Debian 13 and
# Ubuntu 24.04 on.
install_rust() {
    oldest=$(sed -n 's/^rust-version = "\([0-9.]*\)".*/\1/p' "$here/../Cargo.toml")
    recent_rust || case $family in
    debian) install rustup ;;
    fedora | rhel) install cargo rust clippy rustfmt ;;
    arch) command -v rustup >/dev/null || install rust ;;
    opensuse) install cargo rust ;;
    esac
    recent_rust || ! command -v rustup >/dev/null || rustup default stable
    recent_rust || fail "Rust $oldest or later is needed, and this release does not have it: see https://rustup.rs"
}

recent_rust() {
    found=$(cargo --version 2>/dev/null | cut -d ' ' -f 2)
    [ -n "$found" ] && at_least "${found%%-*}" "$oldest"
}

# A session's daemon starts by itself; the system's is a service, or, where nothing manages services (a container), a process.
start_libvirt() {
    if [ -d /run/systemd/system ]; then
        # One daemon for everything, or one for each driver; never both. What the distribution has chosen stays.
        if systemctl --quiet is-active libvirtd.socket virtqemud.socket || ! may_become_root; then
            return 0
        elif systemctl cat virtqemud.socket >/dev/null 2>&1; then
            as_root systemctl enable --now virtqemud.socket virtnetworkd.socket virtstoraged.socket virtnodedevd.socket
        else
            as_root systemctl enable --now libvirtd.socket
        fi
    elif may_become_root && ! as_root virsh --connect qemu:///system uri >/dev/null 2>&1; then
        as_root virtlogd --daemon
        as_root libvirtd --daemon
    fi
}
