//! Somebody who runs `xtask/start.sh`.

use std::fs;
use std::path::{Path, PathBuf};

use host::command::write_program;
use host::{Fault, User};
use walkdir::WalkDir;

/// What a person clones of the repository, as far as the script needs it.
const CLONED: [&str; 4] = ["xtask/start.sh", "xtask/needs.sh", "session", "system"];
/// Where a disc's first descriptor has its name.
const DESCRIPTOR: usize = 32769;

/// Somebody with a clone, a medium and a libvirt in which nothing is defined.
pub struct Person {
    /// Who runs the script.
    pub user: User,
    /// The medium's file.
    pub medium: String,
}

impl Person {
    /// Arrives.
    pub fn new() -> Result<Person, Fault> {
        let user = User::new()?;
        user.emulating_session()?;
        let clone = PathBuf::from(user.folder("clone")?);
        copy(&clone)?;
        let mut disc = vec![0; DESCRIPTOR + 5];
        disc[DESCRIPTOR..].copy_from_slice(b"CD001");
        let medium = user.path("installer.iso");
        fs::write(&medium, disc)?;
        let person = Person { user, medium };
        person.has_room(100)?;
        Ok(person)
    }

    /// Has the script find so much room in GiB, whatever this host has.
    pub fn has_room(&self, gib: u64) -> Result<(), Fault> {
        let said = format!("Filesystem 1024-blocks Used Available\ndisk 1 1 {}", gib << 20);
        self.stands_in("df", &format!("echo '{said}'"))
    }

    /// Puts a program of ours before the host's.
    pub fn stands_in(&self, program: &str, script: &str) -> Result<(), Fault> {
        let file = self.user.folder("bin")? + "/" + program;
        write_program(file.as_ref(), format!("#!/bin/sh\n{script}\n").as_bytes())
    }

    /// What the script says, and whether it ended well.
    pub fn start(&self, words: &[&str]) -> Result<(bool, String), Fault> {
        self.start_on("", words)
    }

    /// The same, on a screen of this name.
    pub fn start_on(&self, screen: &str, words: &[&str]) -> Result<(bool, String), Fault> {
        let script = self.user.path("clone/xtask/start.sh");
        // Programs of this folder stand in for the host's.
        let path = format!("{}:{}", self.user.path("bin"), std::env::var("PATH")?);
        let mut command = self.user.command("sh");
        let output = command
            .current_dir(self.user.path("clone"))
            .env("PATH", path)
            .env("DISPLAY", screen)
            .arg(script)
            .args(words)
            .output()?;
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
        Ok((output.status.success(), said))
    }

    /// What the script says; an error if it does not end well.
    pub fn succeeds(&self, words: &[&str]) -> Result<String, Fault> {
        match self.start(words)? {
            (true, said) => Ok(said),
            (false, said) => Err(format!("start.sh {}: {said}", words.join(" ")).into()),
        }
    }

    /// Checks that the script's last words are a sentence about what is wrong and one about what to do, and that it has changed
    /// nothing.
    pub fn refuses(&self, words: &[&str], sentences: [&str; 2]) -> Result<(), Fault> {
        let before = self.everything()?;
        let (ended_well, said) = self.start(words)?;
        let last = said.lines().last().unwrap_or_default();
        let missing = sentences.into_iter().find(|sentence| !last.contains(sentence));
        match missing {
            _ if ended_well => Err(format!("start.sh {} should stop; it says: {said}", words.join(" ")).into()),
            Some(missing) => {
                Err(format!("start.sh {} should end with {missing:?}; it says: {said}", words.join(" ")).into())
            }
            None if self.everything()? != before => Err(format!("it stopped, but not before a change: {said}").into()),
            None => Ok(()),
        }
    }

    /// What virsh prints.
    pub fn virsh(&self, command: &str) -> Result<String, Fault> {
        self.user.virsh("qemu:///session", command)
    }

    /// What libvirt has.
    pub fn everything(&self) -> Result<String, Fault> {
        let mut everything = self.virsh("list --all; pool-list --all; net-list --all")?;
        for name in self.virsh("list --all --name")?.split_whitespace() {
            everything += &self.virsh(&format!("dumpxml --inactive {name}"))?;
        }
        if self.virsh("pool-list --name")?.contains("default") {
            everything += &self.virsh("vol-list default --details")?;
        }
        Ok(everything)
    }
}

fn copy(clone: &Path) -> Result<(), Fault> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in CLONED.iter().flat_map(|name| WalkDir::new(root.join(name))) {
        let entry = entry?;
        let to = clone.join(entry.path().strip_prefix(root)?);
        if entry.file_type().is_file() {
            fs::create_dir_all(to.parent().unwrap_or(clone))?;
            fs::copy(entry.path(), &to)?;
        }
    }
    Ok(())
}
