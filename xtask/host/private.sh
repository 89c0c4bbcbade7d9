# A host of its own inside this one: its folders, processes, network and libvirt daemon are nobody else's, and all of it is
# gone when this ends. Run by root under `unshare --mount --net --uts --pid --fork --kill-child --mount-proc`, with a folder of
# its own as $1, the folder of a root with virtiofsd (or nothing) as $2, the connection it is for as $3, and an ordinary user's
# folder as $4.
set -eu
for folder in /var/lib/libvirt /var/cache/libvirt /var/log/libvirt /run; do
    mount -t tmpfs tmpfs "$folder"
done
mkdir -p /run/libvirt /run/lock /var/lib/libvirt/images /var/lib/libvirt/share "$1/etc" "$1/run"
# Homes are at the same place on each such host, as a machine that moves from one to another expects it.
mkdir /run/administrator /run/person
mount --bind "$1" /run/administrator
mount --bind "$4" /run/person
# The daemon's sockets can be reached from other hosts.
mount --bind "$1/run" /run/libvirt
cp -a /etc/libvirt/. "$1/etc"
# The daemon's settings are this machine's, what it manages is not.
rm -rf "$1/etc/qemu" "$1/etc/storage" "$1/etc/secrets"
mount --bind "$1/etc" /etc/libvirt
# libvirt moves no machine to a host that has the same UUID or name.
uuid=$(cat /proc/sys/kernel/random/uuid)
for daemon in "$1/etc/libvirtd.conf" "$4/.config/libvirt/libvirtd.conf"; do
    mkdir -p "${daemon%/*}"
    echo "host_uuid = \"$uuid\"" >>"$daemon"
done
chown -R --reference "$4" "$4"
# A full name: libvirt would ask the network for the rest of it at every start, and wait ten seconds for nobody's answer.
hostname "$uuid.example"
ip link set lo up
# passt takes the addresses of the host's network, so there is one, to nowhere: not every kernel has the device `dummy`.
ip link add host0 type veth peer name host1
ip address add 192.0.2.2/24 dev host0
ip link set host0 up
ip link set host1 up
ip route add default via 192.0.2.1
# Nine hours ahead of UTC, so that a guest's clock in local time can be told from one in UTC.
mount --bind /usr/share/zoneinfo/Asia/Tokyo /etc/localtime
# Where the distribution's QEMU comes without virtiofsd, that of a newer release, with that release's own C library.
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
# Until whoever made this host goes. Not in place of this shell, which as the first process of this host has to take leave of
# those that others leave behind.
cat >/dev/null
