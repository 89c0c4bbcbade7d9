//! What of somebody's machine stays as it is, whatever a definition says, and why.

use domain_definitions::locate_all;
use roxmltree::Node;

use super::matching::{class, named, system_disk};
use super::subject::Subject;

/// What is settled about a decision before its facts are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The machine has what the decision is for, in its own way.
    Own,
    /// The decision is not for this machine.
    Not(&'static str),
}

const BIOS: &str = "the machine boots from BIOS, and a guest that is installed so does not boot from UEFI";
const CHOSEN: &str = "the firmware was chosen when the machine was first defined";
const NO_SCREEN: &str = "the machine has no screen";
const SPICE_ONLY: &str = "the screen is not SPICE's";
const NO_DISK: &str = "the machine has no disk";
const OWN_ORDER: &str = "the machine has a boot order of its own";
const NO_BALLOON: &str = "the machine has no memory balloon on purpose";
const NO_SATA: &str = "the chipset has no SATA";
const MOVE_FIRST: &str = "it follows when the disk has moved";

/// What is settled about the decision at a place.
pub fn kept(subject: &Subject, at: &str) -> Option<Kept> {
    let Subject { theirs, like, .. } = *subject;
    let root = theirs.root_element();
    let all = |at: &str| locate_all(root, at);
    let has = |at: &str| !all(at).is_empty();
    let value = |at: &str, name: &str| all(at).first().and_then(|node| node.attribute(name).map(str::to_owned));
    let own = |is: bool| is.then_some(Kept::Own);
    let not = |is: bool, why: &'static str| is.then_some(Kept::Not(why));
    let efi = has("os[@firmware=efi]");
    let uefi = is_uefi(root);
    // libvirt writes the path of the build that it has found.
    let path = all("os/loader").first().and_then(Node::text).is_some_and(|path| !path.trim().is_empty());
    let is_chosen = path || has("os/nvram") || !efi;
    let disk = all("devices").first().and_then(|devices| system_disk(*devices));
    let (bus, wanted) = (disk.and_then(bus_of), subject.bus());
    match at {
        "memory" | "vcpu" | "metadata/libosinfo" | "devices/tpm" => own(has(at)),
        "os/type" => {
            let board = if subject.is_for_arm() { "virt" } else { "q35" };
            let same = value(at, "machine").is_some_and(|machine| machine.contains(board));
            Some(if same { Kept::Own } else { Kept::Not("the chipset stays: on another one, the guest may not boot") })
        }
        "os" => Some(if uefi { Kept::Own } else { Kept::Not(BIOS) }),
        "os/loader" => not(!uefi, BIOS).or(not(is_chosen, CHOSEN)),
        _ if at.starts_with("os/firmware/") => not(!uefi, BIOS).or(not(is_chosen, CHOSEN)),

        "devices/disk[@device=disk]" => Some(if disk.is_some() { Kept::Own } else { Kept::Not(NO_DISK) }),
        _ if at.starts_with("devices/disk[@device=disk]/") && disk.is_none() => Some(Kept::Not(NO_DISK)),
        "devices/disk[@device=disk]/boot" => not(is_ordered(root), OWN_ORDER),
        "devices/disk[@device=disk]/target" => {
            not(disk.is_some_and(|disk| class(disk) == "lun"), "the disk is a device of the host's")
        }
        "devices/disk[@device=disk]/driver" => {
            let driver = disk.and_then(|disk| named(disk, "driver").next());
            let virtio = wanted.as_deref() == Some("virtio") && bus.as_deref() != Some("virtio");
            not(driver.is_none(), "the disk does not say what its format is")
                .or(not(driver.is_some_and(|driver| driver.has_attribute("queues")) && virtio, MOVE_FIRST))
        }
        "devices/disk[@device=cdrom][1]" => drive(subject, 0),
        "devices/disk[@device=cdrom][2]" => drive(subject, 1),
        "iothreads" => {
            not(bus != wanted, MOVE_FIRST)
                .or(own(has(at)
                    && (!like || has("devices/disk/driver[@iothread=1]") && wanted.as_deref() != Some("virtio"))))
        }
        _ if at.starts_with("devices/controller[@type=scsi]") => {
            let other = all("devices/controller[@type=scsi]")
                .first()
                .is_some_and(|node| node.attribute("model") != Some("virtio-scsi"));
            not(wanted.as_deref() == Some("scsi") && bus != wanted, MOVE_FIRST)
                .or(not(other, "the machine has another SCSI adapter"))
        }
        "devices/controller[@type=usb]" => own(has("devices/controller[@type=usb][@model=qemu-xhci]") && !like),
        "devices/controller[@type=pci]" => not(!has("os/type") || !subject.is_q35(), "the machine has no PCI Express"),

        "devices/interface" => {
            let present = has(at);
            Some(if present { Kept::Own } else { Kept::Not("the machine is on no network") })
        }
        "devices/interface/backend" => not(!has("devices/interface[@type=user]"), "the network is not user-mode"),
        "devices/filesystem" => own(has("devices/filesystem/driver[@type=virtiofs]")),
        "memoryBacking/source" | "memoryBacking/access" => {
            let cells = has("cpu/numa/cell");
            not(cells, "the machine has NUMA cells, with memory of their own")
                .or(not(has("memoryBacking/hugepages") && at.ends_with("source"), "the memory is in huge pages"))
        }

        // With KVM, they are one.
        "cpu" => own(subject.is_for_arm() && has("cpu[@mode=host-passthrough]")),
        "cpu/topology" => topology(root),
        "clock" => {
            let offset = value(at, "offset");
            let fixed = offset.is_some_and(|offset| !matches!(offset.as_str(), "utc" | "localtime"));
            not(fixed, "the machine has a clock of its own")
        }
        _ if at.starts_with("features/hyperv/") || at == "clock/timer[@name=hypervclock]" => {
            let mode = value("features/hyperv", "mode");
            not(
                mode.is_some_and(|mode| mode != "custom") && at.starts_with("features"),
                "the machine takes all enlightenments that the host offers",
            )
        }

        "devices/graphics" => not(!has(at) && !like, NO_SCREEN),
        "devices/graphics/listen" | "devices/video" => not(!is_shown(root), NO_SCREEN),
        "devices/sound" => not(!is_shown(root), NO_SCREEN).or(own(is_hd_audio(root) && !like)),
        "devices/serial" => own(has_serial_console(root)),
        _ if at.starts_with("devices/input") => not(!is_shown(root), NO_SCREEN),
        "devices/graphics/image" => not(!has("devices/graphics[@type=spice]"), SPICE_ONLY)
            .or(not(is_remote(root), "the viewer may be on another host, where compression saves bandwidth")),
        "devices/graphics/gl" => not(!has("devices/graphics[@type=spice]"), SPICE_ONLY)
            .or(not(!has("devices/graphics/listen[@type=none]"), "SPICE draws with a GPU only where no port is open")),
        "devices/video/model" | "devices/video/model/acceleration" => {
            not(!has("devices/video/model[@type=virtio]"), "the graphics card is not virtio-gpu")
        }
        "devices/channel[@type=spicevmc]" | "devices/channel[@type=spiceport]" => {
            not(!has("devices/graphics[@type=spice]"), SPICE_ONLY)
        }
        "devices/redirdev[1]" | "devices/redirdev[2]" => not(!has("devices/graphics[@type=spice]"), SPICE_ONLY)
            .or(not(has("devices/controller[@type=usb][@model=none]"), "the machine has no USB on purpose")),
        "devices/memballoon" => {
            let assigned = has("devices/hostdev[@type=pci]") && !subject.is_for_assignment();
            not(assigned, "a host device pins all memory")
                .or(not(!like && has("devices/memballoon[@model=none]"), NO_BALLOON))
        }
        _ => None,
    }
}

/// A drive for media is as it should be if there is one. Only who asks for a file by name asks for its drives to move.
fn drive(subject: &Subject, number: usize) -> Option<Kept> {
    let bus = |root| locate_all(root, "devices/disk[@device=cdrom]").get(number).copied().map(bus_of);
    let found = bus(subject.theirs.root_element());
    if found.is_some_and(|found| !subject.like || Some(found) == bus(subject.ours.root_element())) {
        return Some(Kept::Own);
    }
    (!subject.like && !subject.is_for_arm() && !subject.is_q35()).then_some(Kept::Not(NO_SATA))
}

/// Whether it has a serial port by another name: libvirt takes a console without a target for one.
fn has_serial_console(root: Node) -> bool {
    let kind =
        |console: Node| named(console, "target").next().and_then(|target| target.attribute("type").map(str::to_owned));
    locate_all(root, "devices/console").into_iter().any(|node| matches!(kind(node).as_deref(), None | Some("serial")))
}

/// A topology is as it should be if all CPUs are on one socket; whoever has pinned CPUs has chosen one.
fn topology(root: Node) -> Option<Kept> {
    let topology = locate_all(root, "cpu/topology").into_iter().next();
    let number = |name| topology.and_then(|node| node.attribute(name)?.parse::<u64>().ok()).unwrap_or(1);
    let vcpus = locate_all(root, "vcpu").first().and_then(|node| node.text()?.trim().parse().ok()).unwrap_or(1);
    let on_one = ["dies", "clusters", "cores", "threads"].map(number).into_iter().fold(1, u64::saturating_mul);
    // One CPU is on one socket, whatever is said.
    if vcpus == 1 && topology.is_none() || topology.is_some() && number("sockets") == 1 && on_one == vcpus {
        return Some(Kept::Own);
    }
    let pinned = !locate_all(root, "cputune/vcpupin").is_empty() || !locate_all(root, "cpu/numa").is_empty();
    let other = ["dies", "clusters", "threads"].map(number).into_iter().any(|number| number != 1);
    (pinned || other).then_some(Kept::Not("the machine has a topology of its own"))
}

/// Whether the machine says what it boots from.
pub fn is_ordered(root: Node) -> bool {
    ["os/boot", "devices/disk/boot", "devices/interface/boot", "devices/hostdev/boot", "devices/redirdev/boot"]
        .iter()
        .any(|at| !locate_all(root, at).is_empty())
}

/// Whether the machine boots from UEFI.
pub fn is_uefi(root: Node) -> bool {
    ["os[@firmware=efi]", "os/loader[@type=pflash]"].iter().any(|at| !locate_all(root, at).is_empty())
}

/// Whether it has a sound card for which every guest has a driver: the models are one device, on one chipset or the other.
fn is_hd_audio(root: Node) -> bool {
    let model = |card: &Node| card.attribute("model").map(str::to_owned);
    locate_all(root, "devices/sound").iter().any(|card| matches!(model(card).as_deref(), Some("ich6" | "ich9")))
}

/// Whether somebody can look at the machine.
fn is_shown(root: Node) -> bool {
    !locate_all(root, "devices/graphics").is_empty()
}

/// Whether the screen can be reached from elsewhere.
fn is_remote(root: Node) -> bool {
    let local = |address: Option<&str>| matches!(address, None | Some("127.0.0.1" | "::1" | "localhost"));
    let listen = locate_all(root, "devices/graphics/listen");
    let graphics = locate_all(root, "devices/graphics");
    !listen.iter().all(|node| local(node.attribute("address")) && !node.has_attribute("network"))
        || !graphics.iter().all(|node| local(node.attribute("listen")))
}

/// The bus of a disk.
pub fn bus_of(disk: Node) -> Option<String> {
    named(disk, "target").next()?.attribute("bus").map(str::to_owned)
}
