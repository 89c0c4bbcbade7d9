//! What a person chooses of a machine, in words: a name, more memory, another disk, a port.
//!
//! Options are applied to a definition's [`Machine`], and to nothing else: what follows for the decisions is in
//! [`chosen`](crate::tunables::chosen). They are written into what is made of them ([`Chosen`]), so that it can be made again.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use crate::connection::Connection;
use crate::definition::Definition;
use crate::domain::{Chosen, DiskDevice, DiskFormat};
use crate::groups;
use crate::machine::{Firmware, Forward, Machine, Place};
use crate::platforms::Hypervisor;
use crate::size::Size;
use crate::tunables::{firmware, network};
use crate::variants;

/// What was chosen; everything else is as in the definition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The machine's name, which its title and its disk get as well.
    pub name: Option<Name>,
    /// Another title than the name.
    pub title: Option<String>,
    /// Memory.
    pub memory: Option<Size>,
    /// Number of CPUs.
    pub cpus: Option<NonZeroU32>,
    /// The system disk.
    pub disk: Option<Disk>,
    /// Disc images, in the order of the drives: absolute paths.
    pub media: Vec<String>,
    /// The folder that it shares: an absolute path.
    pub share: Option<String>,
    /// The host's ports that lead to it.
    pub forwards: Vec<Forward>,
    /// The host's bridge that it is on.
    pub bridge: Option<String>,
    /// The address of its network card.
    pub mac: Option<Mac>,
    /// BIOS instead of UEFI.
    pub bios: bool,
}

/// Options that cannot be had together, or with a definition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Refusal {
    #[error("{0}: a size of nothing; leave it out for the definition's own")]
    Nothing(&'static str),
    #[error("cpus: {0} are more than the 255 that a machine takes without an IOMMU")]
    Cpus(u32),
    #[error("{0}: {1:?} is not one line of text; leave out line ends and control characters")]
    Text(&'static str, String),
    #[error("{0}: {1} does not begin with `/`; write the whole path, which libvirt needs")]
    Relative(&'static str, String),
    #[error(
        "iso: {path} has {drives}, too few for {media}; take a definition with more, or insert one later with `virsh change-media`"
    )]
    Drives { path: String, drives: usize, media: usize },
    #[error("share: {0} has no driver in its guest for a shared folder (virtio-fs); share it over the network")]
    Share(String),
    #[error("forward: {0} is on a network that this host reaches anyway; connect to the guest's own address")]
    Forward(String),
    #[error("forward: port {0} of the host leads to two of the guest; choose another one for the second")]
    Twice(u16),
    #[error("bridge: {0} is a session's machine, which may use no bridge; take the file of that name in system/")]
    Bridge(String),
    #[error("mac: {0} has no network card; take a file in system/")]
    Card(String),
    #[error(
        "firmware bios: {0} has Secure Boot, which only UEFI has; take windows10, or windows-inbox for a disk without virtio drivers"
    )]
    SecureBoot(String),
    #[error("{option}: {path} is for Cloud Hypervisor, with which that has not been tried; take a definition for QEMU")]
    CloudHypervisor { option: &'static str, path: String },
}

impl Options {
    /// A definition's machine with these choices.
    ///
    /// # Errors
    ///
    /// Everything that does not go together.
    pub fn applied(&self, definition: Definition) -> Result<Machine, Vec<Refusal>> {
        let refusals = self.refusals(definition);
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let own = definition.machine();
        let mut machine = Machine { chosen: Some(self.told()), ..own };
        if let Some(Name(name)) = &self.name {
            machine.disk.name = format!("{}.{}", name.to_ascii_lowercase(), machine.disk.format.name()).into();
            (machine.name, machine.title) = (name.clone().into(), name.clone().into());
        }
        machine.title = self.title.clone().map_or(machine.title, Cow::from);
        machine.memory = self.memory.unwrap_or(machine.memory);
        machine.vcpus = self.cpus.map_or(machine.vcpus, NonZeroU32::get);
        match &self.disk {
            Some(Disk::New(size)) => machine.disk.size = *size,
            Some(Disk::Existing { format, path }) => {
                let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
                machine.disk.place = Place::Folder(folder.to_owned().into());
                (machine.disk.name, machine.disk.format) = (name.to_owned().into(), *format);
            }
            None => {}
        }
        let mut media = self.media.iter().cloned();
        (machine.media.installer, machine.media.drivers) = (media.next(), media.next());
        machine.share = self.share.clone().map(Cow::from).or(machine.share);
        machine.forwards.clone_from(&self.forwards);
        machine.bridge.clone_from(&self.bridge);
        machine.mac = self.mac.as_ref().map(Mac::to_string);
        machine.firmware = if self.bios { Firmware::Bios } else { Firmware::OfDefinition };
        Ok(machine)
    }

    /// Whether the disk is one that has to be made, by its document.
    #[must_use]
    pub fn makes_disk(&self) -> bool {
        !matches!(self.disk, Some(Disk::Existing { .. }))
    }

    fn refusals(&self, definition: Definition) -> Vec<Refusal> {
        let (path, mut refusals) = (definition.path(), self.bad_values());
        let mut refuse = |so: bool, refusal: Refusal| refusals.extend(so.then_some(refusal));
        if definition.platform.hypervisor == Hypervisor::CloudHypervisor {
            let asked = [
                ("iso", !self.media.is_empty()),
                ("share", self.share.is_some()),
                ("forward", !self.forwards.is_empty()),
                ("bridge", self.bridge.is_some()),
                ("firmware bios", self.bios),
                ("disk", matches!(self.disk, Some(Disk::Existing { format: DiskFormat::Raw, .. }))),
            ];
            for (option, so) in asked {
                refuse(so, Refusal::CloudHypervisor { option, path: path.clone() });
            }
            refuse(self.mac.is_some() && definition.connection == Connection::Session, Refusal::Card(path));
            return refusals;
        }
        let (drives, media) = (drives(definition), self.media.len());
        refuse(media > drives, Refusal::Drives { path: path.clone(), drives, media });
        refuse(self.share.is_some() && !can_share(definition), Refusal::Share(path.clone()));
        let in_session = definition.has(&network::USER);
        refuse(!self.forwards.is_empty() && !in_session, Refusal::Forward(path.clone()));
        let twice = self
            .forwards
            .iter()
            .enumerate()
            .find(|(index, forward)| self.forwards[..*index].iter().any(|earlier| earlier.host == forward.host));
        refuse(twice.is_some(), Refusal::Twice(twice.map_or(0, |(_, forward)| forward.host)));
        refuse(self.bridge.is_some() && in_session, Refusal::Bridge(path.clone()));
        // An old disk of Windows may have no virtio driver, and the one definition without virtio is of this kind.
        let secure = definition.has(&firmware::SECURE_BOOT_ON) && !definition.is(&variants::INBOX);
        refuse(self.bios && secure, Refusal::SecureBoot(path));
        refusals
    }

    /// The values that no definition takes.
    fn bad_values(&self) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        let new = match &self.disk {
            Some(Disk::New(size)) => Some(*size),
            _ => None,
        };
        for (option, size) in [("memory", self.memory), ("disk", new)] {
            refusals.extend(size.filter(|size| size.value == 0).map(|_| Refusal::Nothing(option)));
        }
        // libvirt src/qemu/qemu_validate.c, QEMU_MAX_VCPUS_WITHOUT_EIM.
        let many = self.cpus.map(NonZeroU32::get).filter(|cpus| *cpus > 255);
        refusals.extend(many.map(Refusal::Cpus));
        let existing = match &self.disk {
            Some(Disk::Existing { path, .. }) => Some(path),
            _ => None,
        };
        let paths = self.media.iter().map(|path| ("iso", path));
        let paths = paths.chain(self.share.iter().map(|path| ("share", path)));
        let paths: Vec<_> = paths.chain(existing.into_iter().map(|path| ("disk", path))).collect();
        let words =
            self.title.iter().map(|text| ("title", text)).chain(self.bridge.iter().map(|text| ("bridge", text)));
        for (option, text) in words.chain(paths.iter().copied()) {
            let bad = text.trim().is_empty() || text.chars().any(char::is_control);
            refusals.extend(bad.then(|| Refusal::Text(option, text.clone())));
        }
        for (option, path) in paths {
            refusals.extend((!path.starts_with('/')).then(|| Refusal::Relative(option, path.clone())));
        }
        refusals
    }

    /// The choices, as they are written into a definition.
    #[must_use]
    pub fn told(&self) -> Vec<Chosen> {
        let one = |name: &str, value: Option<String>| value.map(|value| Chosen { name: name.to_owned(), value });
        let mut told = Vec::new();
        told.extend(one("name", self.name.as_ref().map(|Name(name)| name.clone())));
        told.extend(one("title", self.title.clone()));
        told.extend(one("memory", self.memory.map(written)));
        told.extend(one("cpus", self.cpus.map(|cpus| cpus.to_string())));
        told.extend(one("disk", self.disk.as_ref().map(Disk::to_string)));
        told.extend(self.media.iter().filter_map(|path| one("iso", Some(path.clone()))));
        told.extend(one("share", self.share.clone()));
        told.extend(self.forwards.iter().filter_map(|forward| one("forward", Some(forward.to_string()))));
        told.extend(one("bridge", self.bridge.clone()));
        told.extend(one("mac", self.mac.as_ref().map(Mac::to_string)));
        told.extend(one("firmware", self.bios.then(|| "bios".to_owned())));
        told
    }

    /// The options that were written into a definition.
    ///
    /// # Errors
    ///
    /// When they are not of this release, or somebody has changed them.
    pub fn of(told: &[Chosen]) -> Result<Options, ValueError> {
        let mut options = Options::default();
        for Chosen { name, value } in told {
            match name.as_str() {
                "name" => options.name = Some(value.parse()?),
                "title" => options.title = Some(value.clone()),
                "memory" => options.memory = Some(value.parse().map_err(|_| ValueError::new(name, value))?),
                "cpus" => options.cpus = Some(value.parse().map_err(|_| ValueError::new(name, value))?),
                "disk" => options.disk = Some(value.parse()?),
                "iso" => options.media.push(value.clone()),
                "share" => options.share = Some(value.clone()),
                "forward" => options.forwards.push(value.parse()?),
                "bridge" => options.bridge = Some(value.clone()),
                "mac" => options.mac = Some(value.parse()?),
                "firmware" if value == "bios" => options.bios = true,
                _ => return Err(ValueError::new(name, value)),
            }
        }
        Ok(options)
    }
}

fn drives(definition: Definition) -> usize {
    definition.domain().devices.disks.iter().filter(|disk| disk.device == DiskDevice::Cdrom).count()
}

/// Whether the guest has a driver for a shared folder, which some variants leave out for other reasons than that.
fn can_share(definition: Definition) -> bool {
    let mut groups = definition.profile.groups();
    groups.any(|group| groups::same(group, groups::SHARE)) && !definition.is(&variants::INBOX)
}

/// `8GiB`, as it is written on a command line.
fn written(size: Size) -> String {
    size.to_string().replace(' ', "")
}

/// A value that an option does not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is no {option}")]
pub struct ValueError {
    option: String,
    value: String,
}

impl ValueError {
    fn new(option: &str, value: &str) -> ValueError {
        ValueError { option: option.to_owned(), value: value.to_owned() }
    }
}

/// The name of a machine, which names of files are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// As files are named after it.
    #[must_use]
    pub fn lowercase(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl FromStr for Name {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Name, ValueError> {
        let fits = text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
        if fits && text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return Ok(Name(text.to_owned()));
        }
        Err(ValueError::new("name: use letters, digits, `.`, `_` and `-`, and begin with a letter or a digit", text))
    }
}

/// The system disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disk {
    /// One that is made, of this size.
    New(Size),
    /// A file that is there.
    Existing {
        /// Its format.
        format: DiskFormat,
        /// Its absolute path.
        path: String,
    },
}

/// `120GiB`, `qcow2:/srv/old.qcow2`.
impl fmt::Display for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Disk::New(size) => f.write_str(&written(*size)),
            Disk::Existing { format, path } => write!(f, "{}:{path}", format.name()),
        }
    }
}

impl FromStr for Disk {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Disk, ValueError> {
        for format in [DiskFormat::Qcow2, DiskFormat::Raw] {
            if let Some(path) = text.strip_prefix(format.name()).and_then(|rest| rest.strip_prefix(':')) {
                return Ok(Disk::Existing { format, path: path.to_owned() });
            }
        }
        text.parse().map(Disk::New).map_err(|_| ValueError::new("disk: write a size, such as 120GiB", text))
    }
}

/// `2222:22`, the host's first.
impl fmt::Display for Forward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.guest)
    }
}

impl FromStr for Forward {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Forward, ValueError> {
        let port = |text: &str| text.parse().ok().filter(|port| *port != 0);
        let ports = text.split_once(':').and_then(|(host, guest)| Some((port(host)?, port(guest)?)));
        let wrong = || ValueError::new("pair of ports: write the host's and the guest's, such as 2222:22", text);
        ports.map(|(host, guest)| Forward { host, guest }).ok_or_else(wrong)
    }
}

/// The address of one network card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mac([u8; 6]);

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0.map(|byte| format!("{byte:02x}"));
        f.write_str(&bytes.join(":"))
    }
}

impl FromStr for Mac {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Mac, ValueError> {
        let is_byte = |text: &&str| text.len() == 2 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        let byte = |text| u8::from_str_radix(Some(text).filter(is_byte)?, 16).ok();
        let bytes: Option<Vec<u8>> = text.split(':').map(byte).collect();
        let bytes = bytes.and_then(|bytes| <[u8; 6]>::try_from(bytes).ok());
        // The lowest bit of the first byte marks an address of many cards.
        let one = bytes.filter(|bytes| bytes[0] & 1 == 0 && *bytes != [0; 6]);
        let wrong = || ValueError::new("address of a network card: write one such as 52:54:00:12:34:56", text);
        one.map(Mac).ok_or_else(wrong)
    }
}
