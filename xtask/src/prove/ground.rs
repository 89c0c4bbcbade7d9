//! What this machine can prove: the releases that are at hand, the test guest, and KVM.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use domain_definitions::Report;
use host::{Release, is_root};

use super::kvm;

/// What there is to prove things with.
pub struct Ground {
    /// The checkout.
    pub root: PathBuf,
    /// libvirt and QEMU: this machine's, then those of other releases.
    pub releases: Vec<Release>,
    /// Whether KVM runs code here.
    pub kvm: bool,
    /// The test guest's medium, or why there is none.
    pub image: Result<PathBuf, String>,
    /// The machine in which KVM runs code, where it does not here, or why there is none.
    pub kvm_machine: Result<PathBuf, String>,
    /// What guests have reported so far.
    pub reports: Arc<Mutex<Vec<Report>>>,
}

impl Ground {
    /// Looks around; builds what can be built here, if that is asked for.
    #[must_use]
    pub fn look(root: &Path, build: bool) -> Ground {
        let image = made(root, "guest", &["target/guest"], "target/guest/guest.iso", build);
        let kvm = image.as_ref().is_ok_and(|image| kvm::executes(&image.with_file_name("vmlinuz")));
        let roots = if is_root() {
            made(root, "roots", &["target/roots"], "target/roots/trixie/.packages", build)
        } else {
            Err("only root can make other releases' roots".to_owned())
        };
        let kvm_machine = match (kvm, &image, &roots) {
            (true, ..) => Err("KVM runs code here".to_owned()),
            (_, Err(why), _) | (_, _, Err(why)) => Err(why.clone()),
            (false, Ok(_), Ok(_)) => {
                made(root, "kvm-machine", &["target/kvm-machine"], "target/kvm-machine/root.img", build)
            }
        };
        Ground { root: root.to_owned(), releases: Release::all(), kvm, image, kvm_machine, reports: Arc::default() }
    }

    /// What a person should know before the trials begin.
    #[must_use]
    pub fn told(&self) -> String {
        let mut told = Vec::new();
        let mut line = |word: &str, what: &str| told.push(format!("{word:>12} {what}\n"));
        for release in &self.releases {
            line("Release", &release.name());
        }
        line(
            "KVM",
            if self.kvm {
                "runs code here: machines run as their files say"
            } else {
                "runs no code here: guests are emulated"
            },
        );
        for (word, found) in [("Guest", &self.image), ("KVM machine", &self.kvm_machine)] {
            match found {
                Ok(path) => line(word, &path.display().to_string()),
                Err(why) => line(word, &format!("none: {why}")),
            }
        }
        told.concat()
    }
}

/// Has a script make something, which it leaves alone if it is there and fresh.
fn made(root: &Path, script: &str, arguments: &[&str], result: &str, build: bool) -> Result<PathBuf, String> {
    let path = root.join(result);
    if build {
        let script = root.join(".ci").join(script);
        let output = Command::new(&script).args(arguments).current_dir(root).output();
        let output = output.map_err(|error| format!("{}: {error}", script.display()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let last: Vec<_> = said.lines().rev().take(5).collect();
            return Err(format!(
                "{} failed: {}",
                script.display(),
                last.into_iter().rev().collect::<Vec<_>>().join("; ")
            ));
        }
    }
    if path.exists() { Ok(path) } else { Err(format!("{result} is not there; `.ci/{script}` makes it")) }
}
