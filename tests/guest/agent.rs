//! The guest agent.

use std::process::{Command, Stdio};

use crate::files;

/// The channel that the agent listens on.
const CHANNEL: &str = "/dev/virtio-ports/org.qemu.guest_agent.0";
/// The name of its program.
const NAME: &str = "qemu-ga";

/// Starts the agent if the machine has its channel.
pub fn start() {
    if std::fs::exists(CHANNEL).unwrap_or(false) {
        let _ = Command::new(format!("/usr/sbin/{NAME}"))
            .args(["-m", "virtio-serial", "-p", CHANNEL, "-t", "/run"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
    }
}

/// Whether the agent runs. A zombie still has its name, but no command line.
pub fn is_running() -> bool {
    files::list("/proc").into_iter().any(|process| {
        files::text(process.join("comm")).as_deref() == Some(NAME) && files::text(process.join("cmdline")).is_some()
    })
}
