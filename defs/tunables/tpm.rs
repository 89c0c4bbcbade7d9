//! The security chip.

use crate::connection::BOTH;
use crate::domain::{TpmBackend, TpmBackendType, TpmModel, TpmVersion};
use crate::observations::sees;
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{since, v};
use crate::{needs, topics};

/// TPM 2.0.
pub static TPM: Tunable = Tunable {
    topic: &topics::TPM,
    cell: Cell::Is("2.0"),
    at: "devices/tpm",
    why: "A TPM 2.0, which Windows 11 requires and Linux can keep disk keys in. swtpm emulates it with a state of its \
          own for each machine; the host's chip is not used.",
    since: since(v(4, 5, 0), v(2, 12, 0)),
    source: "libvirt docs/formatdomain.rst, TPM device: tpm-crb 4.4.0, emulator 4.5.0; QEMU docs/specs/tpm.rst; counted with \
             QEMU 10.0 and OVMF 2022.11: a start takes 7,252 accesses to registers less than with tpm-tis",
    connections: BOTH,
    safety: Safety::Yours("a guest may keep keys in a TPM, which are lost with its state"),
    needs: &[&needs::SWTPM],
    seen: &[sees("tpm/version", "2"), sees("tpm/interface", "tpm_crb")],
    apply: |domain, _| {
        let backend = TpmBackend { kind: TpmBackendType::Emulator, version: TpmVersion::V2 };
        domain.devices.tpm = Some(crate::domain::Tpm { model: TpmModel::TpmCrb, backend });
    },
};
