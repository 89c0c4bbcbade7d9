//! The checks can fail: machines without what our definitions promise, and for each check a guest that does not see it.

use std::path::Path;
use std::sync::Arc;

use domain_definitions::{Definition, Report};
use host::{Fault, Release};

use super::Trial;
use super::ground::Ground;
use super::machine::Machine;
use super::stage::Stage;

/// As little as a guest can report from: another chipset, another number and arrangement of CPUs, old firmware, an IDE disk,
/// a console. A direct kernel, since the medium is for UEFI alone.
const BARE: &str = "<domain type='qemu'><name>Linux</name><memory unit='GiB'>1</memory><vcpu>6</vcpu>\
    <os><type arch='x86_64' machine='pc'>hvm</type><kernel>{kernel}</kernel><initrd>{initrd}</initrd>\
    <cmdline>console=hvc0 quiet boot_from=kernel</cmdline></os>\
    <features>{acpi}<apic/></features>\
    <cpu mode='host-model'><topology sockets='3' cores='1' threads='2'/></cpu>\
    <devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{disk}'/>\
    <target dev='hda' bus='ide'/></disk>\
    <console type='pty'><target type='virtio'/></console><memballoon model='none'/></devices></domain>";

/// The trials: with a computer's power management, and without any.
pub fn trials(ground: &Ground) -> Vec<Trial> {
    let Some(here) = ground.releases.first() else { return Vec::new() };
    let trial = |(what, acpi): (&str, &'static str)| {
        let (release, image, reports) = (here.clone(), ground.image.clone(), Arc::clone(&ground.reports));
        Trial::one(format!("a bare machine {what} reports on {}", here.name()), None, move |folder| {
            let image = image.as_ref().map_err(|why| Fault::Missing(why.clone()))?;
            let report = bare(&release, image, acpi, folder)?;
            if let Ok(mut reports) = reports.lock() {
                reports.push(report);
            }
            Ok(())
        })
    };
    [("with ACPI", "<acpi/>"), ("without ACPI", "")].map(trial).into()
}

fn bare(release: &Release, image: &Path, acpi: &str, folder: &Path) -> Result<Report, Fault> {
    let definition = Definition::all().find(|definition| definition.path() == "session/linux-portable.xml");
    let definition = definition.ok_or_else(|| "there is no session/linux-portable.xml".to_owned())?;
    let stage = Stage::new(release, definition, false, image)?;
    let beside = |name: &str| -> Result<String, Fault> {
        let from = image.with_file_name(name);
        let to = stage.user().folder_outside().join(name);
        std::fs::copy(&from, to).map_err(|error| format!("{}: {error}", from.display()))?;
        Ok(stage.user().path(name))
    };
    let text = BARE
        .replace("{kernel}", &beside("vmlinuz")?)
        .replace("{initrd}", &beside("initrd")?)
        .replace("{disk}", &stage.disk_path()?)
        .replace("{acpi}", acpi);
    let mut machine: Machine = stage.machine()?;
    let report = stage
        .virsh(&format!("define --validate {}", stage.user().file("bare.xml", &text)))
        .and_then(|_| machine.start())
        .and_then(|()| machine.up());
    if report.is_err() {
        stage.save_to(folder);
    }
    report
}

/// Which checks no guest failed: they prove nothing.
pub fn idle(reports: &[Report]) -> Vec<String> {
    let mut idle: Vec<String> = Vec::new();
    for definition in Definition::all() {
        let machine = definition.machine();
        for (tunable, sight) in definition.sights() {
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
