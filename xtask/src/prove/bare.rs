//! Shows that each check can fail: boots guests on machines without what our definitions promise.

use std::path::Path;

use domain_definitions::{Definition, Report};
use host::Fault;

use super::environment::Environment;
use super::machine::Machine;
use super::test_host::{TestHost, place};
use super::trial::Trial;

/// The least that a guest can report from: another chipset, another number and topology of CPUs, BIOS, an IDE disk, a
/// console. The kernel is loaded directly, because the medium is for UEFI only.
const BARE: &str = "<domain type='qemu'><name>Linux</name><memory unit='GiB'>1</memory><vcpu>6</vcpu>\
    <os><type arch='x86_64' machine='pc'>hvm</type><kernel>{kernel}</kernel><initrd>{initrd}</initrd>\
    <cmdline>console=hvc0 quiet boot_from=kernel</cmdline></os>\
    <features>{acpi}<apic/></features>\
    <cpu mode='host-model'><topology sockets='3' cores='1' threads='2'/></cpu>\
    <devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{disk}'/>\
    <target dev='hda' bus='ide'/></disk>\
    <console type='pty'><target type='virtio'/></console><memballoon model='none'/></devices></domain>";

/// The trials: with ACPI, and without.
pub fn trials() -> Vec<Trial> {
    let trial = |(what, acpi): (&str, &'static str)| {
        let name = format!("a bare machine {what} reports on {}", place(None));
        Trial::here(name, None, move |host, artifacts| {
            host.add_report(bare(host, acpi, artifacts)?);
            Ok(())
        })
    };
    [("with ACPI", "<acpi/>"), ("without ACPI", "")].map(trial).into()
}

fn bare(host: &TestHost, acpi: &str, artifacts: &Path) -> Result<Report, Fault> {
    let definition = Definition::find("session/linux-portable.xml").ok_or("there is no session/linux-portable.xml")?;
    let image = host.image(&definition)?;
    let environment = Environment::new(host.release(None)?, definition, false, image)?;
    let copied = |name: &str| -> Result<String, Fault> {
        let from = image.with_file_name(name);
        let to = environment.user().folder_outside().join(name);
        std::fs::copy(&from, to).map_err(Fault::at(&from))?;
        Ok(environment.user().path(name))
    };
    let text = BARE
        .replace("{kernel}", &copied("vmlinuz")?)
        .replace("{initrd}", &copied("initrd")?)
        .replace("{disk}", &environment.disk_path()?)
        .replace("{acpi}", acpi);
    let mut machine: Machine = environment.machine()?;
    let file = environment.user().file("bare.xml", &text)?;
    let report = environment
        .virsh(&format!("define --validate {file}"))
        .and_then(|_| machine.start())
        .and_then(|()| machine.up());
    if report.is_err() {
        environment.save_to(artifacts);
    }
    report
}

/// The checks that no guest failed, which prove nothing.
pub fn idle(reports: &[Report]) -> Vec<String> {
    let mut idle: Vec<String> = Vec::new();
    for definition in Definition::all() {
        let machine = definition.machine();
        for (tunable, sight) in definition.observations() {
            if reports.iter().all(|report| sight.is_seen(&machine, report)) {
                let line =
                    format!("`{}`: every guest of this run sees {}, whether promised or not", tunable.at, sight.name);
                if !idle.contains(&line) {
                    idle.push(line);
                }
            }
        }
    }
    idle
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A guest that has a virtio disk, and nothing else.
    fn seen() -> Report {
        Report::from([("disk/driver".to_owned(), "virtio_scsi".to_owned())])
    }

    #[test]
    fn a_check_that_every_guest_passes_is_idle() {
        let on_disk = |idle: Vec<String>| idle.iter().any(|line| line.contains("sees disk/driver,"));
        assert!(on_disk(idle(&[seen(), seen()])), "nobody failed it");
        assert!(!on_disk(idle(&[seen(), Report::new()])), "the second guest did");
    }
}
