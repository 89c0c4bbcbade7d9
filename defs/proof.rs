//! How far it is proven that a definition works. Never more than CI does: `tests/starts.rs` starts what is said to start.

use std::fmt;

use crate::domain::CpuMode;
use crate::{Definition, Hypervisor, needs};

/// How far, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof {
    /// libvirt's schemas accept it, and so does its QEMU driver, if it is for QEMU; the rest is known from documents alone.
    Documentation,
    /// CI starts it, paused, with every device it has, on real libvirt and QEMU. What it changes for that: emulation
    /// (`type='qemu'`) in place of KVM.
    Starts,
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Proof::Documentation => "by documentation",
            Proof::Starts => "starts in CI",
        })
    }
}

impl Definition {
    /// How far CI proves that it works. What CI's machines lack: a GPU, and (being virtual machines) KVM that executes, in
    /// place of which emulation has no host's CPU to pass through.
    #[must_use]
    pub fn proof(&self) -> Proof {
        if self.guest.hypervisor == Hypervisor::CloudHypervisor {
            return Proof::Documentation;
        }
        let gpu = self.needs().contains(&&needs::RENDER_NODE);
        let host_cpu = self.domain().cpu.is_some_and(|cpu| cpu.mode == CpuMode::HostPassthrough);
        if gpu || host_cpu { Proof::Documentation } else { Proof::Starts }
    }
}
