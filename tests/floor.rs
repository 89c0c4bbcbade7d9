//! What the definitions promise to work with.

use domain_definitions::{Definition, FLOOR};

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

#[test]
fn the_floor_stands_in_the_file() {
    for definition in Definition::all() {
        let (xml, floor) = (definition.xml().unwrap(), definition.floor());
        let promise = format!("libvirt {} and QEMU {}, or later", floor.libvirt, floor.qemu);
        assert!(xml.contains(&promise), "{}: its header does not say `{promise}`", definition.path());
        let metadata = format!("libvirt=\"{}\" qemu=\"{}\"", floor.libvirt, floor.qemu);
        assert!(xml.contains(&metadata), "{}: its metadata does not say `{metadata}`", definition.path());
    }
}
