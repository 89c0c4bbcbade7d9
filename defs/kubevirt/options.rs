//! Which of a person's [`Options`] a cluster takes.

use crate::definition::Definition;
use crate::machine::Forward;
use crate::options::{Disk, Options};
use crate::platforms::Hypervisor;

/// An option that means nothing in a cluster, or a name that it does not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Refusal {
    #[error(
        "to kubevirt: {path} is for Cloud Hypervisor, and KubeVirt runs QEMU; take a file for QEMU, such as {instead}"
    )]
    Hypervisor { path: String, instead: String },
    #[error("to kubevirt: {path} is for {arch}, and manifests are made for PCs only; take one such as {instead}")]
    Architecture { path: String, arch: &'static str, instead: String },
    #[error(
        "name: {0} is no name in a cluster; use at most 53 letters, digits and `-`, with a letter or a digit at either end"
    )]
    Name(String),
    #[error(
        "disk {path}: a cluster reads no file of this computer; leave the option out, have CDI make the disk of the image \
         (`virtctl image-upload dv NAME --size SIZE --image-path {path}`), and remove `dataVolumeTemplates`"
    )]
    Disk { path: String },
    #[error(
        "share {0}: a cluster shares no folder of this computer; leave the option out, and share a PersistentVolumeClaim \
         (`spec.template.spec.domain.devices.filesystems`)"
    )]
    Share(String),
    #[error(
        "forward {forward}: a machine of a cluster is on no host of its own; leave the option out, and make a Service: \
         virtctl expose vm {name} --name {name}-{guest} --port {host} --target-port {guest}"
    )]
    Forward { forward: Forward, name: String, host: u16, guest: u16 },
    #[error(
        "bridge {0}: a cluster has no bridge of this computer; leave the option out, and name a NetworkAttachmentDefinition \
         (Multus) in `spec.template.spec.networks`"
    )]
    Bridge(String),
}

/// What of it a cluster does not take.
#[must_use]
pub fn refusals(options: &Options, definition: Definition) -> Vec<Refusal> {
    // Whatever an option is, it is said here what a cluster makes of it.
    let Options { name, title: _, memory: _, cpus: _, disk, media: _, share, forwards, bridge, mac: _, bios: _ } =
        options;
    let machine =
        name.as_ref().map_or_else(|| definition.guest.name.to_ascii_lowercase(), crate::options::Name::lowercase);
    let mut refusals = Vec::new();
    if !definition.platform.fits_cluster {
        let (path, arch) = (definition.path(), definition.platform.arch.name());
        let instead = fitting(definition).into_iter().next().unwrap_or_default();
        refusals.push(match definition.platform.hypervisor {
            Hypervisor::CloudHypervisor => Refusal::Hypervisor { path, instead },
            Hypervisor::Qemu => Refusal::Architecture { path, arch, instead },
        });
    }
    refusals.extend((!is_label(&machine)).then(|| Refusal::Name(machine.clone())));
    match disk {
        Some(Disk::Existing { format: _, path }) => refusals.push(Refusal::Disk { path: path.clone() }),
        Some(Disk::New(_)) | None => {}
    }
    refusals.extend(share.clone().map(Refusal::Share));
    refusals.extend(forwards.iter().map(|&forward| {
        let Forward { host, guest } = forward;
        Refusal::Forward { forward, name: machine.clone(), host, guest }
    }));
    refusals.extend(bridge.clone().map(Refusal::Bridge));
    refusals
}

/// The definitions of the same guest and connection that are made for a cluster, without the ending of their files.
#[must_use]
pub fn fitting(definition: Definition) -> Vec<String> {
    let others = Definition::of(definition.guest).filter(|other| other.connection == definition.connection);
    others.filter(Definition::fits_cluster).map(|other| other.path().trim_end_matches(".xml").to_owned()).collect()
}

/// A machine's name in a cluster.
#[must_use]
pub(super) fn name(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// Whether it is a DNS label (RFC 1123), which every name that is made of it needs as well.
fn is_label(name: &str) -> bool {
    let is_end = |end: Option<char>| end.is_some_and(|c| c.is_ascii_alphanumeric());
    let fits = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    fits && name.len() <= 63 - "-installer".len() && is_end(name.chars().next()) && is_end(name.chars().last())
}
