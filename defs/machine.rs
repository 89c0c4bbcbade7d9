//! What is a person's to choose of a machine; everything else about it is decided by tunables.
//!
//! A definition of the catalogue is the machine that nobody has changed
//! ([`Definition::machine`](crate::definition::Definition::machine)). Whoever wants another name, or more memory, changes
//! that machine and has the same definition written of it
//! ([`Definition::write`](crate::definition::Definition::write)): the tunables take every such value from here.

use std::borrow::Cow;

use crate::domain::{Chosen, DiskFormat};
use crate::size::Size;

/// A machine, as a person sees it. The catalogue's values are constants, a person's are their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// What `virsh list` shows and every command takes. Its firmware variables and its TPM are kept under this name.
    pub name: Cow<'static, str>,
    /// What graphical tools show instead of the name.
    pub title: Cow<'static, str>,
    /// The id of its operating system in osinfo-db, e.g. `http://microsoft.com/win/11`.
    pub osinfo: Cow<'static, str>,
    /// Number of virtual CPUs, at least 1.
    pub vcpus: u32,
    /// Memory at boot, which is also the most that the guest can have.
    pub memory: Size,
    /// The system disk.
    pub disk: SystemDisk,
    /// What is in its CD-ROM drives.
    pub media: Media,
    /// The network of libvirt's that it is on, if it is one of the system's machines.
    pub network: Cow<'static, str>,
    /// The bridge of the host's that it is on instead.
    pub bridge: Option<String>,
    /// The address of its network card; libvirt makes one if nothing is said.
    pub mac: Option<String>,
    /// The ports of the host that lead to it.
    pub forwards: Vec<Forward>,
    /// The folder of the host that it shares.
    pub share: Option<Cow<'static, str>>,
    /// What starts it.
    pub firmware: Firmware,
    /// The choices that made it this, as they are written into its definition; `None` for the catalogue's own.
    pub chosen: Option<Vec<Chosen>>,
}

/// What starts a machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Firmware {
    /// What its definition has: UEFI, with Secure Boot or without.
    #[default]
    OfDefinition,
    /// BIOS, for a disk that was installed with it.
    Bios,
}

/// A TCP port of the host that leads to one of the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forward {
    /// The host's.
    pub host: u16,
    /// The guest's.
    pub guest: u16,
}

/// The disk that the operating system is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemDisk {
    /// Name of the image: the volume's, or the file's.
    pub name: Cow<'static, str>,
    /// What the guest sees; the image is smaller until the guest has filled it.
    pub size: Size,
    /// Format of the image.
    pub format: DiskFormat,
    /// Where the image is.
    pub place: Place,
}

/// Where a disk's image is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the pool of this name, as a volume.
    Pool(Cow<'static, str>),
    /// In the folder of this absolute path, as a file.
    Folder(Cow<'static, str>),
}

/// The media in the drives: absolute paths of disc images. A drive without one is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Media {
    /// In the drive for the installer, or for the seed of a cloud image.
    pub installer: Option<String>,
    /// In the drive for drivers, if the definition has one.
    pub drivers: Option<String>,
}
