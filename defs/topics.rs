//! The rows of the README's status table.

/// What a row of the status table is about.
#[derive(Debug, PartialEq, Eq)]
pub struct Topic {
    /// The row's name.
    pub name: &'static str,
    /// The cell of a guest without it.
    pub otherwise: &'static str,
}

const fn topic(name: &'static str) -> Topic {
    Topic { name, otherwise: "no" }
}

macro_rules! topics {
    ($($id:ident = $value:expr;)*) => {
        $(#[allow(missing_docs, reason = "its name says it")] pub static $id: Topic = $value;)*
        /// Every row, in the order of the table.
        pub static TOPICS: &[&Topic] = &[$(&$id),*];
    };
}

topics! {
    CHIPSET = topic("chipset");
    FIRMWARE = topic("firmware");
    SECURE_BOOT = topic("Secure Boot");
    TPM = topic("TPM");
    CPU = topic("CPU");
    MEMORY = topic("memory");
    HYPERV = topic("Hyper-V enlightenments");
    CLOCK = topic("clock");
    SLEEP = topic("guest sleep states");
    DISPLAY = topic("display");
    VIRTIO_GPU = topic("virtio-gpu");
    VGA = topic("VGA card");
    DISK = topic("system disk");
    VIRTIO_SCSI = topic("virtio-scsi");
    VIRTIO_BLK = topic("virtio-blk");
    SATA = topic("SATA disk");
    VIRTIO_FS = topic("virtio-fs");
    NETWORK = topic("network");
    VIRTIO_NET = topic("virtio-net");
    VIRTIO_KEYBOARD = topic("virtio-keyboard");
    VIRTIO_TABLET = topic("virtio-tablet");
    USB_TABLET = topic("USB tablet");
    VIRTIO_CONSOLE = topic("virtio console");
    VIRTIO_BALLOON = topic("virtio-balloon");
    VIRTIO_RNG = topic("virtio-rng");
    GUEST_AGENT = topic("QEMU guest agent channel");
    SPICE_AGENT = topic("SPICE agent channel");
    SOUND = topic("sound");
    USB = topic("USB 3");
    MEDIA = topic("empty CD-ROM drives");
    LIBOSINFO = topic("libosinfo id");
}
