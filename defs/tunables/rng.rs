//! Random numbers.

use crate::connection::BOTH;
use crate::domain::{Rng, RngBackend, RngBackendModel, RngModel};
use crate::observations::sees;
use crate::topics;
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{since, v};

/// Entropy from the host.
pub static RNG: Tunable = Tunable {
    topic: &topics::VIRTIO_RNG,
    cell: Cell::Has,
    at: "devices/rng",
    why: "Random numbers from the host's kernel, so that the guest does not wait for entropy when it generates keys at \
          first boot, and UEFI boots from a network on processors without RDRAND as well. The builtin backend opens no file \
          and needs no privileges.",
    since: since(v(6, 1, 0), v(4, 2, 0)),
    source: "libvirt docs/formatdomain.rst, Random number generator device: builtin; tianocore/edk2, issue 9530 (network boot \
             wants random numbers since May 2024), and commit 712797cf19 (it takes RDRAND's); tried with Debian 13's \
             OVMF",
    connections: BOTH,
    safety: Safety::Safe,
    needs: &[],
    seen: &[sees("virtio/rng", "virtio_rng")],
    apply: |domain, _| {
        let backend = RngBackend { model: RngBackendModel::Builtin };
        domain.devices.rng = Some(Rng { model: RngModel::Virtio, backend });
    },
};
