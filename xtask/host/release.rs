//! The releases of libvirt and QEMU at hand: this machine's own, and those under `target/roots/`, which `.ci/roots` makes and
//! only root can enter.

use std::fs;
use std::path::PathBuf;
use std::thread::{self, JoinHandle};

use domain_definitions::{Since, Version};

use crate::here::{is_root, target};
use crate::user::User;

/// A libvirt with its QEMU.
#[derive(Clone, Debug)]
pub struct Release {
    /// Their numbers; none where they cannot be run.
    pub numbers: Option<Since>,
    /// Their root folder; none for this machine's own.
    pub root: Option<PathBuf>,
}

impl Release {
    /// The root folders of the releases at hand, this machine's (none) first: without running anything.
    #[must_use]
    pub fn roots() -> Vec<Option<PathBuf>> {
        let folder = target().join("roots");
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut roots: Vec<_> =
            entries.map(|entry| entry.path()).filter(|path| path.join("usr/bin/virsh").exists()).map(Some).collect();
        roots.retain(|_| is_root());
        roots.push(None);
        roots.sort();
        roots
    }

    /// The releases at hand, with their numbers: this machine's, then each other libvirt once.
    #[must_use]
    pub fn all() -> Vec<Release> {
        // Each libvirt takes seconds to look at its QEMU.
        let probes: Vec<_> = Release::roots().into_iter().map(|root| thread::spawn(|| Release::new(root))).collect();
        let mut releases: Vec<Release> = Vec::new();
        for release in probes.into_iter().flat_map(JoinHandle::join) {
            let libvirt = |release: &Release| release.numbers.map(|numbers| numbers.libvirt);
            if releases.iter().all(|other| libvirt(other) != libvirt(&release)) {
                releases.push(release);
            }
        }
        releases
    }

    fn new(root: Option<PathBuf>) -> Release {
        let said = User::of(root.as_deref(), true).and_then(|user| {
            let driver = user.session()?;
            user.virsh(&driver, "version")
        });
        let number = |said: &str, line: &str| -> Option<Version> {
            said.lines().find_map(|text| text.strip_prefix(line))?.split(' ').next_back()?.parse().ok()
        };
        let numbers = said.ok().and_then(|said| {
            let libvirt = number(&said, "Using library:")?;
            Some(Since { libvirt, qemu: number(&said, "Running hypervisor:")? })
        });
        Release { numbers, root }
    }

    /// What tests call it.
    #[must_use]
    pub fn name(&self) -> String {
        let named = |Since { libvirt, qemu }| format!("libvirt {libvirt} and QEMU {qemu}");
        let numbers = self.numbers.map_or("no libvirt".to_owned(), named);
        if self.root.is_none() { format!("this machine's {numbers}") } else { numbers }
    }

    /// Whether it is new enough.
    #[must_use]
    pub fn has(&self, floor: Since) -> bool {
        self.numbers.is_some_and(|numbers| floor.within(numbers))
    }
}
