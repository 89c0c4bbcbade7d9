//! What a host cannot be asked: a definition that is newer than its libvirt, QEMU or Linux, a device whose program it lacks.

use domain_definitions::rules::{At, Family, Target, judge};
use domain_definitions::version::ALWAYS;
use domain_definitions::{Connection, Definition, Version};
use roxmltree::Document;

use crate::fault::Fault;
use crate::here;
use crate::release::Release;

/// Whether a definition can be defined with a release on a connection, which need not be the one that it is made for.
///
/// # Errors
///
/// When the definition states newer releases, or a rule says that this one refuses it on that connection.
pub fn too_old(release: &Release, definition: &Definition, connection: Connection) -> Result<(), Fault> {
    let Some(numbers) = release.numbers else { return Ok(()) };
    // The kernel's part comes when it starts.
    let floor = definition.floor().emulated();
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
        Family::Mistake | Family::Floor | Family::Portable(_) => false,
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

/// Whether the KVM of this host's kernel has what a definition asks of it. Where the machine is emulated, nothing is.
///
/// # Errors
///
/// When the kernel is too old, or does not say how old it is.
pub fn runs_under_kvm(definition: &Definition) -> Result<(), Fault> {
    is_run_by(here::kernel(), definition)
}

fn is_run_by(kernel: Option<Version>, definition: &Definition) -> Result<(), Fault> {
    let needed = definition.floor().linux;
    match kernel {
        Some(kernel) if needed <= kernel => Ok(()),
        Some(kernel) => Err(format!("this host has {kernel:#}")),
        None if needed == ALWAYS => Ok(()),
        None => Err("this host does not say which it has".to_owned()),
    }
    .map_err(|has| Fault::Missing(format!("{} needs Linux {needed:#} under KVM; {has}", definition.path())))
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

#[cfg(test)]
mod tests {
    use domain_definitions::version::v;

    use super::*;

    #[test]
    fn an_old_kernel_runs_what_asks_nothing_of_it() {
        let (old, new) = (Some(v(6, 1, 0)), Some(v(6, 2, 0)));
        let runs = |path: &str, kernel| {
            let definition = Definition::find(path).unwrap_or_else(|| panic!("there is no {path}"));
            is_run_by(kernel, &definition).map_err(|fault| fault.what().to_owned())
        };
        for kernel in [None, old, new] {
            assert_eq!(runs("session/windows.xml", kernel), Ok(()));
        }
        assert_eq!(runs("session/windows-latest.xml", new), Ok(()));
        let said = runs("session/windows-latest.xml", old).expect_err("it is too old");
        assert_eq!(said, "session/windows-latest.xml needs Linux 6.2 under KVM; this host has 6.1");
        assert!(runs("session/windows-latest.xml", None).is_err());
    }
}
