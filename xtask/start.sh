#!/bin/sh
# Takes a guest from its definition to a screen: makes what is missing of the pool, the disk, the network, the shared folder and
# the machine, inserts the media, starts the machine and opens a viewer. Prints each command that changes something, as you could
# type it. What is there already stays as it is.
set -eu
exec 3>&1

usage() {
    cat <<'USAGE'
usage: xtask/start.sh GUEST|DEFINITION [MEDIUM [MEDIUM]] [OPTION]...

  GUEST          linux, windows, freebsd, ...: takes the file that fits this host best, and says which
  DEFINITION     a file, such as session/linux-2d.xml or one that `cargo xtask render` has written: takes this one
  MEDIUM         a disc image (.iso) to install from; for Windows, virtio-win.iso as the second one

  --name NAME    the name of the machine and its disk, for a second machine of the same guest
  --disk SIZE    the size of a new disk in GiB, such as 120G
  --disk FILE    a copy of this disk (qcow2, raw, vdi, vmdk, ...) instead of an empty one
  --connect URI  qemu:///session (the default) or qemu:///system
  --kvm          stop where KVM cannot be used, instead of emulating the machine
  --dry-run      print the commands and run none of them
USAGE
}
say() { echo "start.sh: $*" >&2; }
fail() {
    say "$@"
    exit 1
}

# Prints a command as a person can type it, and runs it.
run() {
    line=+
    for word in "$@"; do
        case $word in
        *[!A-Za-z0-9_./:=,@%+-]* | "") line="$line '$(printf %s "$word" | sed "s/'/'\\\\''/g")'" ;;
        *) line="$line $word" ;;
        esac
    done
    printf '%s\n' "$line" >&3
    [ -n "$dry" ] || "$@" >/dev/null || fail "that command failed; session/trouble.md says what libvirt's messages mean"
}
change() { run ${sudo:+"$sudo"} virsh --quiet --connect "$uri" "$@"; }
ask() { virsh --connect "$uri" "$@" 2>/dev/null; }
absolute() { echo "$(cd "$(dirname "$1")" && pwd)/$(basename "$1")"; }
# Hands a document to virsh, edited by sed if that changes anything: submit FILE SED-COMMANDS VIRSH-COMMAND.
submit() {
    source=$1 commands=$2
    shift 2
    sed "$commands" "$source" >"$edited"
    if cmp -s "$source" "$edited"; then
        change "$@" "$source"
    else
        printf "+ sed '%s' %s >%s\n" "$commands" "$source" "$edited"
        change "$@" "$edited"
    fi
}
# What the one group of a pattern matches first in a file.
found() { sed -n "s|$1.*|\\1|p" "$2" | head -n 1; }
# A guest's files are named after it: linux.xml, linux-2d.xml.
guest_of() { basename "$1" .xml | sed 's/-.*//'; }
# What is missing for a file of one's own beyond what is for the file that it was made from.
missing_more() {
    for need in passt:passt virtiofs:virtiofsd; do
        ! grep -q "type=\"${need%:*}\"" "$1" || had "${need#*:}" || echo "${need#*:}"
    done
    floor=$(found '.*<definition:definition [^>]*libvirt="\([^"]*\)"' "$1")
    at_least "${libvirt_version:-$floor}" "$floor" || echo "libvirt-$floor"
}
lines() { printf %s "$1" | grep -c '' || true; }

# A medium must be a disc image: virsh takes anything.
check_medium() {
    [ -f "$1" ] || fail "$1: there is no such file; check the path"
    [ -r "$1" ] || fail "$1: you may not read this file"
    case $(dd if="$1" bs=1 skip=32769 count=5 2>/dev/null) in
    CD001 | BEA01) ;;
    *) fail "$1: this is not a disc image (.iso); if it is compressed, unpack it first; if it is a disk, name it with --disk" ;;
    esac
}

here=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=xtask/needs.sh
. "$here/xtask/needs.sh"

what="" media="" name="" disk="" uri="" kvm="" dry="" sudo=""
while [ $# -gt 0 ]; do
    case $1 in
    --name | --disk | --connect)
        [ $# -gt 1 ] || fail "$1 needs a value; --help shows which"
        case $1 in --name) name=$2 ;; --disk) disk=$2 ;; --connect) uri=$2 ;; esac
        shift
        ;;
    --kvm) kvm=1 ;;
    --dry-run) dry=1 ;;
    -h | --help) usage && exit 0 ;;
    -*) fail "there is no option $1; --help shows all of them" ;;
    *)
        if [ -z "$what" ]; then
            what=$1
        else
            check_medium "$1"
            media="$media$(absolute "$1")
"
        fi
        ;;
    esac
    shift
done
[ -n "$what" ] || { usage >&2 && exit 1; }
case $name in *[!A-Za-z0-9_.-]* | [-.]*) fail "--name $name: use letters, digits, '.', '_' and '-', and begin with a letter or a digit" ;; esac

# Which definition, and on which connection.
path=""
case $what in
*.xml | */*)
    [ -r "$what" ] || fail "$what: there is no such file, or you may not read it; name a file under session/ or system/"
    path=$(found '.*<definition:definition [^>]*file="\([^"]*\)"' "$what")
    [ -n "$path" ] || fail "$what: this is not one of the definitions here; virsh define takes any"
    connection=${path%%/*}
    arch=$(arch_of "$path")
    [ -n "$arch" ] || fail "$what: it was made from $path, which is not there any more; render it again"
    [ -z "$name" ] || ! grep -q '<definition:option ' "$what" || fail "$what: this file has a name already; render it again with another --name"
    ;;
*)
    connection=session
    [ "$uri" != qemu:///system ] || connection=system
    [ -n "$(files_of "$what" "$connection")" ] || fail "there is no guest called $what; there are: $(guests | tr '\n' ' ')"
    ;;
esac
case $path in */cloud-hypervisor/*) fail "$path: this is for Cloud Hypervisor, which start.sh does not know; see session/cloud-hypervisor/README.md" ;; esac
case ${uri:=qemu:///$connection} in
"qemu:///$connection") ;;
qemu:///session | qemu:///system) fail "$what is for qemu:///$connection; take the file of the same name in ${uri##*/}/" ;;
*) fail "--connect $uri: name qemu:///session or qemu:///system" ;;
esac

# The host: libvirt answers, perhaps only to root, and can use KVM, or cannot.
command -v virsh >/dev/null || fail "there is no virsh: run xtask/setup.sh host first"
if [ "$connection" = system ] && [ "$(id -u)" -ne 0 ] && ! id -nG | tr ' ' '\n' | grep -qx libvirt; then
    sudo=sudo
    virsh() { sudo env virsh "$@"; }
fi
said=$(virsh --connect "$uri" uri 2>&1) || fail "libvirt does not answer at $uri: $said; run xtask/setup.sh host"
type=kvm
ask_libvirt
if ! ask domcapabilities --arch "$arch" --virttype kvm >/dev/null || ! (takes_processor) >/dev/null 2>&1; then
    [ -z "$kvm" ] || fail "KVM cannot be used here; xtask/setup.sh check says why"
    ask domcapabilities --arch "$arch" --virttype qemu >/dev/null || fail "libvirt has no QEMU for $arch that it can use: run xtask/setup.sh host"
    type=qemu
fi

# A machine of this name may be there already. It stays as it is.
model=$what
[ -n "$path" ] || model=$here/$(files_of "$what" "$connection" | head -n 1)
original=$(found '^ *<name>\([^<]*\)</name>' "$model")
: "${name:=$original}"
is_there=""
if ask dominfo "$name" >/dev/null; then
    is_there=$(ask metadata "$name" urn:domain-definitions:1 | sed -n 's|.*file="\([^"]*\)".*|\1|p')
    [ "$(guest_of "$is_there")" = "$(guest_of "${path:-$what}")" ] ||
        fail "$uri has a machine called $name, made from ${is_there:-another source}; choose another name with --name"
    [ -z "$disk" ] || fail "$uri has the machine $name, with its disk; --disk is for a new machine: choose another name with --name"
    say "$name is there already, made from $is_there"
fi

# The file. Without a screen here, it is one whose screen can be seen from elsewhere.
screen=${DISPLAY:-}${WAYLAND_DISPLAY:-}
if [ -n "$is_there" ]; then
    file=$here/$is_there
    [ "$path" != "$is_there" ] || file=$what
    path=$is_there
    [ -r "$file" ] || fail "$file: there is no such file any more; start the machine yourself: virsh --connect $uri start $name"
elif [ -n "$path" ]; then
    file=$what
    missing=$({ missing_for "$path" && missing_more "$file"; } | head -n 1)
    if [ -n "$missing" ]; then
        fits=""
        for other in $(files_of "$(guest_of "$path")" "$connection"); do
            [ -n "$fits" ] || [ -n "$(missing_for "$other")" ] || fits=$other
        done
        fail "this host cannot start $what without $(what "$missing"): $(help "$missing")${fits:+. $fits would start here}"
    fi
else
    for path in $(files_of "$what" "$connection") ""; do
        [ -n "$path" ] || fail "none of the files of $what fits this host; xtask/setup.sh check says what each of them lacks"
        missing=$(missing_for "$path" | head -n 1)
        if [ -n "$missing" ]; then
            say "not $path: this host lacks $(what "$missing")"
        elif [ -z "$screen" ] && ! grep -q '<graphics type="vnc"' "$here/$path"; then
            say "not $path: there is no screen here, and its window opens only on this host"
        else
            break
        fi
    done
    file=$here/$path
    say "taking $path"
fi
drives=$(sed -n '/device="cdrom"/,/<\/disk>/s|.*<target dev="\([a-z]*\)".*|\1|p' "$file")
[ "$(lines "$media")" -le "$(lines "$drives")" ] || fail "$path has fewer drives ($(lines "$drives")) than you name media ($(lines "$media"))"
template=$(found '.*[/"]\([A-Za-z0-9_.-]*\.qcow2\)"' "$file")
document=$here/$connection/storage/$template.xml
[ -r "$document" ] || document=$(dirname "$file")/$template.xml
volume=$template
[ "$name" = "$original" ] || volume=$(echo "$name" | tr '[:upper:]' '[:lower:]').qcow2

# The pool, if it is there, and its disks.
pool=/var/lib/libvirt/images
[ "$connection" = system ] || pool=${XDG_DATA_HOME:-$HOME/.local/share}/libvirt/images
has_pool=""
if ask pool-info default >/dev/null; then
    has_pool=1
    ask pool-info default | grep -q '^State: *running' || change pool-start default
    pool=$(ask pool-dumpxml default | sed -n 's|.*<path>\(.*\)</path>.*|\1|p')
fi
parent=$pool
while ! ${sudo:+"$sudo"} test -d "$parent"; do parent=$(dirname "$parent"); done
free=$(($(${sudo:+"$sudo"} df -Pk "$parent" | awk 'NR == 2 { print $4 }') >> 20))

# The disk: the one that is there, a copy of another, or a new one. A file of one's own may name one outside the pool.
has_disk="" size="" is_empty=""
own=$(found '.*<definition:option name="disk">[a-z0-9]*:\(/[^<]*\)<' "$file")
if [ -n "$is_there$own" ]; then
    has_disk=1
    [ -z "$disk" ] || fail "$file has a disk already, $own; leave out --disk, or render the file without it"
elif ask vol-info --pool default "$volume" >/dev/null; then
    has_disk=1
    for other in $(ask list --all --name); do
        ! ask domblklist "$other" | grep -q "[ /]$volume\$" ||
            fail "the machine $other has the disk $volume; choose another name with --name"
    done
    [ -z "$disk" ] || fail "the pool has a disk called $volume; choose another name with --name, or delete that disk for good: virsh --connect $uri vol-delete --pool default $volume"
    say "taking the disk $pool/$volume, which is there already"
elif ${sudo:+"$sudo"} test -e "$pool/$volume"; then
    fail "there is a file $pool/$volume that the pool does not know: virsh --connect $uri pool-refresh default, and try again"
elif [ -z "$disk" ] || echo "$disk" | grep -qx '[1-9][0-9]*\(G\|GB\|GiB\)\{0,1\}'; then
    [ -r "$document" ] || fail "$document: there is no such file; it belongs beside $file, where \`cargo xtask render --out\` writes it"
    size=$(sed -n 's|.*<capacity unit="\([A-Za-z]*\)">\([0-9]*\)<.*|\2 \1|p' "$document" |
        awk '{ print ($2 == "TiB" ? $1 * 1024 : $2 == "GiB" ? $1 : $2 == "MiB" ? int(($1 + 1023) / 1024) : 1) }')
    [ -z "$disk" ] || size=$(echo "$disk" | tr -cd 0-9)
    # It grows as the guest fills it, so that less than the whole may do.
    [ "$free" -ge 8 ] || [ "$free" -ge "$size" ] || fail "$parent has $free GiB left, too little to install most guests; make room, or take a smaller disk with --disk"
    [ "$free" -ge "$size" ] || say "the disk may grow to $size GiB, and $parent has $free left; --disk makes a smaller one"
else
    if [ ! -f "$disk" ] || [ ! -r "$disk" ]; then
        fail "--disk $disk: this is neither a size such as 120G nor a file that you may read"
    fi
    command -v qemu-img >/dev/null || fail "there is no qemu-img to copy $disk with: run xtask/setup.sh host"
    said=$(qemu-img info --output=json "$disk" 2>&1) || fail "--disk $disk: $said"
    needed=$(echo "$said" | sed -n 's|^ *"actual-size": \([0-9]*\).*|\1|p' | sort -n | tail -n 1)
    needed=$(((needed + (1 << 30) - 1) >> 30))
    [ "$needed" -le "$free" ] || fail "$parent has $free GiB left, and a copy of $disk needs $needed; make room first"
fi

# What is missing of these is made.
edited=$(mktemp)
trap 'rm -f "$edited"' EXIT
if [ -z "$has_pool" ]; then
    change pool-define-as default dir --target "$pool"
    change pool-build default
    change pool-start default
    change pool-autostart default
fi
if [ -n "$size" ]; then
    is_empty=1
    submit "$document" "s|<name>$template<|<name>$volume<|${disk:+; s|<capacity unit=\"[A-Za-z]*\">[0-9]*|<capacity unit=\"GiB\">$size|}" vol-create default
elif [ -z "$has_disk" ]; then
    run ${sudo:+"$sudo"} qemu-img convert -O qcow2 "$(absolute "$disk")" "$pool/$volume"
    change pool-refresh default
fi

# The system's network and shared folder.
if grep -q '<source network="default"' "$file"; then
    ask net-info default >/dev/null || change net-define "$here/system/network/default.xml"
    ask net-info default | grep -q '^Active: *yes' || change net-start default
    ask net-info default | grep -q '^Autostart: *yes' || change net-autostart default
fi
shared=$(found '.*<source dir="\([^"]*\)"' "$file")
[ -z "$shared" ] || ${sudo:+"$sudo"} test -e "$shared" || run ${sudo:+"$sudo"} install -d -o "$(id -u)" -g "$(id -g)" -m 700 "$shared"

# The machine.
if [ -z "$is_there" ]; then
    edits=""
    [ "$type" = kvm ] || edits='/^<domain /s/type="kvm"/type="qemu"/; '
    # QEMU before 8.0 emulates none of the processors that Hyper-V's enlightenments are made for.
    case $type:$(ask version | sed -n 's/^Running hypervisor: QEMU //p') in
    qemu:[0-7].*) edits="$edits/<hyperv /,/<.hyperv>/d; " ;;
    esac
    [ "$name" = "$original" ] || edits="$edits""s|^  <name>$original<|  <name>$name<|; s|^  <title>.*</title>|  <title>$name</title>|; s|\([\"/]\)$template\"|\1$volume\"|"
    submit "$file" "$edits" define --validate
    [ "$type" = kvm ] || say "KVM cannot be used here (xtask/setup.sh check says why), so $name is emulated, which is slow:" \
        "type=\"qemu\" instead of type=\"kvm\". When KVM works, change that word back: virsh --connect $uri edit $name"
fi

# The media, in the order of the drives. A system's QEMU may not read your home, so it gets a copy.
index=0
while read -r medium && [ -n "$medium" ]; do
    index=$((index + 1))
    drive=$(echo "$drives" | sed -n "${index}p")
    if [ "$connection" = system ] && [ "$(dirname "$medium")" != "$pool" ]; then
        copy=$pool/$(basename "$medium")
        if ! ${sudo:+"$sudo"} test -e "$copy"; then
            run ${sudo:+"$sudo"} cp "$medium" "$copy"
        elif ! ${sudo:+"$sudo"} cmp -s "$medium" "$copy"; then
            fail "there is another $copy, which stays as it is; rename your $(basename "$medium")"
        fi
        medium=$copy
    fi
    case $(ask domblklist "$name" | sed -n "s|^ *$drive  *||p") in
    "$medium") ;;
    - | "") change change-media "$name" "$drive" --insert "$medium" ;;
    *) change change-media "$name" "$drive" --update "$medium" ;;
    esac
done <<MEDIA
$(printf %s "$media")
MEDIA

# And its screen, which is open before the machine runs: Windows waits five seconds for a key. Not every machine has one.
if [ -n "$is_empty" ] && [ -z "$media" ] && ! grep -q '<definition:option name="iso"' "$file"; then
    say "$name is defined, and shut off: its disk is empty. To install from a medium: xtask/start.sh $what installer.iso"
    exit 0
fi
has_screen="" viewer=""
! grep -q '<graphics ' "$file" || has_screen=1
[ -z "$has_screen" ] || [ -z "$screen" ] || ! command -v virt-viewer >/dev/null || viewer=1
state=$(ask domstate "$name" | head -n 1)
case $state in
running) say "$name is running already" ;;
paused) change resume "$name" ;;
*) change start "$name" ${viewer:+--paused} ;;
esac
if [ -n "$viewer" ]; then
    echo "+ virt-viewer --connect $uri --attach $name &"
    if [ -z "$dry" ]; then
        nohup virt-viewer --connect "$uri" --attach "$name" >/dev/null 2>&1 &
        sleep 2
    fi
    case $state in running | paused) ;; *) change resume "$name" ;; esac
elif [ -z "$has_screen" ]; then
    say "$name has no screen, but a text console (Ctrl+] leaves it): virsh --connect $uri console $name"
elif [ -n "$screen" ]; then
    say "xtask/setup.sh host installs virt-viewer, which shows the screen: virt-viewer --connect $uri --attach $name"
else
    say "there is no screen here. On a computer that has one: virt-viewer --connect qemu+ssh://$(id -un)@$(uname -n)/$connection $name"
fi
