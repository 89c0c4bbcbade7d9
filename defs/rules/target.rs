//! What a document is judged for.

use roxmltree::{Document, Node};

use crate::connection::Connection;
use crate::domain::ProvenanceNamespace;
use crate::locate::all;
use crate::platforms::{Hypervisor, Platform};
use crate::version::{FLOOR, Since};

/// What a document is judged for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The oldest releases it is meant for.
    pub floor: Since,
    /// The connection it is meant for, if that is known.
    pub connection: Option<Connection>,
    /// What runs it, if that is known; else it is taken for QEMU's.
    pub hypervisor: Option<Hypervisor>,
}

/// The project's floor, and nothing known.
impl Default for Target {
    fn default() -> Target {
        Target { floor: FLOOR, connection: None, hypervisor: None }
    }
}

impl Target {
    /// What a document says of itself. The definitions of this project state their floor, their connection and what runs
    /// them. Any other is judged for the project's floor on a connection that is not known; what runs it may show.
    #[must_use]
    pub fn stated(document: &Document) -> Target {
        let root = document.root_element();
        let ours = |node: &&Node| node.tag_name().namespace() == Some(ProvenanceNamespace::URN);
        let definitions = all(root, "metadata/definition");
        let Some(stated) = definitions.iter().find(ours) else {
            return Target { hypervisor: shown(root), ..Target::default() };
        };
        let version = |name, otherwise| stated.attribute(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise);
        let file = stated.attribute("file");
        let platform = file.and_then(Platform::of_path);
        Target {
            floor: Since {
                libvirt: version("libvirt", FLOOR.libvirt),
                qemu: version("qemu", FLOOR.qemu),
                linux: version("linux", FLOOR.linux),
            },
            connection: file.and_then(Connection::of_path),
            hypervisor: platform.map_or_else(|| shown(root), |platform| Some(platform.hypervisor)),
        }
    }
}

/// What runs a domain, as far as the domain shows it: its emulator, or firmware that nothing but Cloud Hypervisor boots
/// (edk2 `OvmfPkg/CloudHv/README`; Rust Hypervisor Firmware, whose file is `hypervisor-fw`).
fn shown(root: Node) -> Option<Hypervisor> {
    let file = |at: &str| all(root, at).first().and_then(|node| node.text()?.trim().rsplit('/').next());
    let by_emulator = file("devices/emulator").is_some_and(|name| name.starts_with("cloud-hypervisor"));
    let by_firmware = ["os/kernel", "os/loader"]
        .into_iter()
        .filter_map(file)
        .any(|name| name.starts_with("CLOUDHV") || name.starts_with("hypervisor-fw"));
    (by_emulator || by_firmware).then_some(Hypervisor::CloudHypervisor)
}
