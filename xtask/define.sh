#!/bin/sh
# Defines the machine of a definition: xtask/define.sh session/linux.xml. Does what `virsh define --validate FILE` does; only where
# libvirt cannot use KVM, the machine is defined as an emulated one, since libvirt would refuse it otherwise. A machine
# that is there already stays as it is.
set -eu

fail() {
    echo "define.sh: $*" >&2
    exit 1
}

case $#:${1:-} in
1:-*) fail "usage: xtask/define.sh DEFINITION, e.g. xtask/define.sh session/linux.xml" ;;
1:?*) file=$1 ;;
*) fail "usage: xtask/define.sh DEFINITION, e.g. xtask/define.sh session/linux.xml" ;;
esac
if [ ! -f "$file" ] || [ ! -r "$file" ]; then
    fail "$file: there is no such file, or you may not read it; name one under session/ or system/"
fi
command -v virsh >/dev/null || fail "there is no virsh: xtask/setup.sh host installs it"

# What each definition says of itself.
path=$(sed -n 's|.*<definition:definition [^>]*file="\([^"]*\)".*|\1|p' "$file" | head -n 1)
name=$(sed -n 's|^ *<name>\(.*\)</name>.*|\1|p' "$file" | head -n 1)
case $path in
session/cloud-hypervisor/*) made_for=ch:///session ;;
system/cloud-hypervisor/*) made_for=ch:///system ;;
session/*) made_for=qemu:///session ;;
system/*) made_for=qemu:///system ;;
*) fail "$file: is not one of this repository's definitions; virsh define --validate takes any" ;;
esac
uri=${LIBVIRT_DEFAULT_URI:-$made_for}

virsh --connect "$uri" uri >/dev/null
uses_kvm() {
    # Cloud Hypervisor's driver knows nothing else.
    case $uri in ch:*) return 0 ;; esac
    virsh --connect "$uri" domcapabilities --virttype kvm >/dev/null 2>&1
}
if virsh --connect "$uri" domid "$name" >/dev/null 2>&1; then
    echo "define.sh: $uri has a machine called $name already, which stays as it is"
elif uses_kvm; then
    virsh --connect "$uri" define --validate "$file"
else
    sed '/^<domain /s/type="kvm"/type="qemu"/' "$file" | virsh --connect "$uri" define --validate /dev/stdin
    echo "define.sh: libvirt cannot use KVM here, so $name is emulated, which is slow (type=\"qemu\" in the place of type=\"kvm\";" \
        "$file stays as it is). xtask/setup.sh host says what KVM lacks; once it works: virsh --connect $uri edit $name," \
        "and change that word back" >&2
fi
