#!/bin/sh
# Which distribution this is, and how its packages are dealt with: sourced by xtask/setup.sh.
# shellcheck disable=SC2034,SC2154 # what is not used or set here, the other parts and xtask/needs.sh use or set

# What a distribution says of itself; another file for tests, which are about distributions that the machine does not have.
: "${OS_RELEASE:=/etc/os-release}"

# Releases that are still in use, with what they have of libvirt and QEMU, and the first release that has newer ones: those that
# may be below the floor. By code name, platform, or name and version.
old_releases='focal 6.0.0 4.2.1 Ubuntu 24.04
jammy 8.0.0 6.2.0 Ubuntu 24.04
bullseye 7.0.0 5.2.0 Debian 12
platform:el8 8.0.0 6.2.0 release 9
opensuse-leap-15.4 8.0.0 6.2.0 Leap 15.6'

# One of the distribution's own words: of_release ID.
of_release() (
    # shellcheck source=/dev/null
    . "$OS_RELEASE"
    eval "printf '%s' \"\${$1:-}\""
)

# Sets distribution, the name that people know it by; family, which packages are listed by; manager, which the functions below
# are named after; and image: what changes a system that is an image, which no package manager does.
find_family() {
    [ -r "$OS_RELEASE" ] || fail "$OS_RELEASE is missing, so the distribution is unknown. The definitions need:$(all_needs)"
    id=$(of_release ID)
    distribution=$(of_release PRETTY_NAME)
    : "${distribution:=$id}"
    family=
    for word in "$id" $(of_release ID_LIKE); do
        family=$(family_of "$word")
        [ -z "$family" ] || break
    done
    case $family in
    debian) manager=apt ;;
    fedora | rhel) manager=dnf ;;
    arch) manager=pacman ;;
    opensuse) manager=zypper ;;
    *) fail "no packages are known for $distribution. The definitions need:$(all_needs)" ;;
    esac
    image=$(image_of "$id" "$(of_release VARIANT_ID)")
}

# The family of a word from ID or ID_LIKE. Some that are made from Fedora call themselves like RHEL; their platform does not lie.
family_of() {
    case $1 in
    # It calls itself like Fedora, and has packages of its own.
    mageia | amzn) fail "no packages are known for $distribution. The definitions need:$(all_needs)" ;;
    debian | ubuntu) echo debian ;;
    fedora | nobara) echo fedora ;;
    rhel | centos | rocky | almalinux | ol)
        case $(of_release PLATFORM_ID) in platform:f*) echo fedora ;; *) echo rhel ;; esac
        ;;
    arch) echo arch ;;
    suse | sles | opensuse*) echo opensuse ;;
    esac
}

# What changes the system, where it is an image: rpm-ostree, transactional-update; or nothing does (read-only).
image_of() {
    case $1:$2 in
    *:container | *:toolbx) ;;
    steamos:*) echo read-only ;;
    opensuse-microos:* | opensuse-aeon:* | opensuse-kalpa:* | sl-micro:* | sle-micro:*) echo transactional-update ;;
    fedora:silverblue | fedora:kinoite | fedora:sericea | fedora:onyx | fedora:*-atomic | fedora:iot | fedora:coreos | bazzite:* | bluefin:* | aurora:*)
        echo rpm-ostree
        ;;
    *)
        if [ -n "$(of_release OSTREE_VERSION)" ] || { [ "$OS_RELEASE" = /etc/os-release ] && [ -e /run/ostree-booted ]; }; then
            echo rpm-ostree
        fi
        ;;
    esac
}

# Everything that the definitions need, a line each, for a distribution that no packages are known for.
all_needs() {
    for need in $needs $tools; do
        printf '\n  - %s' "$(what "$need")"
    done
}

# If this is a release with a libvirt or a QEMU that is too old, says so and what to do.
find_age() {
    for word in "$(of_release UBUNTU_CODENAME)" "$(of_release VERSION_CODENAME)" "$(of_release PLATFORM_ID)" \
        "$(of_release ID)-$(of_release VERSION_ID)"; do
        known=$(printf '%s\n' "$old_releases" | sed -n "s/^$word //p")
        [ -z "$known" ] || break
    done
    [ -n "$known" ] || return 0
    old_libvirt=${known%% *} known=${known#* }
    at_least "$old_libvirt" "$floor_libvirt" && at_least "${known%% *}" "$floor_qemu" ||
        echo "$distribution has libvirt $old_libvirt and QEMU ${known%% *}; the definitions need libvirt $floor_libvirt and QEMU" \
            "$floor_qemu, or later. Upgrade to ${known#* } or later, or to what is made from it"
}

# For each manager: whether a package is installed; whether the distribution has it; whether the list of packages is here;
# getting that list; installing packages; the command that does so, for people; and what installing takes, if it is cheap to say.

apt_installed() { dpkg-query --show --showformat='${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed; }
apt_known() { apt-cache policy "$1" | grep -q '^  Candidate: [^(]'; }
apt_listed() { find /var/lib/apt/lists -name '*_Packages*' 2>/dev/null | grep -q .; }
apt_refresh() { as_root apt-get --quiet update; }
apt_install() {
    target=$(apt_target)
    as_root env DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes --no-install-recommends ${target:+"$target"} install "$@"
}
apt_command="apt-get --no-install-recommends install"
apt_size() {
    target=$(apt_target)
    LC_ALL=C apt-get --option Debug::NoLocking=true --assume-no --no-install-recommends ${target:+"$target"} install "$@" 2>/dev/null |
        sed -n -e 's/^Need to get \([^/]* [kMG]*B\).* of archives.*/\1 to download/p' \
            -e 's/^After this operation, \(.*\) of additional disk space.*/\1 on disk/p' | paste -s -d , - | sed 's/,/, /'
}
# The suite that QEMU came from, if apt takes nothing from there unasked, as from backports: what goes with QEMU must come from
# there, too.
apt_target() {
    apt-cache policy qemu-system-x86 2>/dev/null | awk '
        /^ \*\*\*/ { installed = 1; next }
        installed && / Packages$/ { if ($1 < 500) print "--target-release=" substr($3, 1, index($3, "/") - 1); exit }'
}

dnf_installed() { rpm --quiet --query --whatprovides "$1"; }
dnf_known() { dnf --quiet info "$1" >/dev/null 2>&1; }
dnf_listed() { :; }
dnf_refresh() { :; }
dnf_install() { as_root dnf --assumeyes install "$@"; }
dnf_command="dnf install"
dnf_size() { :; }

pacman_installed() { pacman --query "$1" >/dev/null 2>&1; }
pacman_known() { pacman --sync --info "$1" >/dev/null 2>&1; }
# Only where there is no list at all: refreshing an old one without an upgrade is not supported on Arch.
pacman_listed() { pacman --sync --info pacman >/dev/null 2>&1; }
pacman_refresh() { pacman_listed || as_root pacman --sync --refresh; }
pacman_install() { as_root pacman --sync --needed --noconfirm "$@"; }
pacman_command="pacman --sync --needed"
pacman_size() { :; }

zypper_installed() { rpm --quiet --query --whatprovides "$1"; }
zypper_known() { zypper --non-interactive --quiet search --match-exact "$1" >/dev/null 2>&1; }
zypper_listed() { zypper --non-interactive --quiet --no-refresh search --uninstalled-only --match-exact libvirt-doc >/dev/null 2>&1; }
zypper_refresh() { as_root zypper --non-interactive refresh; }
zypper_install() { as_root zypper --non-interactive install --no-recommends "$@"; }
zypper_command="zypper install --no-recommends"
zypper_size() { :; }
