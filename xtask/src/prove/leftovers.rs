//! Whether a run leaves anything behind: processes, mounts or folders of private hosts.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use host::PREFIX;

/// How long processes, and mounts with them, may take to go.
const PATIENCE: Duration = Duration::from_secs(10);

/// What there is of private hosts on this machine.
pub struct Leftovers(BTreeSet<String>);

impl Leftovers {
    /// What there is now.
    #[must_use]
    pub fn now(root: &Path) -> Leftovers {
        Leftovers(processes(root).chain(mounts()).chain(folders(root)).collect())
    }

    /// What has been added since and does not go by itself.
    #[must_use]
    pub fn since(&self, root: &Path) -> Vec<String> {
        let begun = Instant::now();
        loop {
            let left: Vec<_> = Leftovers::now(root).0.difference(&self.0).cloned().collect();
            if left.is_empty() || begun.elapsed() > PATIENCE {
                return left;
            }
            thread::sleep(Duration::from_millis(200));
        }
    }
}

/// What is in the lines of such hosts' mounts: a home's path on a private host, and the roots of other releases.
const MOUNTS: [&str; 2] = [" /run/administrator ", "/target/roots/"];

/// Processes that see such a mount, and the machine whose KVM runs code.
fn processes(root: &Path) -> impl Iterator<Item = String> {
    let target = root.join("target/kvm-machine").display().to_string();
    let numbers = list("/proc".as_ref()).filter_map(|path| path.file_name()?.to_str()?.parse::<u32>().ok());
    let ours = move |number: &u32| {
        let text = |file: &str| {
            String::from_utf8_lossy(&fs::read(format!("/proc/{number}/{file}")).unwrap_or_default()).into_owned()
        };
        is_of_a_host(&text("mountinfo")) || text("cmdline").contains(&target)
    };
    numbers.filter(ours).map(|number| {
        let name = fs::read_to_string(format!("/proc/{number}/comm")).unwrap_or_default();
        format!("process {number}, {}", name.trim())
    })
}

fn is_of_a_host(mounts: &str) -> bool {
    MOUNTS.iter().any(|mount| mounts.contains(mount))
}

/// Mounts of such hosts that this process sees, although it should not.
fn mounts() -> impl Iterator<Item = String> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    mounts.lines().filter(|line| is_of_a_host(line)).map(|line| format!("mount {line}")).collect::<Vec<_>>().into_iter()
}

/// The homes of their users.
fn folders(root: &Path) -> impl Iterator<Item = String> {
    let roots = list(&root.join("target/roots")).map(|root| root.join("var/tmp"));
    let folders = std::iter::once(std::env::temp_dir()).chain(roots).collect::<Vec<_>>().into_iter();
    let ours = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
    folders.flat_map(|folder| list(&folder)).filter(ours).map(|path| format!("folder {}", path.display()))
}

fn list(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}
