//! What `cargo xtask tune` has mended is valid, by libvirt's schemas and by the rules.

mod common;

use std::fs;

use common::{repository, seen, validate_in};
use domain_definitions::FLOOR;
use xtask::tune::choose::Wish;
use xtask::tune::guest;
use xtask::tune::tuned::{Which, tuned};

common::tests! {
    schemas: what_is_mended_is_valid;
}

fn what_is_mended_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    let machines = fs::read_dir(repository().join("xtask/tests/tune")).unwrap().map(|entry| entry.unwrap().path());
    let mut count = 0;
    for path in machines.filter(|path| path.extension().is_some_and(|end| end == "xml")) {
        let text = fs::read_to_string(&path).unwrap();
        let guest = path.to_string_lossy().contains("predecessor").then(|| guest::named("linux").unwrap());
        for all in [false, true] {
            let which = Which { all, ..Which::default() };
            let mended = tuned(&text, Wish { guest, ..Wish::default() }, which, FLOOR, true).unwrap().text;
            let name = format!("{all}-{}", path.file_name().unwrap().to_string_lossy());
            fs::write(folder.path().join(name), mended).unwrap();
            count += 1;
        }
    }
    assert!(count >= 10, "{count}");
    let mut validate = validate_in(folder.path());
    let output = validate.args(["--deny", "libvirt", "--deny", "floor", "--allow", "portable", "."]).output().unwrap();
    assert!(output.status.success(), "{}", seen(&output));
}
