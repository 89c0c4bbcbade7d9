//! Machines as people have changed them.

/// Edits that people make; each says where it goes (behind that tag) and what it puts there.
pub const EDITS: [(&str, &str); 16] = [
    (
        "<devices>",
        "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1'/><product id='0x2'/></source></hostdev>",
    ),
    ("<devices>", "<watchdog model='itco' action='reset'/>"),
    (
        "<devices>",
        "\n    <!-- a disk of my own -->\n    <disk type='file' device='disk'><driver name='qemu' type='raw' cache='none'/><source file='/mine'/><target dev='sdx' bus='sata'/><serial>MINE</serial></disk>",
    ),
    ("<devices>", "<disk type='file' device='cdrom'><target dev='sdb' bus='sata'/><readonly/></disk>"),
    (
        "<devices>",
        "<interface type='network'><mac address='52:54:00:00:00:99'/><source network='mine'/><model type='rtl8139'/></interface>",
    ),
    ("<devices>", "<tpm model='tpm-tis'><backend type='emulator' version='1.2'/></tpm>"),
    ("<devices>", "<controller type='scsi' index='0' model='lsilogic'/>"),
    ("<devices>", "<memballoon model='none'/>"),
    ("<devices>", "<serial type='pty'/>"),
    ("<devices>", "<input type='tablet' bus='virtio'/>"),
    ("</memory>", "<cputune><vcpupin vcpu='0' cpuset='3'/></cputune>"),
    ("</memory>", "<seclabel type='none'/>"),
    ("</memory>", "<iothreads>3</iothreads>"),
    ("<features>", "<kvm><hidden state='on'/></kvm>"),
    ("<metadata>", "<my:app xmlns:my='urn:mine' a='1'>\n\t<my:b/></my:app>"),
    ("</name>", "<!-- words of mine -->"),
];

/// A machine with some of them.
pub fn edited(text: &str, random: &mut fastrand::Rng) -> String {
    let mut text = text.to_owned();
    for _ in 0..random.usize(1..5) {
        let (behind, put) = EDITS[random.usize(..EDITS.len())];
        if let Some(at) = text.find(behind).filter(|_| !text.contains(put)) {
            text.insert_str(at + behind.len(), put);
        }
    }
    text
}
