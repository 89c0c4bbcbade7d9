//! What the machines have for their guests, and only where a guest can use it.

use domain_definitions::version::v;
use domain_definitions::{Definition, Hypervisor, variants};

fn on_qemu() -> impl Iterator<Item = Definition> {
    Definition::all().filter(|definition| definition.platform.hypervisor == Hypervisor::Qemu)
}

fn is_windows(definition: &Definition) -> bool {
    definition.guest.id.starts_with("windows")
}

#[test]
fn memory_that_is_pinned_is_private_so_that_it_has_huge_pages() {
    for definition in Definition::all().filter(|definition| definition.is(&variants::PASSTHROUGH)) {
        let domain = definition.domain();
        assert_eq!((domain.memory_backing, domain.devices.filesystems), (None, Vec::new()), "{}", definition.path());
    }
}

#[test]
fn windows_trims_wherever_libvirt_is_new_enough() {
    for definition in on_qemu() {
        let trims = definition.domain().devices.disks[0].blockio.is_some();
        let can = is_windows(&definition) && definition.floor().libvirt >= v(9, 7, 0);
        assert_eq!(trims, can, "{}", definition.path());
    }
}
