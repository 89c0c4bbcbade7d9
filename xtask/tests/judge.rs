//! `cargo xtask validate` passes its arguments to the judge as they were written. A script takes the place of cargo.

mod common;

use common::{command, repository, seen};
use host::command::write_program;

/// What xtask prints if cargo is this script.
fn xtask(cargo: &str, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cargo");
    write_program(&path, format!("#!/bin/sh\n{cargo}\n").as_bytes()).unwrap();
    let mut xtask = command(env!("CARGO_BIN_EXE_xtask"), &repository());
    seen(&xtask.args(arguments).env("CARGO", &path).output().unwrap())
}

#[test]
fn arguments_arrive_as_they_were_written() {
    // What stands behind the `--` of `cargo run`.
    let cargo = r#"[ "$1" = build ] || { while [ "$1" != -- ]; do shift; done; shift; printf '<%s>' "$@"; exit 3; }"#;
    for (arguments, arrived) in [
        (&["validate", "--format", "json", "-"][..], "<--format><json><->"),
        (&["validate", "a b.xml", "--", "-x.xml", "validate"], "<a b.xml><--><-x.xml><validate>"),
        (&["validate", "--", "-x.xml"], "<--><-x.xml>"),
        (&["--color", "never", "validate", "--deny=floor"], "<--color><never><--deny=floor>"),
        (&["validate", "--help"], "<--help>"),
        (&["validate", "-h"], "<-h>"),
        (&["help", "validate"], "<--help>"),
    ] {
        assert_eq!(xtask(cargo, arguments), format!("{arrived}exit status 3\n"), "{arguments:?}");
    }
}

#[test]
fn what_the_judge_cannot_be_built_for_is_said_in_a_sentence() {
    let cargo = "echo 'error: failed to run custom build command for `libxml v0.3.23`' >&2; exit 101";
    let needs = "error: `cargo xtask validate` needs libxml2's headers and libclang to be built; \
                 xtask/setup.sh dev installs them\nexit status 2\n";
    assert_eq!(xtask(cargo, &["validate"]), needs);
    let other = xtask("echo 'error: could not compile `judge`' >&2; exit 101", &["validate"]);
    assert_eq!(
        other,
        "error: `cargo xtask validate` cannot be built\nerror: could not compile `judge`\nexit status 2\n"
    );
}
