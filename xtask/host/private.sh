# Makes a private host inside this one: its folders, processes, network and libvirt daemon are its own, and are gone when
# this ends. Run by root under `unshare --mount --net --uts --pid --fork --kill-child --mount-proc`. Arguments: a folder for
# the host, the folder of a root with virtiofsd (or nothing), the connection that the host is for, an ordinary user's
# folder, and the time zone.
set -eu
for folder in /var/lib/libvirt /var/cache/libvirt /var/log/libvirt /run; do
    mount -t tmpfs tmpfs "$folder"
done
mkdir -p /run/libvirt /run/lock /var/lib/libvirt/images /var/lib/libvirt/share "$1/etc" "$1/run"
# Homes have the same path on every private host, as a machine that moves between two of them expects.
mkdir /run/administrator /run/person
mount --bind "$1" /run/administrator
mount --bind "$4" /run/person
# What libvirt found out about QEMU for others.
mkdir -p /var/cache/libvirt/qemu
cp -r "$1/.cache/libvirt/qemu/cache/capabilities" /var/cache/libvirt/qemu
# Other hosts can reach the daemon's sockets.
mount --bind "$1/run" /run/libvirt
cp -a /etc/libvirt/. "$1/etc"
# The daemon's settings are this machine's, what it manages is not.
rm -rf "$1/etc/qemu" "$1/etc/storage" "$1/etc/secrets"
mount --bind "$1/etc" /etc/libvirt
# libvirt refuses to move a machine to a host with the same UUID or name.
uuid=$(cat /proc/sys/kernel/random/uuid)
for daemon in "$1/etc/libvirtd.conf" "$4/.config/libvirt/libvirtd.conf"; do
    mkdir -p "${daemon%/*}"
    echo "host_uuid = \"$uuid\"" >>"$daemon"
done
chown -R --reference "$4" "$4"
# A full name: for a short one, libvirt would ask the network for the rest at every start, and wait ten seconds in vain.
hostname "$uuid.example"
ip link set lo up
# passt copies the addresses of the host's network, so there is one that leads nowhere: not every kernel has `dummy` devices.
ip link add host0 type veth peer name host1
ip address add 192.0.2.2/24 dev host0
ip link set host0 up
ip link set host1 up
ip route add default via 192.0.2.1
mount --bind "/usr/share/zoneinfo/$5" /etc/localtime
# Where the distribution has no virtiofsd, that of a newer release, with that release's C library.
if [ -n "$2" ] && ! grep -qs '"type": *"fs"' /usr/share/qemu/vhost-user/*.json; then
    {
        echo '#!/bin/sh'
        echo "exec $2/lib64/ld-linux-x86-64.so.2 --library-path $2/usr/lib/x86_64-linux-gnu $2/usr/libexec/virtiofsd \"\$@\""
    } >/run/virtiofsd
    chmod 755 /run/virtiofsd
    mkdir -p /etc/libvirt/vhost-user
    sed 's|"binary": *"[^"]*"|"binary": "/run/virtiofsd"|' "$2/usr/share/qemu/vhost-user/50-virtiofsd.json" \
        >/etc/libvirt/vhost-user/50-virtiofsd.json
    mkdir -p "$1/vhost-user"
    cp -a /usr/share/qemu/vhost-user/. /etc/libvirt/vhost-user/. "$1/vhost-user"
    mount --bind "$1/vhost-user" /usr/share/qemu/vhost-user
fi

if [ "$3" = system ]; then
    virtlogd --daemon
    libvirtd --daemon
fi
echo ready
# Until the maker of this host closes its end of the pipe. Without `exec`: this shell is the host's first process, which reaps
# zombies.
cat >/dev/null
