//! Loads the kernel modules that this machine's devices ask for, as udev does.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::thread;

use rustix::io::Errno;
use rustix::system::finit_module;

use crate::{files, state};

/// The modules of the initramfs, and which of them are loaded.
#[derive(Debug)]
pub struct Modules {
    /// Patterns of aliases, and the group of modules that each asks for.
    aliases: Vec<(String, String)>,
    /// Groups still to be loaded: name and modules, each after its dependencies.
    groups: Vec<(String, Vec<String>)>,
    /// Aliases seen so far.
    seen: BTreeSet<String>,
}

impl Modules {
    /// The modules that `.ci/guest` put into the initramfs.
    pub fn new() -> Self {
        let lines = |path| files::text(path).unwrap_or_default();
        let pair = |line: &str| line.split_once(' ').map(|(one, two)| (one.to_owned(), two.to_owned()));
        Self {
            aliases: lines("/modules/aliases").lines().filter_map(pair).collect(),
            groups: lines("/modules/groups")
                .lines()
                .filter_map(pair)
                .map(|(name, modules)| (name, modules.split(' ').map(str::to_owned).collect()))
                .collect(),
            seen: BTreeSet::new(),
        }
    }

    /// Loads what devices ask for and is not loaded yet: whether a new device has appeared.
    pub fn load_wanted(&mut self) -> bool {
        let first = self.seen.is_empty();
        let new: Vec<_> = present().into_iter().filter(|alias| self.seen.insert(alias.clone())).collect();
        let wanted: BTreeSet<_> = self
            .aliases
            .iter()
            .filter(|(pattern, _)| new.iter().any(|alias| matches(pattern.as_bytes(), alias.as_bytes())))
            .map(|(_, group)| group.clone())
            .collect();
        let load: Vec<_> = self
            .groups
            .extract_if(.., |(name, _)| wanted.contains(name) || (first && name == "always"))
            .map(|(_, modules)| modules)
            .collect();
        // Beside each other: the kernel spends most of the time on signatures, and lets only one of two threads load a
        // module that both want.
        thread::scope(|scope| {
            for modules in load {
                scope.spawn(move || modules.iter().for_each(|module| insert(module)));
            }
        });
        !new.is_empty()
    }
}

/// What the devices that are there ask for.
fn present() -> BTreeSet<String> {
    let buses = files::list("/sys/bus").into_iter().map(|bus| bus.join("devices"));
    buses.flat_map(files::list).filter_map(|device| files::text(device.join("modalias"))).collect()
}

/// Loads one module, once.
pub fn insert(module: &str) {
    let loaded = || fs::exists(format!("/sys/module/{}/initstate", module.replace('-', "_"))).unwrap_or(false);
    if loaded() {
        return;
    }
    let result = File::open(format!("/modules/{module}.ko"))
        .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
        .and_then(|file| finit_module(&file, c"", 0));
    if result.is_err_and(|error| error != Errno::EXIST) {
        state::failed(module);
    }
}

/// Whether a text is as a pattern says, in which `*` stands for anything.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|skipped| matches(rest, &text[skipped..])),
        Some((byte, rest)) => text.first() == Some(byte) && matches(rest, &text[1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn an_alias_asks_for_what_fits_it() {
        let fits = |pattern: &str, text: &str| matches(pattern.as_bytes(), text.as_bytes());
        assert!(fits("virtio:d00000010v*", "virtio:d00000010v00001AF4"));
        assert!(!fits("virtio:d00000010v*", "virtio:d00000012v00001AF4"));
        assert!(fits("pci:v*d*sv*sd*bc01sc06i01*", "pci:v00008086d00002922sv00001AF4sd00001100bc01sc06i01"));
        assert!(fits("acpi*:LNXPWRBN:*", "acpi:LNXPWRBN:"));
    }
}
