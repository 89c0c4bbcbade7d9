//! The rows of the status table, and the areas that they belong to, each with a page of its own for the choices in it.

/// What a row of the status table is about.
#[derive(Debug, PartialEq, Eq)]
pub struct Topic {
    /// The row's name.
    pub name: &'static str,
    /// The cell of a guest without it.
    pub otherwise: &'static str,
    /// Where its choices are explained.
    pub area: &'static Area,
    /// The title of its column in the README's short table, if it has one. A guest has what the title says if its cell in the
    /// status table is "yes" or has this word in it.
    pub column: Option<&'static str>,
}

/// A part of a machine.
#[derive(Debug, PartialEq, Eq)]
pub struct Area {
    /// What is in it.
    pub title: &'static str,
    /// The page with its choices, from the repository's root.
    pub page: &'static str,
}

/// The board itself.
pub static MACHINE: Area = Area { title: "Chipset, firmware and TPM", page: "defs/choices/machine.md" };
/// What computes.
pub static PROCESSOR: Area = Area { title: "Processor, memory and clock", page: "defs/choices/processor.md" };
/// What keeps data.
pub static STORAGE: Area = Area { title: "Disks, drives and the shared folder", page: "defs/choices/storage.md" };
/// What a person in front of the machine sees, hears and touches.
pub static SCREEN: Area = Area { title: "Screen, sound and input", page: "defs/choices/screen.md" };
/// What connects the guest to others.
pub static CONNECTIONS: Area = Area { title: "Network, agents and console", page: "defs/choices/connections.md" };

/// Every area, in the order in which they are listed.
pub static AREAS: [&Area; 5] = [&MACHINE, &PROCESSOR, &STORAGE, &SCREEN, &CONNECTIONS];

const fn topic(area: &'static Area, name: &'static str) -> Topic {
    Topic { name, otherwise: "no", area, column: None }
}

impl Topic {
    /// The same, with a column in the README.
    const fn column(self, title: &'static str) -> Topic {
        Topic { column: Some(title), ..self }
    }
}

macro_rules! topics {
    ($($id:ident = $value:expr;)*) => {
        $(#[allow(missing_docs, reason = "its name says it")] pub static $id: Topic = $value;)*
        /// Every row, in the order of the table.
        pub static TOPICS: &[&Topic] = &[$(&$id),*];
    };
}

topics! {
    CHIPSET = topic(&MACHINE, "chipset").column("Q35");
    FIRMWARE = topic(&MACHINE, "firmware").column("OVMF");
    SECURE_BOOT = topic(&MACHINE, "Secure Boot");
    TPM = topic(&MACHINE, "TPM");
    CPU = topic(&PROCESSOR, "CPU");
    MEMORY = topic(&PROCESSOR, "memory");
    HYPERV = topic(&PROCESSOR, "Hyper-V enlightenments");
    CLOCK = topic(&PROCESSOR, "clock");
    SLEEP = topic(&MACHINE, "guest sleep states");
    DISPLAY = topic(&SCREEN, "display").column("SPICE");
    VIRTIO_GPU = topic(&SCREEN, "virtio-gpu").column("virtio-gpu");
    VGA = topic(&SCREEN, "VGA card");
    DISK = topic(&STORAGE, "system disk");
    VIRTIO_SCSI = topic(&STORAGE, "virtio-scsi").column("virtio-scsi");
    VIRTIO_BLK = topic(&STORAGE, "virtio-blk");
    SATA = topic(&STORAGE, "SATA disk");
    VIRTIO_FS = topic(&STORAGE, "virtio-fs").column("virtio-fs");
    NETWORK = topic(&CONNECTIONS, "network");
    VIRTIO_NET = topic(&CONNECTIONS, "virtio-net").column("virtio-net");
    VIRTIO_KEYBOARD = topic(&SCREEN, "virtio-keyboard").column("virtio-keyboard");
    VIRTIO_TABLET = topic(&SCREEN, "virtio-tablet").column("virtio-tablet");
    USB_TABLET = topic(&SCREEN, "USB tablet");
    USB_KEYBOARD = topic(&SCREEN, "USB keyboard");
    VIRTIO_CONSOLE = topic(&CONNECTIONS, "virtio console");
    SERIAL_CONSOLE = topic(&CONNECTIONS, "serial console");
    VIRTIO_BALLOON = topic(&PROCESSOR, "virtio-balloon");
    VIRTIO_RNG = topic(&PROCESSOR, "virtio-rng");
    GUEST_AGENT = topic(&CONNECTIONS, "QEMU guest agent channel");
    SPICE_AGENT = topic(&CONNECTIONS, "SPICE agent channel");
    SOUND = topic(&SCREEN, "sound");
    USB = topic(&SCREEN, "USB 3");
    MEDIA = topic(&STORAGE, "empty CD-ROM drives");
    LIBOSINFO = topic(&MACHINE, "libosinfo id");
}
