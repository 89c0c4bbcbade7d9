//! What the definitions promise to work with.

use domain_definitions::version::{since, v};
use domain_definitions::{Definition, FLOOR, Since, variants};

#[test]
fn nothing_needs_more_than_the_floor_unless_its_name_says_so() {
    let mut faults = Vec::new();
    for definition in Definition::all().filter(|definition| !definition.is(&variants::LATEST)) {
        for tunable in definition.tunables().filter(|tunable| !tunable.since.within(FLOOR)) {
            faults.push(format!(
                "{}: the tunable at `{}` needs {}, but the floor is {FLOOR}; leave it to the variant `latest`",
                definition.path(),
                tunable.at,
                tunable.since,
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
        assert!(floor.within(LATEST), "{}: needs {floor}", definition.path());
    }
}

#[test]
fn the_floor_stands_in_the_file() {
    for definition in Definition::all() {
        let (xml, floor) = (definition.xml().unwrap(), definition.floor());
        let promise = format!("Works with {floor}, or later.");
        assert!(xml.contains(&promise), "{}: its header does not say `{promise}`", definition.path());
        // What QEMU does not run has no floor of QEMU's.
        let qemu =
            if definition.uri().starts_with("qemu") { format!(" qemu=\"{}\"", floor.qemu) } else { String::new() };
        assert_eq!(floor.to_string().contains("QEMU"), !qemu.is_empty(), "{}", definition.path());
        let metadata = format!("libvirt=\"{}\"{qemu}/>", floor.libvirt);
        assert!(xml.contains(&metadata), "{}: its metadata does not say `{metadata}`", definition.path());
    }
}
