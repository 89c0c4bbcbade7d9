#!/bin/sh
# Looks at a machine, or prepares it. Its parts are in xtask/setup, the needs of the definitions in xtask/needs.sh.
set -eu
here=$(dirname "$0")
# shellcheck source=xtask/needs.sh
. "$here/needs.sh"
# shellcheck source=xtask/setup/distributions.sh
. "$here/setup/distributions.sh"
# shellcheck source=xtask/setup/install.sh
. "$here/setup/install.sh"
# shellcheck source=xtask/setup/check.sh
. "$here/setup/check.sh"

usage="usage: xtask/setup.sh check              look at this machine: what of our files runs here, and what is missing
       xtask/setup.sh host               install what the definitions need, and make libvirt answer
       xtask/setup.sh dev                what building and testing this repository needs as well
options: --yes      do not ask before installing
         --dry-run  only print which packages would be installed if none were there yet"

fail() {
    printf 'setup.sh: %s\n' "$*" >&2
    exit 1
}

verb=${1:-} yes=no dry=no
[ $# -eq 0 ] || shift
for option in "$@"; do
    case $option in
    --yes) yes=yes ;;
    --dry-run) dry=yes ;;
    *) fail "unknown option '$option'
$usage" ;;
    esac
done
case $verb in
check | host | dev) ;;
-h | --help) echo "$usage" && exit ;;
*) fail "$usage" ;;
esac
finish() {
    check_host
    [ -n "$fits" ] || [ "$verb" = dev ] || fail "no definition runs here yet, see above"
    exit 0
}
[ "$verb" != check ] || finish

find_family
age=$(find_age)
packages=$(packages_for "$verb" | sort -u)
# Nothing of ours would run, unless libvirt came from elsewhere.
if [ -n "$age" ] && [ "$verb" = host ]; then
    found=
    [ "$dry" = yes ] || found=$(virsh --version 2>/dev/null) || found=
    at_least "$found" "$floor_libvirt" || fail "$age"
fi
[ -z "$age" ] || echo "setup.sh: $age" >&2
[ "$family" != rhel ] || echo "setup.sh: QEMU has no SPICE and no 3D in RHEL and its family: the portable files run here"
# shellcheck disable=SC2086 # a list of names
install $packages
[ "$dry" = no ] || exit 0
[ "$verb" = host ] || install_rust
! command -v virsh >/dev/null || start_libvirt
echo
finish
