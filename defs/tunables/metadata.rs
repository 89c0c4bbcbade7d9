//! What other programs read from the definition.

use crate::connection::BOTH;
use crate::domain::{Libosinfo, LibosinfoNamespace, LibosinfoOs};
use crate::topics;
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{ALWAYS, since, v};

/// The operating system, for graphical tools.
pub static LIBOSINFO: Tunable = Tunable {
    topic: &topics::LIBOSINFO,
    cell: Cell::Has,
    at: "metadata/libosinfo",
    why: "Tells virt-manager and GNOME Boxes which system this is, so that they show its logo and offer devices it \
          supports. osinfo-db has had this id since 2022 at the latest.",
    since: since(v(0, 9, 10), ALWAYS),
    source: "libvirt docs/formatdomain.rst, General metadata; osinfo-db of November 2022",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[],
    apply: |domain, machine| {
        if let Some(metadata) = &mut domain.metadata {
            metadata.libosinfo = Some(Libosinfo {
                xmlns: LibosinfoNamespace::V1,
                os: LibosinfoOs { id: machine.osinfo.clone().into_owned() },
            });
        }
    },
};
