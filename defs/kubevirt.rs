//! A definition as an object of `KubeVirt`'s, a cluster's way to run machines.
//!
//! `KubeVirt` has libvirt and QEMU of its own and writes the domain itself; its objects say less than libvirt's. So each element of
//! the [typed domain](crate::domain) has a [`Fate`] here: a field that says the same, or what becomes of it. The mapping takes
//! every struct apart by name, without `..`, and matches every value: what is new in a domain does not compile until somebody
//! says what it is in a cluster.
//!
//! Source of what is said of `KubeVirt`: its API reference (the types that `xtask/tests/kubevirt/types.json` is made of), its user guide,
//! and what its admission webhook refuses.

mod board;
mod devices;
mod drives;
mod mapping;
pub mod objects;
pub mod options;
mod shared;

use std::collections::BTreeMap;

use crate::definition::Definition;
use crate::domain::{
    Chosen, Domain, DomainType, Libosinfo, LibosinfoNamespace, LibosinfoOs, Metadata, Provenance, ProvenanceNamespace,
    QemuNamespace,
};
use crate::kubevirt::mapping::{Mapping, own};
use crate::kubevirt::objects::{
    Architecture, DomainSpec, InstanceSpec, MachineSpec, Meta, Object, RunStrategy, Template,
};
use crate::machine::Machine;

pub use mapping::{Becomes, Fate, Field, Upload};
pub use shared::{Shared, shared};

/// The release of the types that the manifests are held against.
pub const TYPES: &str = "1.7.0";

/// A machine of a cluster, and what became of everything that libvirt's definition says.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The object.
    pub machine: Object<MachineSpec>,
    /// What became of each element, in the order of the domain.
    pub fates: Vec<Fate>,
    /// What the cluster must have, beyond `KubeVirt` and CDI.
    pub needs: Vec<&'static str>,
    /// What is uploaded or made before the machine starts.
    pub uploads: Vec<Upload>,
}

/// A definition's machine as `KubeVirt`'s.
#[must_use]
pub fn manifest(definition: Definition, machine: &Machine) -> Manifest {
    let mut mapping = Mapping::default();
    let Domain {
        kind,
        xmlns_qemu,
        name: _, // In other letters: `name`.
        title,
        metadata,
        memory,
        memory_backing,
        vcpu,
        iothreads,
        os,
        features,
        cpu,
        clock,
        pm,
        devices,
        qemu_override,
    } = definition.domain_for(machine);
    match kind {
        DomainType::Kvm => mapping.by_itself("@type", "it runs machines with KVM"),
        DomainType::Qemu => mapping.lost("@type", "the cluster decides on emulation (`useEmulation`)"),
    }
    let name = options::name(&machine.name);
    mapping.other("name", own("metadata/name"), "Kubernetes takes names in lower case only.");
    let annotations = annotations(&mut mapping, title, metadata);

    let memory = memory.map(|size| board::memory(&mut mapping, size));
    if let Some(backing) = memory_backing {
        board::backing(&mut mapping, &backing);
    }
    let mut cpus = vcpu.map(|count| board::vcpu(&mut mapping, count));
    if iothreads.is_some() {
        board::iothreads(&mut mapping, &devices);
    }
    let (firmware, smm) = os.map(|os| board::os(&mut mapping, os)).unzip();
    let features = board::features(&mut mapping, features, smm.flatten());
    if let Some(cpu) = cpu {
        board::cpu(&mut mapping, cpu, &mut cpus);
    }
    let clock = clock.map(|clock| board::clock(&mut mapping, clock));
    if let Some(pm) = pm {
        board::pm(&mut mapping, pm);
    }
    let drives = drives::Context { definition, machine, name: &name };
    let attached = devices::devices(&mut mapping, devices, &drives);
    if let Some(extension) = qemu_override {
        match xmlns_qemu {
            Some(QemuNamespace::V1) | None => devices::extension(&mut mapping, extension),
        }
    }

    let domain = DomainSpec { clock, cpu: cpus, devices: attached.devices, features, firmware, memory };
    let instance = InstanceSpec {
        architecture: match definition.platform.arch {
            crate::domain::Arch::X86_64 => Architecture::Amd64,
            crate::domain::Arch::Aarch64 => Architecture::Arm64,
        },
        domain,
        networks: attached.networks,
        volumes: attached.volumes,
    };
    let spec = MachineSpec {
        data_volume_templates: attached.templates,
        instancetype: None,
        preference: None,
        run_strategy: RunStrategy::Halted,
        template: Template { spec: instance },
    };
    let machine = Object::machine(Meta { name, annotations }, spec);
    let Mapping { fates, needs, uploads } = mapping;
    Manifest { machine, fates, needs, uploads }
}

/// Where it came from, as the definition's metadata says it.
fn annotations(
    mapping: &mut Mapping,
    title: Option<String>,
    metadata: Option<Metadata>,
) -> BTreeMap<&'static str, String> {
    let mut annotations = BTreeMap::new();
    if let Some(title) = title {
        mapping.other(
            "title",
            own("metadata/annotations/domain-definitions~title"),
            "The title that libvirt's graphical tools show.",
        );
        annotations.insert("domain-definitions/title", title);
    }
    let Some(Metadata { libosinfo, definition }) = metadata else { return annotations };
    if let Some(Libosinfo { xmlns, os }) = libosinfo {
        let (LibosinfoNamespace::V1, LibosinfoOs { id: _ }) = (xmlns, os);
        mapping.lost("metadata/libosinfo", "no place for osinfo-db's identifier of the system");
    }
    let Provenance { xmlns, file, release, libvirt: _, qemu: _, linux: _, options } = definition;
    let ProvenanceNamespace = xmlns;
    mapping.other(
        "metadata/definition",
        own("metadata/annotations/domain-definitions~file"),
        "Where this machine comes from, so that it can be traced and made again.",
    );
    mapping.by_itself("metadata/definition/@libvirt, @qemu, @linux", "it brings libvirt and QEMU of its own");
    annotations.insert("domain-definitions/file", file);
    annotations.insert("domain-definitions/release", release);
    let options: Vec<_> = options.into_iter().map(|Chosen { name, value }| format!("{name}={value}")).collect();
    if !options.is_empty() {
        annotations.insert("domain-definitions/options", options.join("; "));
    }
    annotations
}
