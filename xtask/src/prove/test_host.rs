//! What this machine has to prove things with: releases of libvirt and QEMU, the test guest, and KVM.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use domain_definitions::domain::Arch;
use domain_definitions::{Definition, Report};
use host::{Fault, Release, definitions, is_root, is_started};

use super::kvm;

/// What there is to prove things with.
pub struct TestHost {
    /// The checkout.
    pub root: PathBuf,
    /// Whether KVM runs code here.
    pub kvm: bool,
    /// The machine in which KVM runs code, where it does not here, or why there is none.
    pub kvm_machine: Result<PathBuf, String>,
    /// libvirt and QEMU: this machine's, then other releases'.
    releases: Vec<Release>,
    /// The test guest's medium for each kind of processor, or why there is none.
    images: [(Arch, Result<PathBuf, String>); 2],
    /// What guests have reported so far.
    reports: Mutex<Vec<Report>>,
}

impl TestHost {
    /// Looks at this machine; builds what can be built, if `build` is set.
    #[must_use]
    pub fn look(root: &Path, build: bool) -> TestHost {
        let image = made(root, "guest", &["target/guest"], "target/guest/guest.iso", build);
        let arm = ["target/guest-aarch64", Arch::Aarch64.name()];
        // Its modules are sorted by a program of the other's packages.
        let arm = image.clone().and_then(|_| made(root, "guest", &arm, "target/guest-aarch64/guest.iso", build));
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
        let (root, reports) = (root.to_owned(), Mutex::default());
        let images = [(Arch::X86_64, image), (Arch::Aarch64, arm)];
        TestHost { root, kvm, kvm_machine, releases: Release::all(), images, reports }
    }

    /// Looks at what there is to run guests with on PCs, with this machine's own release, and builds the guest.
    #[must_use]
    pub fn without_trials(root: &Path) -> TestHost {
        let image = made(root, "guest", &["target/guest"], "target/guest/guest.iso", true);
        let kvm = image.as_ref().is_ok_and(|image| kvm::executes(&image.with_file_name("vmlinuz")));
        let unasked = || Err("it was not asked for".to_owned());
        let images = [(Arch::X86_64, image), (Arch::Aarch64, unasked())];
        let (root, releases) = (root.to_owned(), vec![Release::here().clone()]);
        TestHost { root, kvm, kvm_machine: unasked(), releases, images, reports: Mutex::default() }
    }

    /// The root folders of the releases, this machine's (none) first.
    #[must_use]
    pub fn roots(&self) -> Vec<Option<PathBuf>> {
        self.releases.iter().map(|release| release.root.clone()).collect()
    }

    /// A release, by its root folder.
    ///
    /// # Errors
    ///
    /// When it is not at hand.
    pub fn release(&self, root: Option<&Path>) -> Result<&Release, Fault> {
        let found = self.releases.iter().find(|release| release.root.as_deref() == root);
        found.ok_or_else(|| Fault::Missing(format!("no libvirt can be run on {}", place(root))))
    }

    /// Whether guests on a release are emulated.
    #[must_use]
    pub fn emulates(&self, root: Option<&Path>) -> bool {
        !self.kvm || root.is_some()
    }

    /// Whether the guest of a definition runs under KVM on a release. That of other processors than this machine's never does.
    #[must_use]
    pub fn virtualizes(&self, root: Option<&Path>, definition: &Definition) -> bool {
        !self.emulates(root) && definition.platform.arch.name() == std::env::consts::ARCH
    }

    /// The medium of the test guest for a definition.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn image(&self, definition: &Definition) -> Result<&Path, Fault> {
        self.medium(definition.platform.arch)
    }

    /// The medium of the test guest for a kind of processor.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn medium(&self, wanted: Arch) -> Result<&Path, Fault> {
        let image = self.images.iter().find(|(arch, _)| *arch == wanted);
        let image = image.ok_or("there is no guest for these processors")?;
        image.1.as_deref().map_err(|why| Fault::Missing(why.clone()))
    }

    /// Keeps what a guest has reported.
    pub fn add_report(&self, report: Report) {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).push(report);
    }

    /// What guests have reported.
    #[must_use]
    pub fn reports(&self) -> Vec<Report> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a person should know before the trials begin.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut lines = Vec::new();
        let mut line = |word: &str, what: &str| lines.push(format!("{word:>12} {what}\n"));
        for release in &self.releases {
            let numbers = release.numbers.map_or("no libvirt can be run".to_owned(), |numbers| numbers.to_string());
            line("Release", &format!("{}: {numbers}", place(release.root.as_deref())));
        }
        let kvm = if self.kvm {
            "runs code here: machines run from the files as they stand"
        } else {
            "runs no code here: guests are emulated"
        };
        line("KVM", kvm);
        let untried: Vec<_> =
            definitions().filter(|definition| !is_started(definition)).map(|one| one.path()).collect();
        line("Not tried", &format!("{}: there is no GPU for Vulkan", untried.join(", ")));
        let guests = self.images.iter().map(|(arch, image)| (format!("Guest ({})", arch.name()), image));
        for (word, found) in guests.chain([("KVM machine".to_owned(), &self.kvm_machine)]) {
            match found {
                Ok(path) => line(&word, &path.display().to_string()),
                Err(why) => line(&word, &format!("none: {why}")),
            }
        }
        lines.concat()
    }
}

/// What the trials call the place of a release: this machine, or the name of its root folder, which is that of Debian's
/// suite.
#[must_use]
pub fn place(root: Option<&Path>) -> String {
    let name = root.and_then(Path::file_name);
    name.map_or("this machine".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Has a script make something in a folder, its first argument. The script leaves alone what is there and up to date.
fn made(root: &Path, script: &str, arguments: &[&str], result: &str, build: bool) -> Result<PathBuf, String> {
    let path = root.join(result);
    if build {
        let script = root.join(".ci").join(script);
        let output = Command::new(&script).args(arguments).current_dir(root).output();
        let output = output.map_err(|error| format!("{}: {error}", script.display()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let lines: Vec<_> = said.lines().collect();
            let last = lines[lines.len().saturating_sub(5)..].join("; ");
            return Err(format!("{} failed: {last}", script.display()));
        }
    }
    if path.exists() { Ok(path) } else { Err(format!("{result} is not there; `.ci/{script}` makes it")) }
}
