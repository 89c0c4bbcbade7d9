//! The typed `<domain>`: libvirt's names in libvirt's order, and only what the definitions use.
//!
//! Field order is the order in which `virsh dumpxml` prints, so that a defined machine can be read beside our file.
//! What libvirt restricts to a few values is an enum. Every field that a definition may leave out is an `Option`;
//! `#[skip_serializing_none]` keeps an absent one from being written as an empty element, which libvirt would read as
//! "on" (`<readonly/>`). Unknown names are refused when parsing, so that the round trip proves the model complete.
//!
//! Reference for every name and value: <https://libvirt.org/formatdomain.html>.

mod board;
mod connections;
mod desktop;
mod devices;
mod extension;
mod services;
mod storage;
mod values;

pub use board::*;
pub use connections::*;
pub use desktop::*;
pub use devices::*;
pub use extension::*;
pub use services::*;
pub use storage::*;
pub use values::*;

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::render::Root;
use crate::size::Size;

/// `<domain>`, one virtual machine.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename = "domain", deny_unknown_fields)]
pub struct Domain {
    /// The hypervisor.
    #[serde(rename = "@type")]
    pub kind: DomainType,
    /// Declared where there is an [`Override`].
    #[serde(rename = "@xmlns:qemu")]
    pub xmlns_qemu: Option<QemuNamespace>,
    /// What `virsh list` shows and every command takes.
    pub name: String,
    /// What graphical tools show instead of the name.
    pub title: Option<String>,
    /// Data of other programs, which libvirt keeps as it is.
    pub metadata: Option<Metadata>,
    /// Memory at boot, which is also the most the guest can have.
    pub memory: Option<Size>,
    /// What guest memory is made of on the host.
    #[serde(rename = "memoryBacking")]
    pub memory_backing: Option<MemoryBacking>,
    /// Number of virtual CPUs.
    pub vcpu: Option<u32>,
    /// Number of threads that disks can be given for their I/O.
    pub iothreads: Option<u32>,
    /// Machine type and firmware.
    pub os: Option<Os>,
    /// Hypervisor features.
    pub features: Option<Features>,
    /// CPU model and topology.
    pub cpu: Option<Cpu>,
    /// Time base and timers.
    pub clock: Option<Clock>,
    /// Which ACPI sleep states the firmware offers.
    pub pm: Option<Pm>,
    /// Everything that is attached to the machine.
    pub devices: Devices,
    /// What QEMU is told beside that.
    #[serde(rename(serialize = "qemu:override", deserialize = "override"))]
    pub qemu_override: Option<Override>,
}

impl Root for Domain {
    const NAME: &'static str = "domain";
}

impl Domain {
    /// A machine with nothing but its identity; every decision is a [`Tunable`](crate::tunables::Tunable).
    #[must_use]
    pub fn bare(name: &str, title: &str, metadata: Metadata) -> Domain {
        Domain {
            kind: DomainType::Kvm,
            xmlns_qemu: None,
            name: name.to_owned(),
            title: Some(title.to_owned()),
            metadata: Some(metadata),
            memory: None,
            memory_backing: None,
            vcpu: None,
            iothreads: None,
            os: None,
            features: None,
            cpu: None,
            clock: None,
            pm: None,
            devices: Devices::default(),
            qemu_override: None,
        }
    }

    /// `<os>`, made if there is none yet.
    pub fn os(&mut self) -> &mut Os {
        self.os.get_or_insert_default()
    }

    /// `<features>`, made if there is none yet.
    pub fn features(&mut self) -> &mut Features {
        self.features.get_or_insert_default()
    }

    /// `<clock>`'s timers, if there is a clock.
    pub fn timers(&mut self) -> Option<&mut Vec<Timer>> {
        self.clock.as_mut().map(|clock| &mut clock.timers)
    }

    /// `<pm>`, made if there is none yet.
    pub fn pm(&mut self) -> &mut Pm {
        self.pm.get_or_insert_default()
    }
}

/// `<domain type=…>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DomainType {
    /// QEMU with hardware virtualization.
    Kvm,
    /// QEMU that emulates the processor: for tests on machines without KVM, no file has it.
    Qemu,
}

/// `<metadata>`: one element per program, each in a namespace of its own.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// Which operating system this is.
    #[serde(rename(serialize = "libosinfo:libosinfo", deserialize = "libosinfo"))]
    pub libosinfo: Option<Libosinfo>,
    /// Which file of which release the machine was defined from.
    #[serde(rename(serialize = "definition:definition", deserialize = "definition"))]
    pub definition: Provenance,
}

/// libosinfo's element, as virt-manager and GNOME Boxes write and read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Libosinfo {
    /// The namespace's name.
    #[serde(rename = "@xmlns:libosinfo")]
    pub xmlns: LibosinfoNamespace,
    /// The guest operating system.
    #[serde(rename(serialize = "libosinfo:os", deserialize = "os"))]
    pub os: LibosinfoOs,
}

/// The one namespace that libosinfo's element can be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LibosinfoNamespace {
    /// `http://libosinfo.org/xmlns/libvirt/domain/1.0`
    #[serde(rename = "http://libosinfo.org/xmlns/libvirt/domain/1.0")]
    V1,
}

/// `<libosinfo:os>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LibosinfoOs {
    /// Identifier of an operating system in osinfo-db, e.g. `http://microsoft.com/win/11`.
    #[serde(rename = "@id")]
    pub id: String,
}

/// Where a machine came from. libvirt drops comments when it defines a file but keeps this, so that a defined machine
/// can be traced to its file and updated: `virsh metadata NAME urn:domain-definitions:1`.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The namespace's name.
    #[serde(rename = "@xmlns:definition")]
    pub xmlns: ProvenanceNamespace,
    /// The file in this repository, e.g. `session/linux.xml`.
    #[serde(rename = "@file")]
    pub file: String,
    /// The release of this repository.
    #[serde(rename = "@release")]
    pub release: String,
    /// The oldest libvirt release the file works with.
    #[serde(rename = "@libvirt")]
    pub libvirt: String,
    /// The oldest QEMU release the file works with, if it is for QEMU.
    #[serde(rename = "@qemu")]
    pub qemu: Option<String>,
    /// The oldest Linux whose KVM has what the file asks for, if it asks for more than any has.
    #[serde(rename = "@linux")]
    pub linux: Option<String>,
    /// What a person has chosen, by [`options`](crate::options).
    #[serde(default, rename(serialize = "definition:option", deserialize = "option"))]
    pub options: Vec<Chosen>,
}

/// `<definition:option>`: one choice of a person's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// The option's name, e.g. `memory`.
    #[serde(rename = "@name")]
    pub name: String,
    /// What was chosen, e.g. `8GiB`.
    #[serde(rename = "$text")]
    pub value: String,
}

/// The namespace of [`Provenance`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub struct ProvenanceNamespace;

impl ProvenanceNamespace {
    /// A name, not an address; its number changes when the meaning of the attributes does.
    pub const URN: &str = "urn:domain-definitions:1";
}

impl From<ProvenanceNamespace> for &'static str {
    fn from(_: ProvenanceNamespace) -> &'static str {
        ProvenanceNamespace::URN
    }
}

impl TryFrom<String> for ProvenanceNamespace {
    type Error = String;

    fn try_from(name: String) -> Result<ProvenanceNamespace, String> {
        let error = format!("{name}: this element is in another namespace, {}", ProvenanceNamespace::URN);
        if name == ProvenanceNamespace::URN { Ok(ProvenanceNamespace) } else { Err(error) }
    }
}
