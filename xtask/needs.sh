#!/bin/sh
# What the definitions need of a host, and how to look whether it has that: sourced by the scripts beside this one, changes
# nothing. Who sources it may set uri, libvirt's address, and arch, the processors that files are for (this host's, unless it is
# set), and change both between questions.
#
#   guests                         every guest
#   arch_of FILE                   the processors that the file is for; a question about it is about those
#   needs_here                     what the files for this host need, by id
#   files_of GUEST CONNECTION      the guest's files in the order in which a host should try them: the plain one, then those
#                                  that ask less of it
#   needs_of FILE, made_for FILE   what the file needs, by id; those of them that start.sh makes
#   floors_of FILE                 the oldest releases of libvirt, QEMU and Linux that it works with
#   missing_for FILE [ID]          what the file needs, this host lacks and start.sh cannot make. Without KVM, QEMU emulates:
#                                  kvm is only among them if it is named. A release that is too old is libvirt-9.0.0,
#                                  qemu-8.1.0 or, for KVM, linux-6.2, which what and help know, too.
#   has ID, had ID                 whether the host has it; whether it had when that was first asked of this address
#   what ID, help ID               what it is, and what to do where it is missing
#   packages_of FAMILY ID          the packages that bring it: debian, fedora, arch, opensuse, rhel
#   ask_libvirt                    asks for what libvirt says of itself, which can take seconds, and sets libvirt_version,
#                                  qemu_version and linux_version. The functions do so by themselves; in a subshell, each time
#                                  again.
#
# Beside those two, they leave asked, answers, capabilities and versions behind, and no other variable.
# shellcheck disable=SC2016,SC2034 # remedies have words in backquotes; who sources this uses the variables
: "${uri:=qemu:///session}"
# Stands before every path, for tests.
: "${root:=}"
: "${arch:=$(uname -m 2>/dev/null)}"
case $arch in
aarch64 | arm64) arch=aarch64 ;;
*) arch=x86_64 ;;
esac

asked=
ask_libvirt() {
    [ "$asked" != "$uri $arch" ] || return 0
    asked="$uri $arch"
    answers=' '
    # The machine of every file; emulated, since whether there is KVM is another question. The CPU's part is long and unused.
    capabilities=$(LC_ALL=C virsh --connect "$uri" domcapabilities --arch "$arch" --machine "$(board)" --virttype qemu </dev/null 2>/dev/null |
        sed '/^  <cpu>/,/^  <\/cpu>/d') || true
    versions=$(LC_ALL=C virsh --connect "$uri" version --daemon </dev/null 2>/dev/null) || true
    libvirt_version=$(printf '%s\n' "$versions" | sed -n 's/^Running against daemon: //p')
    # Without QEMU, virsh does not come that far.
    [ -n "$libvirt_version" ] || libvirt_version=$(printf '%s\n' "$versions" | sed -n 's/^Using library: libvirt //p')
    qemu_version=$(printf '%s\n' "$versions" | sed -n 's/^Running hypervisor: QEMU //p')
    linux_version=$(uname -r)
}

board() { if [ "$arch" = x86_64 ]; then echo q35; else echo virt; fi; }
guests() { printf '%s' "$definitions" | sed -n "s/^[^ ]* $arch \([^ ]*\) plain .*/\1/p" | uniq; }
files_of() {
    printf '%s' "$definitions" | sed -n -e "s|^\($2/[^ ]*\) $arch $1 plain .*|\1|p" -e "s|^\($2/[^ ]*\) $arch $1 stands-in .*|\1|p"
}
arch_of() { printf '%s' "$definitions" | sed -n "s|^$1 \([^ ]*\) .*|\1|p"; }
needs_here() {
    printf '%s' "$definitions" | sed -n "s|^[^ ]* $arch [^ ]* [^ ]* [^ ]* [^ ]* [^ ]* ||p" | tr ' ' '\n' | sed 's/:.*//' | awk '!seen[$0]++'
}
# Floors and needs of a file, or a failure if there is no such file.
about() { printf '%s' "$definitions" | sed -n "s|^$1 [^ ]* [^ ]* [^ ]* ||p" | grep .; }
floors_of() (known=$(about "$1") && echo "$known" | cut -d ' ' -f 1-3)
needs_of() (known=$(about "$1") && echo "$known" | cut -d ' ' -f 4- | sed 's/:[a-z]*//g')
made_for() (known=$(about "$1") && echo "$known" | tr ' ' '\n' | sed -n 's/:made$//p')

missing_for() {
    ask_libvirt
    (list_missing "$@")
}

list_missing() {
    known=$(about "$1") || return
    arch=$(arch_of "$1")
    ask_libvirt
    # Most other answers come from it.
    had libvirt || { echo libvirt && return; }
    for need in $(echo "$known" | cut -d ' ' -f 4-); do
        case $need in
        *:made) continue ;;
        *:emulated) [ "${need%:*}" = "${2:-}" ] || continue ;;
        esac
        had "${need%:*}" || echo "${need%:*}"
    done
    # shellcheck disable=SC2046 # they are three words
    set -- $(floors_of "$1")
    [ -z "$libvirt_version" ] || at_least "$libvirt_version" "$1" || echo "libvirt-$1"
    [ -z "$qemu_version" ] || at_least "$qemu_version" "$2" || echo "qemu-$2"
    # Nothing is asked of a kernel whose KVM is not used.
    at_least "$linux_version" "$3" || ! had kvm || echo "linux-$3"
}

has() {
    ask_libvirt
    (check "$1") </dev/null >/dev/null 2>&1
}

had() {
    ask_libvirt
    case $answers in
    *" $1:yes "*) return 0 ;;
    *" $1:no "*) return 1 ;;
    esac
    if has "$1"; then answers="$answers$1:yes "; else answers="$answers$1:no " && return 1; fi
}

what() {
    case $1 in
    libvirt-*) echo "libvirt ${1#*-} or later (this host has ${libvirt_version:-none})" ;;
    qemu-*) echo "QEMU ${1#*-} or later (this host has ${qemu_version:-none})" ;;
    linux-*) echo "Linux ${1#*-} or later (this host has $linux_version)" ;;
    *) noun_phrase "$1" ;;
    esac
}

help() {
    case $1 in
    libvirt-* | qemu-* | linux-*) echo "take a file that works with older releases, or a newer release of the distribution" ;;
    *) remedy "$1" ;;
    esac
}

# Whether one release is as new as another: at_least 10.0.0 8.6.
at_least() {
    awk -v have="$1" -v want="$2" 'BEGIN {
        split(have, one, "."); split(want, other, ".")
        for (i = 1; i <= 3; i++) if (one[i] + 0 != other[i] + 0) exit one[i] + 0 < other[i] + 0
    }'
}

# The checks are made of these.

# Whether libvirt lists a value: offers graphics type spice.
offers() {
    printf '%s\n' "$capabilities" | sed -n "/<$1 supported/,/<\/$1>/p" | sed -n "/<enum name='$2'>/,/<\/enum>/p" |
        grep "<value>$3</value>"
}

# Whether something is active, by libvirt's list: lists net-list default.
lists() { LC_ALL=C virsh --connect "$uri" "$1" --name | grep "^$2 *$"; }

# A session's machines open devices as their user does; the system's, as libvirt sees to it.
may_open() {
    case $uri in
    */session) [ -r "$1" ] && [ -w "$1" ] ;;
    *) [ -e "$1" ] ;;
    esac
}

# Whether libvirt and QEMU can use KVM. Cloud Hypervisor's driver uses nothing else, and is not asked.
virtualizes() {
    may_open "$root/dev/kvm" || return
    case $uri in qemu:*) virsh --connect "$uri" domcapabilities --arch "$arch" --virttype kvm && takes_processor ;; esac
}

# Whether QEMU starts with this host's processor under KVM. In virtual machines of some clouds, KVM refuses a setting that it
# offers, and QEMU aborts; libvirt learns of it when it starts a machine. Who may not open KVM cannot tell.
takes_processor() {
    { [ -r "$root/dev/kvm" ] && [ -w "$root/dev/kvm" ]; } || return 0
    status=0
    echo '{"execute":"qmp_capabilities"}{"execute":"quit"}' |
        timeout 20 "$(emulator)" -machine "$(board)" -accel kvm -cpu host -nodefaults -display none -S -qmp stdio || status=$?
    # Killed by a signal, as a shell says it.
    [ "$status" -lt 128 ]
}

# The path of QEMU.
emulator() {
    path=$(printf '%s\n' "$capabilities" | sed -n 's/^ *<path>\(.*\)<\/path>/\1/p')
    [ -n "$path" ] || path=$(command -v "qemu-system-$arch") || path=$root/usr/libexec/qemu-kvm
    echo "$path"
}

has_slirp() { "$(emulator)" -netdev help | grep -x user; }

# The driver of a render node's device: amdgpu.
driver_of() { basename "$(readlink "$root/sys/class/drm/${1##*/}/device/driver")"; }

# Whether a guest can draw with the host's GPU. libvirt takes any render node, so each must do: Mesa has a driver for it, which it
# has not beside NVIDIA's own. And a QEMU that is made of modules needs those for OpenGL.
renders() {
    for node in "$root"/dev/dri/renderD*; do
        may_open "$node" || return
        case $(driver_of "$node") in amdgpu | i915 | nouveau | radeon | xe) ;; *) return 1 ;; esac
    done
    for modules in "$root"/usr/lib/qemu "$root"/usr/lib64/qemu "$root"/usr/lib/*/qemu; do
        for module in "$modules"/ui-*.so; do
            [ ! -e "$module" ] || [ -e "$modules/hw-display-virtio-vga-gl.so" ] || return
        done
    done
}

# Whether one of some files is there.
has_one() {
    for file in "$@"; do [ ! -e "$file" ] || return 0; done
    return 1
}

# Whether there is what draws a guest's Vulkan: virglrenderer's program for it, and a driver.
draws_vulkan() {
    has_one "$root"/usr/libexec/virgl_render_server "$root"/usr/lib/virgl_render_server &&
        has_one "$root"/usr/share/vulkan/icd.d/*.json "$root"/etc/vulkan/icd.d/*.json
}

# Whether libvirt starts QEMU without its sandbox.
has_no_sandbox() {
    case $uri in
    */session) folder=$HOME/.config ;;
    *) folder=/etc ;;
    esac
    grep '^ *seccomp_sandbox *= *0' "$root$folder/libvirt/qemu.conf"
}

# Whether there is a program that serves shared folders, as libvirt finds it: by its description for QEMU.
shares_folders() {
    for file in "$root"/etc/qemu/vhost-user/*.json "$root"/usr/share/qemu/vhost-user/*.json; do
        [ -r "$file" ] || continue
        described=$(tr -d ' \n\t' <"$file")
        case $described in *'"type":"fs"'*) ;; *) continue ;; esac
        program=${described##*'"binary":"'}
        [ ! -x "$root${program%%\"*}" ] || return 0
    done
    return 1
}

# From defs/needs.rs. Of each file: path, processors, guest, role, the floors of libvirt, QEMU and Linux, needs; see defs/shell.rs.
# BEGIN GENERATED needs
floor_libvirt=8.6.0 floor_qemu=7.0.0
needs="kvm libvirt qemu ovmf pool user_network spice render_node swtpm image network virtiofsd share passt venus no_sandbox qemu_arm aavmf cloud_hypervisor cloudhv_firmware home_image secure_boot"
tools="viewer virt_xml"
definitions='
session/linux.xml x86_64 linux plain 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf pool:made user_network spice render_node swtpm
system/linux.xml x86_64 linux plain 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf image:made network:made spice virtiofsd share:made render_node swtpm
session/linux-2d.xml x86_64 linux stands-in 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf pool:made user_network spice swtpm
system/linux-2d.xml x86_64 linux stands-in 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf image:made network:made spice virtiofsd share:made swtpm
session/linux-portable.xml x86_64 linux stands-in 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf pool:made user_network
system/linux-portable.xml x86_64 linux stands-in 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf image:made network:made
session/linux-cloud.xml x86_64 linux - 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf pool:made user_network
system/linux-cloud.xml x86_64 linux - 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf image:made network:made
session/linux-latest.xml x86_64 linux - 11.2.0 10.0.0 0.0 kvm:emulated libvirt qemu ovmf pool:made user_network passt spice render_node swtpm
system/linux-latest.xml x86_64 linux - 11.2.0 10.0.0 0.0 kvm:emulated libvirt qemu ovmf image:made network:made spice virtiofsd share:made render_node swtpm
session/linux-vulkan.xml x86_64 linux - 9.2.0 9.2.0 6.13 kvm:emulated libvirt qemu ovmf pool:made user_network spice render_node venus no_sandbox swtpm
system/linux-vulkan.xml x86_64 linux - 9.2.0 9.2.0 6.13 kvm:emulated libvirt qemu ovmf image:made network:made spice virtiofsd share:made render_node venus no_sandbox swtpm
system/linux-passthrough.xml x86_64 linux - 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf image:made network:made spice swtpm
session/aarch64/linux.xml aarch64 linux plain 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu_arm aavmf pool:made user_network spice render_node swtpm
system/aarch64/linux.xml aarch64 linux plain 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu_arm aavmf image:made network:made spice virtiofsd share:made render_node swtpm
session/aarch64/linux-2d.xml aarch64 linux stands-in 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu_arm aavmf pool:made user_network spice swtpm
system/aarch64/linux-2d.xml aarch64 linux stands-in 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu_arm aavmf image:made network:made spice virtiofsd share:made swtpm
session/aarch64/linux-portable.xml aarch64 linux stands-in 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu_arm aavmf pool:made user_network
system/aarch64/linux-portable.xml aarch64 linux stands-in 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu_arm aavmf image:made network:made
session/aarch64/linux-cloud.xml aarch64 linux - 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu_arm aavmf pool:made user_network
system/aarch64/linux-cloud.xml aarch64 linux - 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu_arm aavmf image:made network:made
session/cloud-hypervisor/linux.xml x86_64 linux - 10.7.0 0.0.0 0.0 kvm libvirt cloud_hypervisor cloudhv_firmware home_image:made
system/cloud-hypervisor/linux.xml x86_64 linux - 10.7.0 0.0.0 0.0 kvm libvirt cloud_hypervisor cloudhv_firmware image:made network:made
session/windows.xml x86_64 windows plain 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf pool:made user_network spice secure_boot swtpm
system/windows.xml x86_64 windows plain 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf image:made network:made spice virtiofsd share:made secure_boot swtpm
session/windows-inbox.xml x86_64 windows - 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf pool:made user_network spice secure_boot swtpm
system/windows-inbox.xml x86_64 windows - 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf image:made network:made spice secure_boot swtpm
session/windows-portable.xml x86_64 windows stands-in 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf pool:made user_network secure_boot swtpm
system/windows-portable.xml x86_64 windows stands-in 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf image:made network:made secure_boot swtpm
session/windows-latest.xml x86_64 windows - 11.2.0 10.0.0 6.2 kvm:emulated libvirt qemu ovmf pool:made user_network passt spice secure_boot swtpm
system/windows-latest.xml x86_64 windows - 11.2.0 10.0.0 6.2 kvm:emulated libvirt qemu ovmf image:made network:made spice virtiofsd share:made secure_boot swtpm
system/windows-passthrough.xml x86_64 windows - 9.7.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf image:made network:made spice secure_boot swtpm
session/windows10.xml x86_64 windows10 plain 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf pool:made user_network spice
system/windows10.xml x86_64 windows10 plain 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf image:made network:made spice virtiofsd share:made
session/windows10-portable.xml x86_64 windows10 stands-in 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf pool:made user_network
system/windows10-portable.xml x86_64 windows10 stands-in 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf image:made network:made
session/freebsd.xml x86_64 freebsd plain 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf pool:made user_network spice
system/freebsd.xml x86_64 freebsd plain 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf image:made network:made spice
session/freebsd-portable.xml x86_64 freebsd stands-in 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf pool:made user_network
system/freebsd-portable.xml x86_64 freebsd stands-in 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf image:made network:made
session/aarch64/freebsd.xml aarch64 freebsd plain 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu_arm aavmf pool:made user_network spice
system/aarch64/freebsd.xml aarch64 freebsd plain 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu_arm aavmf image:made network:made spice
session/aarch64/freebsd-portable.xml aarch64 freebsd stands-in 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu_arm aavmf pool:made user_network
system/aarch64/freebsd-portable.xml aarch64 freebsd stands-in 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu_arm aavmf image:made network:made
session/openbsd.xml x86_64 openbsd plain 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf pool:made user_network spice
system/openbsd.xml x86_64 openbsd plain 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf image:made network:made spice
session/openbsd-portable.xml x86_64 openbsd stands-in 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf pool:made user_network
system/openbsd-portable.xml x86_64 openbsd stands-in 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf image:made network:made
session/haiku.xml x86_64 haiku plain 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf pool:made user_network spice
system/haiku.xml x86_64 haiku plain 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf image:made network:made spice
session/haiku-portable.xml x86_64 haiku stands-in 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf pool:made user_network
system/haiku-portable.xml x86_64 haiku stands-in 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf image:made network:made
session/haiku-beta4.xml x86_64 haiku - 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf pool:made user_network spice
system/haiku-beta4.xml x86_64 haiku - 8.6.0 7.0.0 0.0 kvm:emulated libvirt qemu ovmf image:made network:made spice
'
check() {
    case $1 in
    kvm) virtualizes ;;
    libvirt) virsh --connect "$uri" uri || virsh --connect "qemu:${uri#*:}" uri ;;
    qemu) [ -x "$(emulator)" ] ;;
    ovmf) offers os firmware efi ;;
    pool) lists pool-list default ;;
    user_network) has_slirp || { command -v passt && at_least "$libvirt_version" 10.6.0; } ;;
    spice) offers graphics type spice ;;
    render_node) renders ;;
    swtpm) offers tpm backendModel emulator ;;
    image) [ -d "$root/var/lib/libvirt/images" ] ;;
    network) [ -e "$root/dev/net/tun" ] && lists net-list default ;;
    virtiofsd) shares_folders ;;
    share) [ -d "$root/var/lib/libvirt/share" ] ;;
    passt) command -v passt ;;
    venus) draws_vulkan ;;
    no_sandbox) has_no_sandbox ;;
    qemu_arm) [ -x "$(emulator)" ] ;;
    aavmf) offers os firmware efi ;;
    cloud_hypervisor) version=$(cloud-hypervisor --version) && at_least 53.999 "${version##*v}" && virsh --connect "ch:${uri#*:}" uri ;;
    cloudhv_firmware) [ -r "$root/usr/share/cloudhv-efi-x86-64/CLOUDHV.fd" ] ;;
    home_image) [ -d "$root$HOME/.local/share/libvirt/images" ] ;;
    secure_boot) offers loader secure yes ;;
    viewer) command -v virt-viewer ;;
    virt_xml) command -v virt-xml ;;
    *) return 1 ;;
    esac
}
noun_phrase() {
    case $1 in
    kvm) echo 'KVM: `/dev/kvm`, readable and writable' ;;
    libvirt) echo 'libvirt' ;;
    qemu) echo 'QEMU for x86_64' ;;
    ovmf) echo 'UEFI firmware (OVMF)' ;;
    pool) echo 'the pool `default` with the guest'\''s volume' ;;
    user_network) echo 'SLIRP in QEMU, or passt (libvirt 10.6 and later)' ;;
    spice) echo 'SPICE in QEMU' ;;
    render_node) echo 'a render node: `/dev/dri/renderD*`, with Mesa drivers' ;;
    swtpm) echo 'swtpm' ;;
    image) echo 'the guest'\''s disk image in `/var/lib/libvirt/images`' ;;
    network) echo 'the network `default`, active' ;;
    virtiofsd) echo 'virtiofsd' ;;
    share) echo 'the folder `/var/lib/libvirt/share`' ;;
    passt) echo 'passt' ;;
    venus) echo 'virglrenderer 1.0 or later with `virgl_render_server`, and a Vulkan driver for the GPU' ;;
    no_sandbox) echo 'QEMU outside libvirt'\''s sandbox: `seccomp_sandbox = 0` in libvirt'\''s `qemu.conf`' ;;
    qemu_arm) echo 'QEMU for aarch64' ;;
    aavmf) echo 'UEFI firmware for ARM (AAVMF)' ;;
    cloud_hypervisor) echo 'Cloud Hypervisor up to 53, and libvirt'\''s driver for it' ;;
    cloudhv_firmware) echo 'UEFI firmware for Cloud Hypervisor (`CLOUDHV.fd`), and its path in the file' ;;
    home_image) echo 'the guest'\''s disk image in `~/.local/share/libvirt/images`, and the path of your home in the file' ;;
    secure_boot) echo 'UEFI firmware with Secure Boot' ;;
    viewer) echo 'virt-viewer' ;;
    virt_xml) echo '`virt-xml`' ;;
    *) return 1 ;;
    esac
}
remedy() {
    case $1 in
    kvm) echo 'check that `/dev/kvm` exists (if not, enable VT-x or AMD-V in the firmware setup of a PC; on ARM, the kernel must have been started at EL2) and that you may open it: `sudo usermod --append --groups kvm "$USER"`, then log in again. Until then, `xtask/start.sh` starts an emulated machine, which is slow' ;;
    libvirt) echo 'install it, then run `sudo systemctl enable --now libvirtd.socket` (`virtqemud.socket` where the distribution uses modular daemons)' ;;
    qemu) echo 'install it' ;;
    ovmf) echo 'install it; if it is installed, KVM is the cause, see above' ;;
    pool) echo 'run `virsh pool-start default` if the pool exists but is not active; otherwise create it and the volume, see session/README.md' ;;
    user_network) echo 'install passt, and libvirt 10.6 or later' ;;
    spice) echo 'install the modules; RHEL and its family have none, so take a portable file there' ;;
    render_node) echo 'use a file without 3D: the host has no GPU driver with a render node, see session/changing.md' ;;
    swtpm) echo 'install it' ;;
    image) echo 'create it, see system/README.md; if the message ends with `Permission denied`, QEMU may not read the file: copy it into `/var/lib/libvirt/images`' ;;
    network) echo '`sudo virsh net-autostart default && sudo virsh net-start default`; if libvirt reports `Network not found`, install the package first; if `/dev/net/tun` is missing, run `sudo modprobe tun`, and in a container pass that device in' ;;
    virtiofsd) echo 'install it; on Debian 12, it is part of that release'\''s own QEMU 7.2 and missing beside the QEMU from backports' ;;
    share) echo 'create it, see system/README.md' ;;
    passt) echo 'install it' ;;
    venus) echo 'install both: on Debian and Ubuntu `virgl-server` and `mesa-vulkan-drivers`, on Fedora `virglrenderer` and `mesa-vulkan-drivers`, on Arch `virglrenderer` and `vulkan-radeon` or `vulkan-intel`. Debian 12 has an older virglrenderer, with which QEMU does not start the machine (`old virglrenderer, venus unsupported`)' ;;
    no_sandbox) echo 'write that line into `~/.config/libvirt/qemu.conf` for a session, or `/etc/libvirt/qemu.conf` for the system, and restart libvirt. In the sandbox, QEMU may start no other program, and Vulkan is drawn by one. The line goes for every machine there, so weigh it if you run guests that you do not trust' ;;
    qemu_arm) echo 'install it' ;;
    aavmf) echo 'install it; if it is installed, KVM is the cause, see above' ;;
    cloud_hypervisor) echo 'install both; Debian has neither, and libvirt'\''s own package of the driver is `libvirt-daemon-driver-ch`. Releases after 53 refuse every disk whose format they are not told, and libvirt does not tell it' ;;
    cloudhv_firmware) echo 'take it from Debian'\''s package `cloudhv-efi-x86-64` or from Cloud Hypervisor'\''s own builds of edk2, and write its path into `<kernel>`' ;;
    home_image) echo 'create it, see session/cloud-hypervisor/README.md' ;;
    secure_boot) echo 'install it; a machine with Secure Boot needs a build that can verify boot loaders. If it is installed, KVM is the cause, see above' ;;
    viewer) echo 'install it; without it, look at the machine from virt-manager or from another host' ;;
    virt_xml) echo 'install it, or change the machine with `virsh edit`' ;;
    *) return 1 ;;
    esac
}
packages_of() {
    case $1:$2 in
    debian:libvirt) echo 'libvirt-daemon-system libvirt-clients' ;;
    fedora:libvirt) echo 'libvirt-daemon-kvm libvirt-client' ;;
    arch:libvirt) echo 'libvirt' ;;
    opensuse:libvirt) echo 'libvirt-daemon-qemu libvirt-client' ;;
    rhel:libvirt) echo 'libvirt-daemon-kvm libvirt-client' ;;
    debian:qemu) echo 'qemu-system-x86 qemu-utils' ;;
    fedora:qemu) echo 'qemu-kvm qemu-img' ;;
    arch:qemu) echo 'qemu-desktop' ;;
    opensuse:qemu) echo 'qemu-x86 qemu-img qemu-tools' ;;
    rhel:qemu) echo 'qemu-kvm qemu-img' ;;
    debian:ovmf) echo 'ovmf' ;;
    fedora:ovmf) echo 'edk2-ovmf' ;;
    arch:ovmf) echo 'edk2-ovmf' ;;
    opensuse:ovmf) echo 'qemu-ovmf-x86_64' ;;
    rhel:ovmf) echo 'edk2-ovmf' ;;
    debian:user_network) echo 'passt' ;;
    fedora:user_network) echo 'passt' ;;
    arch:user_network) echo 'passt' ;;
    opensuse:user_network) echo 'passt' ;;
    rhel:user_network) echo 'passt' ;;
    debian:spice) echo 'qemu-system-modules-spice' ;;
    fedora:spice) echo 'qemu-kvm' ;;
    arch:spice) echo 'qemu-ui-spice-core qemu-chardev-spice qemu-audio-spice qemu-hw-usb-redirect qemu-hw-display-virtio-gpu qemu-hw-display-virtio-vga' ;;
    opensuse:spice) echo 'qemu-ui-spice-core qemu-chardev-spice qemu-audio-spice qemu-hw-usb-redirect qemu-hw-display-virtio-gpu qemu-hw-display-virtio-vga' ;;
    debian:render_node) echo 'qemu-system-modules-opengl qemu-system-gui libegl1 libgl1-mesa-dri' ;;
    fedora:render_node) echo 'mesa-dri-drivers mesa-libEGL' ;;
    arch:render_node) echo 'mesa qemu-ui-opengl qemu-hw-display-virtio-gpu-gl qemu-hw-display-virtio-vga-gl qemu-hw-display-virtio-gpu-pci-gl' ;;
    opensuse:render_node) echo 'Mesa-dri Mesa-libEGL1 qemu-ui-opengl' ;;
    debian:swtpm) echo 'swtpm swtpm-tools' ;;
    fedora:swtpm) echo 'swtpm swtpm-tools' ;;
    arch:swtpm) echo 'swtpm' ;;
    opensuse:swtpm) echo 'swtpm' ;;
    rhel:swtpm) echo 'swtpm swtpm-tools' ;;
    debian:network) echo 'libvirt-daemon-config-network dnsmasq-base' ;;
    fedora:network) echo 'libvirt-daemon-config-network' ;;
    arch:network) echo 'dnsmasq' ;;
    opensuse:network) echo 'libvirt-daemon-config-network' ;;
    rhel:network) echo 'libvirt-daemon-config-network' ;;
    debian:virtiofsd) echo 'virtiofsd' ;;
    fedora:virtiofsd) echo 'virtiofsd' ;;
    arch:virtiofsd) echo 'virtiofsd' ;;
    opensuse:virtiofsd) echo 'virtiofsd' ;;
    rhel:virtiofsd) echo 'virtiofsd' ;;
    debian:passt) echo 'passt' ;;
    fedora:passt) echo 'passt' ;;
    arch:passt) echo 'passt' ;;
    opensuse:passt) echo 'passt' ;;
    rhel:passt) echo 'passt' ;;
    debian:qemu_arm) echo 'qemu-system-arm qemu-utils' ;;
    fedora:qemu_arm) echo 'qemu-system-aarch64 qemu-img' ;;
    arch:qemu_arm) echo 'qemu-system-aarch64 qemu-img qemu-hw-display-virtio-gpu-pci' ;;
    opensuse:qemu_arm) echo 'qemu-arm qemu-img qemu-tools qemu-hw-display-virtio-gpu-pci' ;;
    rhel:qemu_arm) echo 'qemu-kvm qemu-img' ;;
    debian:aavmf) echo 'qemu-efi-aarch64' ;;
    fedora:aavmf) echo 'edk2-aarch64' ;;
    arch:aavmf) echo 'edk2-aarch64' ;;
    opensuse:aavmf) echo 'qemu-uefi-aarch64' ;;
    rhel:aavmf) echo 'edk2-aarch64' ;;
    debian:secure_boot) echo 'ovmf' ;;
    fedora:secure_boot) echo 'edk2-ovmf' ;;
    arch:secure_boot) echo 'edk2-ovmf' ;;
    opensuse:secure_boot) echo 'qemu-ovmf-x86_64' ;;
    rhel:secure_boot) echo 'edk2-ovmf' ;;
    debian:viewer) echo 'virt-viewer' ;;
    fedora:viewer) echo 'virt-viewer' ;;
    arch:viewer) echo 'virt-viewer' ;;
    opensuse:viewer) echo 'virt-viewer' ;;
    rhel:viewer) echo 'virt-viewer' ;;
    debian:virt_xml) echo 'virtinst' ;;
    fedora:virt_xml) echo 'virt-install' ;;
    arch:virt_xml) echo 'virt-install' ;;
    opensuse:virt_xml) echo 'virt-install' ;;
    rhel:virt_xml) echo 'virt-install' ;;
    *) return 1 ;;
    esac
}
# END GENERATED needs
