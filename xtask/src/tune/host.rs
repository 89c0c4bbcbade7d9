//! The releases that this host has.

use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use domain_definitions::Since;
use domain_definitions::version::{ALWAYS, since};

/// The answers so far.
static ASKED: Mutex<Option<HashMap<&'static str, Option<Since>>>> = Mutex::new(None);

/// The releases of libvirt and QEMU behind an address, and this host's kernel, if libvirt answers there.
pub fn releases(uri: &'static str) -> Option<Since> {
    let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    *asked.get_or_insert_default().entry(uri).or_insert_with(|| ask(uri))
}

fn ask(uri: &str) -> Option<Since> {
    let virsh =
        Command::new("virsh").args(["--connect", uri, "version"]).env("LC_ALL", "C").stdin(Stdio::null()).output();
    let output = virsh.ok().filter(|output| output.status.success())?;
    let linux = host::kernel().unwrap_or(ALWAYS);
    read(&String::from_utf8_lossy(&output.stdout)).map(|since| Since { linux, ..since })
}

/// Reads what `virsh version` prints.
fn read(said: &str) -> Option<Since> {
    let of = |start: &str| {
        let rest = said.lines().find_map(|line| line.strip_prefix(start))?;
        rest.trim().rsplit(' ').next()?.parse().ok()
    };
    Some(since(of("Using library:")?, of("Running hypervisor: QEMU")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_virsh_prints_is_read() {
        let said = "Compiled against library: libvirt 11.3.0\nUsing library: libvirt 11.3.0\nUsing API: QEMU 11.3.0\n\
                    Running hypervisor: QEMU 10.0.2\n\n";
        assert_eq!(read(said).map(|since| since.to_string()).as_deref(), Some("libvirt 11.3.0 and QEMU 10.0.2"));
        assert_eq!(read("Using library: libvirt 11.3.0\n"), None);
    }
}
