//! Whether KVM runs code here. A device node proves nothing, nor does a boot sector that comes through: in some virtual
//! machines KVM interprets what it is given, and gives up at the first instruction that it does not know.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a kernel may take to say its first word. Where KVM works, it is a second.
const PATIENCE: Duration = Duration::from_secs(20);
/// That word.
const WORD: &str = "Linux version";

/// Whether it does: whether a kernel starts, on a CPU like the host's, and says so.
#[must_use]
pub fn executes(kernel: &Path) -> bool {
    let Ok(folder) = tempfile::tempdir() else { return false };
    let console = folder.path().join("console");
    let Ok(output) = File::create(&console) else { return false };
    let mut qemu = Command::new("qemu-system-x86_64");
    qemu.args(["-accel", "kvm", "-cpu", "host", "-m", "512", "-nodefaults", "-display", "none", "-no-reboot"]);
    qemu.arg("-kernel").arg(kernel).args(["-append", "console=ttyS0 panic=-1", "-serial", "stdio"]);
    let Ok(mut qemu) = qemu.stdin(Stdio::null()).stdout(output).stderr(Stdio::null()).spawn() else { return false };
    let begun = Instant::now();
    let says = || fs::read(&console).is_ok_and(|said| String::from_utf8_lossy(&said).contains(WORD));
    let mut runs = false;
    while !runs && begun.elapsed() < PATIENCE && matches!(qemu.try_wait(), Ok(None)) {
        thread::sleep(Duration::from_millis(100));
        runs = says();
    }
    let _ = qemu.kill();
    let _ = qemu.wait();
    runs || says()
}
