//! Messages of libvirt's and QEMU's that are no host's fault: what usually causes them, and what to do. What a host lacks, and how
//! libvirt says so, is in [`needs`](crate::needs).

use constcat::concat;

use crate::pages::{CHANGING, DISKS, SESSION, SYSTEM};

/// A message, and what it means here.
#[derive(Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Words of the message, as libvirt, QEMU or virt-xml write them; of the newest release first, where they have changed.
    pub said: &'static [&'static str],
    /// What most often causes it.
    pub cause: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// The messages, in the order in which a machine's life may bring them.
pub static TROUBLES: &[Trouble] = &[
    Trouble {
        said: &["Cannot access storage file"],
        cause: "a mistyped path, or a file that was moved after it was inserted: `virsh change-media` does not look",
        remedy: "`virsh domblklist Linux` shows the path in each drive; eject the medium, or insert the right one",
    },
    Trouble {
        said: &["already exists with uuid"],
        cause: "a machine (or pool) of this name is defined already",
        remedy: concat!("use it, or give the second machine another name, see ", CHANGING),
    },
    Trouble {
        said: &["failed to get domain"],
        cause: "a mistyped name, or the machine is on the other connection",
        remedy: "list both: `virsh --connect qemu:///session list --all` and `sudo virsh --connect qemu:///system list --all`",
    },
    Trouble {
        said: &["no polkit agent available to authenticate action 'org.libvirt.unix.manage'"],
        cause: "you are not in the group `libvirt`, which may use the system connection",
        remedy: "`sudo usermod --append --groups libvirt \"$USER\"`, then log in again",
    },
    Trouble {
        said: &["exists already"],
        cause: "the volume was created before",
        remedy: "use it; or, if nothing on it matters, delete it first with `virsh vol-delete`, which cannot be undone",
    },
    Trouble {
        said: &["Storage volume not found"],
        cause: "the volume was never created, or its file was put into the pool's folder without libvirt",
        remedy: concat!(
            "run `virsh pool-refresh default` for a file that is there; otherwise create the volume, see ",
            SESSION
        ),
    },
    Trouble {
        said: &["Image is not in qcow2 format"],
        cause: "a disk in another format (raw, vdi, vmdk) was renamed or copied to the volume's name",
        remedy: concat!("convert it instead, see ", DISKS),
    },
    Trouble {
        said: &["Failed to get \"write\" lock"],
        cause: "a running machine has the disk open",
        remedy: concat!(
            "shut that machine down; to enlarge its disk while it runs, use `virsh blockresize`, see ",
            DISKS
        ),
    },
    Trouble {
        said: &["Can't shrink capacity"],
        cause: "the new size is below the old one",
        remedy: "choose a larger size: shrinking would cut off the end of the guest's file systems",
    },
    Trouble {
        said: &["The display backend does not have OpenGL support enabled", "opengl is not available"],
        cause: "the display is without OpenGL, but the graphics card still asks for 3D",
        remedy: concat!("turn both off, see ", CHANGING),
    },
    Trouble {
        said: &["CPU topology doesn't match maximum vcpu count"],
        cause: "`--vcpus` was given without a topology, so the old one stayed",
        remedy: "`virt-xml Linux --edit --vcpus 6,sockets=1,cores=6,threads=1`",
    },
    Trouble {
        said: &["firmware type 'bios' does not support nvram", "Only EFI firmware permits NVRAM"],
        cause: "a machine defined with UEFI cannot be changed to BIOS",
        remedy: concat!("define a machine without UEFI, see ", DISKS),
    },
    Trouble {
        said: &["failed to communicate with bridge helper"],
        cause: "a session may not use the host's bridges",
        remedy: concat!("use the system connection, see ", SYSTEM, "; or allow the bridge in `/etc/qemu/bridge.conf`"),
    },
    Trouble {
        said: &["(hv-tlbflush-ext) is not supported by kernel"],
        cause: "the host's Linux is older than 6.2, which `windows-latest` needs",
        remedy: concat!("switch to `windows`, see ", CHANGING),
    },
    Trouble {
        said: &["failed to set MSR"],
        cause: "KVM here, in a virtual machine of some clouds, refuses a setting of the processor that it offers, and QEMU aborts",
        remedy: "for `0x10a`, go without it: in `virsh edit`, put `<feature policy='disable' name='arch-capabilities'/>` into `<cpu>`; or have `xtask/start.sh` make the machine, which emulates it, slowly",
    },
    Trouble {
        said: &["internal snapshots of a VM with pflash based firmware"],
        cause: "the machine runs, and its firmware variables are in a raw file",
        remedy: concat!("shut it down first, see ", DISKS),
    },
    Trouble {
        said: &["virgl is not yet migratable"],
        cause: "the machine has 3D, whose state nothing can save",
        remedy: concat!("shut it down instead of saving it, or turn 3D off, see ", CHANGING),
    },
    Trouble {
        said: &["cannot undefine domain with nvram"],
        cause: "the machine has firmware variables",
        remedy: REMOVE,
    },
    Trouble { said: &["cannot delete inactive domain with"], cause: "the machine has snapshots", remedy: REMOVE },
    Trouble {
        said: &["Refusing to undefine while domain managed save image exists"],
        cause: "the machine is saved",
        remedy: REMOVE,
    },
];

/// What removes a machine, whatever it has left.
const REMOVE: &str =
    concat!("`virsh undefine Linux --nvram --managed-save --snapshots-metadata` removes all of it, see ", SESSION);
