#!/bin/sh
# Looks at this machine and changes nothing: sourced by xtask/setup.sh.
# shellcheck disable=SC2154 # what is not set here, xtask/needs.sh and the other parts set

# Prints what this host has of everything that the definitions need, which files run here, and why the others do not. Sets fits,
# which is empty if none does.
check_host() {
    if (find_family) 2>/dev/null; then
        find_family
    else
        family=
        distribution=$(of_release PRETTY_NAME 2>/dev/null) || distribution="an unknown distribution"
    fi
    fits='' lacks='' installable=no
    printf '%s\n' "$distribution"
    for connection in session system; do
        uri=qemu:///$connection
        printf '\nFor %s\n' "$uri"
        if answers_you; then
            check_needs "$connection"
            try_files "$connection"
        fi
    done
    if [ -n "$fits" ]; then
        printf '\nFiles that run here, the best first\n%s' "$fits"
    fi
    [ -z "$lacks" ] || printf '\nFiles that do not, and what is missing\n%s' "$lacks"
    if [ "$installable" = yes ] && [ -n "$family" ]; then
        printf '\nxtask/setup.sh host installs what is missing, as far as %s has it.\n' "$distribution"
    fi
    uri=qemu:///session
    say_kvm
}

# One line: a word for how it is, and what it is about; then lines about what to do.
row() {
    printf '  %-9s%s\n' "$1" "$2"
    [ -z "${3:-}" ] || printf '%s\n' "$3" | fold -s -w 100 | sed 's/^/           /; s/ *$//'
}

check_release() {
    if at_least "$2" "$3"; then
        row ok "$1 $2 ($3 or later)"
    else
        age=$(find_age)
        row "too old" "$1 $2 ($3 or later)" "${age:-a newer release of $distribution may have it}"
    fi
}

# Everything that files of a connection need and that was not looked at yet. What only files for something special need is named
# with those: nobody else should think of it.
looked_at=' libvirt '
check_needs() {
    for need in $(needs_in "$1"); do
        case $looked_at in *" $need "*) continue ;; esac
        looked_at="$looked_at$need "
        id=${need%:*}
        if had "$id"; then
            row ok "$(what "$id")$(detail "$id")"
            continue
        fi
        case $need in
        # What to do about it is said last.
        *:emulated) row missing "$(what "$id")" ;;
        *:made) row "not yet" "$(what "$id")" "xtask/start.sh makes it" ;;
        *) row missing "$(what "$id")$(detail "$id")" "$(advice "$id")" ;;
        esac
        case $need in *:*) ;; *) [ -z "$(absent_packages "$id")" ] || installable=yes ;; esac
    done
    [ "$1" = system ] || for tool in $tools; do
        if had "$tool"; then
            row ok "$(what "$tool")"
        else
            row missing "$(what "$tool")" "$(advice "$tool")"
            installable=yes
        fi
    done
}

# What QEMU's files of a connection need, each once, with what becomes of a machine without it.
needs_in() {
    printf '%s' "$definitions" | sed -n "/ - /d; s|^$1/[^ ]* $arch [^ ]* [^ ]* [^ ]* [^ ]* [^ ]* ||p" | tr ' ' '\n' | awk '!seen[$0]++'
}

# What to do where something is missing, with its packages that are not here.
advice() {
    absent=$(absent_packages "$1")
    printf '%s%s' "$(help "$1")" "${absent:+ (packages:$absent)}"
}

absent_packages() {
    for package in $(packages_of "$family" "$1" || true); do
        "${manager}_installed" "$package" || printf ' %s' "$package"
    done
}

# More about something than whether it is there.
detail() {
    case $1 in
    render_node)
        for node in "$root"/dev/dri/renderD*; do
            [ ! -e "$node" ] || printf ' (%s: driver %s%s)' "$node" "$(driver_of "$node")" \
                "$(may_open "$node" || printf ', which you may not open')"
        done
        ;;
    secure_boot)
        if cat "$root"/etc/qemu/firmware/*.json "$root"/usr/share/qemu/firmware/*.json 2>/dev/null | grep -q '"enrolled-keys"'; then
            printf ', with keys enrolled'
        else
            printf ', without enrolled keys: nothing is verified until some are'
        fi
        ;;
    esac
}

# Whether libvirt answers, and with which releases. The host's is only asked if it does so without a password.
answers_you() {
    who=$(id -un)
    case $uri:$(id -u):" $(id -Gn) " in
    */session:* | *:0:*) ;;
    *" libvirt "*) row ok "access: $who is in the group libvirt" ;;
    *)
        row missing "access: $who is not in the group libvirt" \
            "sudo usermod --append --groups libvirt $who, then log in again; a session's machines do not need it"
        return 1
        ;;
    esac
    if ! had libvirt; then
        command -v virsh >/dev/null || installable=yes
        row missing "libvirt, which does not answer; the rest cannot be known before it does" "$(advice libvirt)"
        return 1
    fi
    check_release libvirt "$libvirt_version" "$floor_libvirt"
    [ -z "$qemu_version" ] || check_release QEMU "$qemu_version" "$floor_qemu"
}

# Sorts the files of a connection into those that run and those that do not.
try_files() {
    for guest in $(guests); do
        good=
        for file in $(files_of "$guest" "$1") $(others_of "$guest" "$1"); do
            case $file in */cloud-hypervisor/*) uri=ch:///$1 ;; *) uri=qemu:///$1 ;; esac
            missing=$(missing_for "$file")
            if [ -z "$missing" ]; then
                good="$good $file"
            else
                lacks="$lacks$(printf '  %-38s ' "$file")$(briefly "$missing")
"
                for id in $missing; do [ -z "$(absent_packages "$id")" ] || installable=yes; done
            fi
        done
        uri=qemu:///$1
        [ -z "$good" ] || fits="$fits$(printf '  %-10s%s' "$guest" "$good")
"
    done
}

# The guest's files that are for something special.
others_of() { printf '%s' "$definitions" | sed -n "s|^\($2/[^ ]*\) $arch $1 - .*|\1|p"; }

# What is missing, in a few words.
briefly() {
    for id in $1; do
        words=$(what "$id")
        printf '%s\n' "${words%%[:,(]*}"
    done | sed 's/ *$//' | paste -s -d , - | sed 's/,/, /g'
}

# Without KVM, machines can still be emulated, so this is no failure.
say_kvm() {
    ! had kvm || return 0
    if [ ! -e "$root/dev/kvm" ]; then
        cause="there is no /dev/kvm. Turn on VT-x or AMD-V in this host's firmware setup (on ARM, the kernel must have been
started at EL2); in a virtual machine, turn on nested virtualization; in a container, pass the device in"
    elif ! may_open "$root/dev/kvm"; then
        cause="you may not open /dev/kvm: sudo usermod --append --groups kvm $(id -un), then log in again"
    else
        had libvirt || return 0
        if (takes_processor) >/dev/null 2>&1; then
            cause="libvirt cannot use /dev/kvm: virsh --connect $uri domcapabilities --virttype kvm says why"
        else
            cause="QEMU cannot start this host's processor with it, as in virtual machines of some clouds:
qemu-system-$arch -accel kvm -cpu host -display none -S says why"
        fi
    fi
    printf '\nNo KVM: %s.\nUntil then, machines are emulated, which is slow.\n' "$cause"
}
