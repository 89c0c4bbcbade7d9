# BEGIN GENERATED packages
debian="dnsmasq-base libegl1 libgl1-mesa-dri libvirt-clients libvirt-daemon-config-network libvirt-daemon-system ovmf passt qemu-system-gui qemu-system-modules-opengl qemu-system-modules-spice qemu-system-x86 qemu-utils swtpm swtpm-tools virtiofsd"
fedora="edk2-ovmf libvirt-client libvirt-daemon-config-network libvirt-daemon-kvm mesa-dri-drivers mesa-libEGL passt qemu-img qemu-kvm swtpm swtpm-tools virtiofsd"
arch="dnsmasq edk2-ovmf libvirt mesa passt qemu-audio-spice qemu-chardev-spice qemu-desktop qemu-hw-display-virtio-gpu qemu-hw-display-virtio-gpu-gl qemu-hw-display-virtio-vga qemu-hw-display-virtio-vga-gl qemu-hw-usb-redirect qemu-ui-opengl qemu-ui-spice-core swtpm virtiofsd"
opensuse="Mesa-dri Mesa-libEGL1 libvirt-client libvirt-daemon-config-network libvirt-daemon-qemu passt qemu-audio-spice qemu-chardev-spice qemu-hw-display-virtio-gpu qemu-hw-display-virtio-vga qemu-hw-usb-redirect qemu-img qemu-ovmf-x86_64 qemu-tools qemu-ui-opengl qemu-ui-spice-core qemu-x86 swtpm virtiofsd"
# END GENERATED packages
