//! What `prove` does before it tries anything, and what its library does with errors.

mod common;

use std::fs;
use std::path::Path;

use common::{command, seen};
use domain_definitions::Definition;
use domain_definitions::machine::Machine;
use domain_definitions::version::{since, v};
use host::User;
use host::command::write_program;
use host::tried::{Edit, emulated};
use tempfile::TempDir;

/// A folder that looks like a checkout, in which the test guest cannot be built. A file says whether that was attempted.
fn checkout() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_program(&path, text.as_bytes()).unwrap();
    };
    write("defs/guests.rs", "");
    write(".ci/guest", "#!/bin/sh\ntouch attempted\necho no packages >&2\nexit 1\n");
    folder
}

fn prove(folder: &Path, arguments: &[&str]) -> String {
    seen(&command(env!("CARGO_BIN_EXE_xtask"), folder).arg("prove").args(arguments).output().unwrap())
}

#[test]
fn a_word_that_no_trial_has_fails_before_anything_is_built() {
    let folder = checkout();
    let said = prove(folder.path(), &["session/linux.xml", "sesion/windows.xml"]);
    let error = "error: no trial has sesion/windows.xml in its name; `cargo xtask prove --list` prints their names\n";
    assert_eq!(said, format!("{error}exit status 2\n"));
    assert!(!folder.path().join("attempted").exists(), "the guest was built before the words were looked at");
}

#[test]
fn a_narrowed_run_is_not_recorded_and_not_compared() {
    let folder = checkout();
    for option in ["--record", "--check"] {
        let said = prove(folder.path(), &[option, "session/linux.xml"]);
        assert!(said.contains(&format!("the argument '{option}' cannot be used with '[WORD]...'")), "{said}");
        assert!(said.ends_with("exit status 2\n"), "{said}");
    }
}

#[test]
fn a_run_in_which_nothing_can_be_tried_fails() {
    let folder = checkout();
    let said = prove(folder.path(), &["session/linux-portable.xml lives"]);
    assert!(folder.path().join("attempted").exists(), "{said}");
    assert!(said.contains("0 passed, 0 failed, 1 skipped\n"), "{said}");
    assert!(said.contains(".ci/guest failed: no packages\n"), "{said}");
    assert!(said.ends_with("nothing could be tried; the lines above say what is missing\nexit status 2\n"), "{said}");
}

#[test]
fn a_list_has_the_trials_with_the_words_and_builds_nothing() {
    let folder = checkout();
    let said = prove(folder.path(), &["--list", "session/linux-2d.xml"]);
    let names: Vec<_> = said.lines().filter(|line| line.starts_with("session/")).collect();
    assert_eq!(names, ["session/linux-2d.xml starts under KVM", "session/linux-2d.xml moves on this machine"]);
    assert!(said.ends_with("exit status 0\n"), "{said}");
    assert!(!folder.path().join("attempted").exists());
}

#[test]
fn a_full_disk_is_an_error_that_names_the_file() {
    let user = User::new().unwrap();
    let fault = user.file("/dev/full", "text").unwrap_err();
    assert!(fault.what().starts_with("/dev/full: No space left on device"), "{fault:?}");
    user.file("file", "text").unwrap();
    let fault = user.folder("file/folder").unwrap_err();
    assert!(fault.what().ends_with("file/folder: Not a directory (os error 20)"), "{fault:?}");
}

#[test]
fn what_is_changed_for_a_trial_is_said() {
    let definition = Definition::find("session/windows.xml").unwrap();
    let tried = emulated(&definition, Some(since(v(9, 0, 0), v(7, 2, 0)))).unwrap();
    assert_eq!(tried.edits, [Edit::Emulated, Edit::NoHyperv, Edit::FewCpus]);
    assert_eq!(tried.machine(&definition), Machine { vcpus: 2, ..definition.machine() });
    assert_eq!(tried.left_out(), ["features/hyperv"]);
    let comment = "<!-- Changed for this trial: emulated instead of under KVM; without Hyper-V enlightenments, which this QEMU \
                   cannot emulate; with two CPUs. -->\n<domain type=\"qemu\">\n";
    assert!(tried.text.starts_with(comment), "{}", tried.text);
    assert!(!tried.text.contains("<hyperv"), "{}", tried.text);
    assert!(tried.text.contains(">2</vcpu>") && tried.text.contains("cores=\"2\""), "{}", tried.text);
    let on_arm = Definition::find("session/aarch64/linux.xml").unwrap();
    let tried_on_arm = emulated(&on_arm, Some(since(v(9, 0, 0), v(7, 2, 0)))).unwrap();
    assert_eq!(tried_on_arm.machine(&on_arm), on_arm.machine(), "its command line is recorded");
    let newer = emulated(&definition, Some(since(v(11, 3, 0), v(10, 0, 0)))).unwrap();
    assert!(newer.text.contains("<hyperv"), "{}", newer.text);
}
