//! What a host cannot be asked: a definition that is newer than its libvirt or QEMU, a device whose program it lacks.

use domain_definitions::rules::{At, Family, Target, judge};
use domain_definitions::{Connection, Definition};
use roxmltree::Document;

use crate::fault::Fault;
use crate::release::Release;

/// Whether a definition can be defined with a release on a connection, which need not be the one that it is made for.
///
/// # Errors
///
/// When the definition states newer releases, or a rule says that this one refuses it on that connection.
pub fn too_old(release: &Release, definition: &Definition, connection: Connection) -> Result<(), Fault> {
    let Some(numbers) = release.numbers else { return Ok(()) };
    let floor = definition.floor();
    if !floor.within(numbers) {
        return Err(Fault::Missing(format!("{} needs {floor}; there are {numbers}", definition.path())));
    }
    let text = definition.xml()?;
    let document = Document::parse(&text)?;
    let findings = judge(
        &document,
        Target { floor: numbers, connection: Some(connection), hypervisor: Some(definition.platform.hypervisor) },
    );
    let refused = findings.iter().find(|finding| match finding.rule.family {
        Family::Libvirt(refusal) => refusal.at == At::Define && refusal.applies_to(numbers),
        Family::Floor | Family::Portable(_) => false,
    });
    match refused {
        Some(finding) if connection != definition.connection => Err(Fault::Missing(format!(
            "{}, which is for {}, cannot be defined for {connection} with libvirt {}: {} ({})",
            definition.path(),
            definition.connection,
            numbers.libvirt,
            finding.violation.message,
            finding.rule.id()
        ))),
        _ => Ok(()),
    }
}

/// What libvirt said of a definition, told apart: that the host lacks what the definition states as a need, or that something is
/// wrong.
#[must_use]
pub fn lacking(definition: &Definition, fault: Fault) -> Fault {
    match fault {
        Fault::Wrong(said) => match definition.needs().into_iter().find(|need| need.is_reported_in(&said)) {
            Some(need) => Fault::Missing(format!("this host has no {}: {}", need.what, said.trim())),
            None => Fault::Wrong(said),
        },
        missing @ Fault::Missing(_) => missing,
    }
}
