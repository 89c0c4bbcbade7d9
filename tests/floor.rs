//! What the definitions promise to work with.

use domain_definitions::version::{since, v};
use domain_definitions::{Definition, FLOOR, Hypervisor, Since};

#[test]
fn nothing_needs_more_than_the_floor_unless_its_name_says_so() {
    let mut faults = Vec::new();
    for definition in Definition::all().filter(|definition| !definition.path().ends_with("-latest.xml")) {
        for tunable in definition.tunables().filter(|tunable| !tunable.since.within(FLOOR)) {
            faults.push(format!(
                "{}: the tunable at `{}` needs libvirt {} and QEMU {}, but the floor is libvirt {} and QEMU {}; \
                 leave it to a definition whose name ends in -latest",
                definition.path(),
                tunable.at,
                tunable.since.libvirt,
                tunable.since.qemu,
                FLOOR.libvirt,
                FLOOR.qemu,
            ));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What `-latest` may ask for: the releases that the youngest stable distributions carry.
const LATEST: Since = since(v(11, 3, 0), v(10, 0, 0));

#[test]
fn latest_needs_nothing_newer_than_stable_distributions_have() {
    for definition in Definition::all() {
        let floor = definition.floor();
        assert!(floor.within(LATEST), "{}: needs libvirt {} and QEMU {}", definition.path(), floor.libvirt, floor.qemu);
    }
}

#[test]
fn the_floor_stands_in_the_file() {
    for definition in Definition::all() {
        let (xml, floor) = (definition.xml().unwrap(), definition.floor());
        let cloud_hypervisor = definition.guest.hypervisor == Hypervisor::CloudHypervisor;
        let qemu = |text: String| if cloud_hypervisor { String::new() } else { text };
        let promise = format!("libvirt {}{}, or later", floor.libvirt, qemu(format!(" and QEMU {}", floor.qemu)));
        assert!(xml.contains(&promise), "{}: its header does not say `{promise}`", definition.path());
        let metadata = format!("libvirt=\"{}\"{}", floor.libvirt, qemu(format!(" qemu=\"{}\"", floor.qemu)));
        assert!(xml.contains(&metadata), "{}: its metadata does not say `{metadata}`", definition.path());
    }
}
