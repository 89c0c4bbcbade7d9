//! The releases of libvirt and QEMU at hand: this machine's own, and those under `target/roots/`, which `.ci/roots` makes and
//! only root can enter.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::thread::{self, JoinHandle};

use domain_definitions::version::since;
use domain_definitions::{Since, Version};

use crate::fault::Fault;
use crate::here::{MOCK, is_root, target};
use crate::user::User;

/// A libvirt with its QEMU.
#[derive(Clone, Debug)]
pub struct Release {
    /// Their numbers, without Linux's: all run on this host's. None where machines cannot be run, for want of QEMU or its
    /// firmware.
    pub numbers: Option<Since>,
    /// libvirt's number, wherever there is a libvirt.
    pub libvirt: Option<Version>,
    /// Their root folder; none for this machine's own.
    pub root: Option<PathBuf>,
}

impl Release {
    /// This machine's own.
    pub fn here() -> &'static Release {
        static HERE: OnceLock<Release> = OnceLock::new();
        HERE.get_or_init(|| Release::new(None))
    }

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
        let mut releases: Vec<Release> = Vec::new();
        for release in Release::every() {
            let libvirt = |release: &Release| release.numbers.map(|numbers| numbers.libvirt);
            if releases.iter().all(|other| libvirt(other) != libvirt(&release)) {
                releases.push(release);
            }
        }
        releases
    }

    /// The releases at hand, also those whose libvirt is the same: this machine's first.
    #[must_use]
    pub fn every() -> Vec<Release> {
        // Each libvirt takes seconds to look at its QEMU.
        let probe = |root: Option<PathBuf>| match root {
            None => Release::here().clone(),
            root => Release::new(root),
        };
        let probes: Vec<_> = Release::roots().into_iter().map(|root| thread::spawn(move || probe(root))).collect();
        probes.into_iter().flat_map(JoinHandle::join).collect()
    }

    fn new(root: Option<PathBuf>) -> Release {
        let user = User::of(root.as_deref(), true);
        let ask = |driver: &dyn Fn(&User) -> Result<String, Fault>| {
            let user = user.as_ref().ok()?;
            user.asked(&driver(user).ok()?, "version").ok()
        };
        let number = |said: &str, line: &str| -> Option<Version> {
            said.lines().find_map(|text| text.strip_prefix(line))?.split(' ').next_back()?.parse().ok()
        };
        let libvirt = ask(&|_| Ok(MOCK.to_owned())).and_then(|said| number(&said, "Using library:"));
        let qemu = ask(&User::emulating_session).and_then(|said| number(&said, "Running hypervisor:"));
        let numbers = libvirt.zip(qemu).map(|(libvirt, qemu)| since(libvirt, qemu));
        Release { numbers, libvirt, root }
    }

    /// What tests call it.
    #[must_use]
    pub fn name(&self) -> String {
        let numbers = match (self.numbers, self.libvirt) {
            (Some(numbers), _) => numbers.to_string(),
            (None, Some(libvirt)) => format!("libvirt {libvirt}"),
            (None, None) => "no libvirt".to_owned(),
        };
        if self.root.is_none() { format!("this machine's {numbers}") } else { numbers }
    }

    /// Whether its libvirt and its QEMU are new enough; [`runs_under_kvm`](crate::runs_under_kvm) is about the kernel.
    #[must_use]
    pub fn has(&self, floor: Since) -> bool {
        self.numbers.is_some_and(|numbers| floor.emulated().within(numbers))
    }
}
