//! A person's choices change what they are about, and nothing else.

mod facts;

use std::collections::BTreeSet;

use domain_definitions::machine::{Machine, Media, Place};
use domain_definitions::size::{Size, Unit};
use domain_definitions::{Connection, Definition, documents, find, variants};

fn definition(path: &str) -> Definition {
    Definition::find(path).unwrap_or_else(|| panic!("there is no {path}"))
}

/// What is different in the domain when the machine is: what is there in the place of what was.
fn changed(path: &str, change: impl Fn(&mut Machine)) -> Vec<String> {
    let definition = definition(path);
    let of = |machine: &Machine| facts::of(&definition.write(machine).expect("it can be written").bare);
    let mut machine = definition.machine();
    let before = of(&machine);
    change(&mut machine);
    let after = of(&machine);
    let new: BTreeSet<_> = after.difference(&before).cloned().collect();
    let gone: BTreeSet<_> = before.difference(&after).map(|fact| place(fact).to_owned()).collect();
    // A disk that is elsewhere, or a medium, has other attributes; everything else is in the same place as before.
    assert!(path_only(&new).is_superset(&gone) || new.iter().any(|fact| fact.contains("source")), "{new:?} {gone:?}");
    new.into_iter().collect()
}

fn place(fact: &str) -> &str {
    fact.split([' ', '=']).next().unwrap_or_default()
}

fn path_only(facts: &BTreeSet<String>) -> BTreeSet<String> {
    facts.iter().map(|fact| place(fact).to_owned()).collect()
}

#[test]
fn the_machine_that_nobody_has_changed_is_the_file() {
    for definition in Definition::all() {
        let path = definition.path();
        let entry = find(&path).unwrap_or_else(|| panic!("{path} is not embedded"));
        assert_eq!(definition.write(&definition.machine()).expect("it can be written").text, entry.xml, "{path}");
    }
}

#[test]
fn each_choice_has_its_place() {
    let session = "session/linux.xml";
    assert_eq!(changed(session, |machine| machine.name = "Web".into()), ["name Web"]);
    assert_eq!(changed(session, |machine| machine.title = "Web server".into()), ["title Web server"]);
    let osinfo = changed(session, |machine| machine.osinfo = "http://fedoraproject.org/fedora/40".into());
    assert_eq!(osinfo, ["metadata/libosinfo/os@id=http://fedoraproject.org/fedora/40"]);
    assert_eq!(changed(session, |machine| machine.vcpus = 6), ["cpu/topology@cores=6", "vcpu 6"]);
    let memory = |machine: &mut Machine| machine.memory = Size { unit: Unit::MiB, value: 1536 };
    assert_eq!(changed(session, memory), ["memory 1536", "memory@unit=MiB"]);
    let installer = Media { installer: Some("/iso/debian.iso".to_owned()), drivers: None };
    let medium = changed(session, |machine| machine.media = installer.clone());
    assert_eq!(medium, ["devices/disk[1]/source ", "devices/disk[1]/source@file=/iso/debian.iso"]);
    let drivers = Media { drivers: Some("/iso/virtio-win.iso".to_owned()), installer: None };
    let medium = changed("system/windows.xml", |machine| machine.media = drivers.clone());
    assert_eq!(medium, ["devices/disk[2]/source ", "devices/disk[2]/source@file=/iso/virtio-win.iso"]);
    let network = changed("system/linux.xml", |machine| machine.network = "lab".into());
    assert_eq!(network, ["devices/interface/source@network=lab"]);
    let share = changed("system/linux.xml", |machine| machine.share = Some("/srv/share".into()));
    assert_eq!(share, ["devices/filesystem/source@dir=/srv/share"]);
}

#[test]
fn a_disk_is_where_a_person_says() {
    let name = |machine: &mut Machine| machine.disk.name = "web.qcow2".into();
    assert_eq!(changed("session/linux.xml", name), ["devices/disk/source@volume=web.qcow2"]);
    let file = ["devices/disk/source@file=/var/lib/libvirt/images/web.qcow2"];
    assert_eq!(changed("system/linux.xml", name), file);
    assert_eq!(changed("system/cloud-hypervisor/linux.xml", name), file);
    let pool = |machine: &mut Machine| machine.disk.place = Place::Pool("fast".into());
    assert_eq!(changed("session/linux.xml", pool), ["devices/disk/source@pool=fast"]);
    let folder = |machine: &mut Machine| machine.disk.place = Place::Folder("/srv".into());
    let file = ["devices/disk/source@file=/srv/linux.qcow2", "devices/disk@type=file"];
    assert_eq!(changed("session/linux.xml", folder), file);
    // What the image is called and how large it is stands in the volume's document.
    let definition = definition("session/linux.xml");
    let mut machine = definition.machine();
    name(&mut machine);
    machine.disk.size = Size { unit: Unit::TiB, value: 1 };
    let volume = documents::volume(definition, &machine).expect("it can be written");
    assert_eq!(volume.path, "session/storage/web.qcow2.xml");
    let facts = facts::of(&volume.bare);
    for fact in ["name web.qcow2", "capacity 1", "capacity@unit=TiB"] {
        assert!(facts.contains(fact), "no {fact} in {facts:?}");
    }
}

#[test]
fn a_size_that_is_not_gib_is_what_a_guest_must_see() {
    let definition = definition("session/linux.xml");
    let mut machine = definition.machine();
    machine.memory = Size { unit: Unit::MiB, value: 1536 };
    let (_, sight) = definition.observations().find(|(_, sight)| sight.name == "memory/mib").expect("memory is seen");
    let report = [("memory/mib".to_owned(), "1536".to_owned())].into();
    assert!(sight.is_seen(&machine, &report));
    assert!(!sight.is_seen(&definition.machine(), &report));
}

#[test]
fn a_guest_must_see_its_disk_s_size() {
    for path in ["session/linux.xml", "system/linux.xml"] {
        let definition = definition(path);
        let mut machine = definition.machine();
        machine.disk.size = Size { unit: Unit::MiB, value: 3072 };
        let (_, sight) =
            definition.observations().find(|(_, sight)| sight.name == "disk/size-gib").expect("it is seen");
        let report = [("disk/size-gib".to_owned(), "3".to_owned())].into();
        assert!(sight.is_seen(&machine, &report), "{path}");
        assert!(!sight.is_seen(&definition.machine(), &report), "{path}");
    }
}

#[test]
fn a_definition_is_found_by_its_path() {
    let portable = definition("system/windows-portable.xml");
    assert_eq!((portable.guest.id, portable.connection), ("windows", Connection::System));
    assert!(portable.is(&variants::PORTABLE) && !portable.is(&variants::LATEST));
    assert!(Definition::find("system/windows-portable").is_none());
    assert!(Definition::find("system/storage/windows.qcow2.xml").is_none());
}
