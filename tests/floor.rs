//! What the definitions promise to work with.

use domain_definitions::version::{ALWAYS, since, v};
use domain_definitions::{Definition, FLOOR, Since, variants};

#[test]
fn nothing_needs_more_than_the_floor_unless_its_name_says_so() {
    let mut faults = Vec::new();
    let newer = [&variants::LATEST, &variants::VULKAN];
    for definition in Definition::all().filter(|definition| !newer.iter().any(|variant| definition.is(variant))) {
        let floor = if definition.is(&variants::PASSTHROUGH) { FLOOR.and(PASSTHROUGH) } else { FLOOR };
        for tunable in definition.tunables().filter(|tunable| !tunable.since.within(floor)) {
            faults.push(format!(
                "{}: the tunable at `{}` needs {}, but the floor is {floor}; leave it to the variant `latest`",
                definition.path(),
                tunable.at,
                tunable.since,
            ));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What `-passthrough` may ask for beyond the floor: the unit in which Windows trims.
const PASSTHROUGH: Since = since(v(9, 7, 0), ALWAYS);

/// What `-latest` may ask for: the releases that the youngest stable distributions carry.
const LATEST: Since = since(v(11, 3, 0), v(10, 0, 0)).on_linux(6, 12);

#[test]
fn latest_needs_nothing_newer_than_stable_distributions_have() {
    // Vulkan needs a Linux that is younger than theirs.
    for definition in Definition::all().filter(|definition| !definition.is(&variants::VULKAN)) {
        let floor = definition.floor();
        assert!(floor.within(LATEST), "{}: needs {floor}", definition.path());
    }
}

/// What QEMU asks of the kernel is a part of it.
#[test]
fn a_kernel_stands_in_the_header() {
    for connection in ["session", "system"] {
        let definition = Definition::find(&format!("{connection}/windows-latest.xml")).unwrap();
        let xml = definition.xml().unwrap();
        assert!(
            xml.contains("  Works with libvirt 11.2.0, QEMU 10.0.0 and Linux 6.2, or later. The host must have:\n"),
            "{xml}"
        );
        assert!(xml.contains(" libvirt=\"11.2.0\" qemu=\"10.0.0\" linux=\"6.2\"/>"), "{xml}");
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
        let linux = if floor.linux == ALWAYS { String::new() } else { format!(" linux=\"{:#}\"", floor.linux) };
        let metadata = format!("libvirt=\"{}\"{qemu}{linux}/>", floor.libvirt);
        assert!(xml.contains(&metadata), "{}: its metadata does not say `{metadata}`", definition.path());
    }
}
