//! Real libvirt, of each release at hand, takes the machines that `cargo xtask tune` has mended, and has kept what is their
//! owner's.

#[path = "../../tests/trials/mod.rs"]
mod trials;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use domain_definitions::{Since, locate_all};
use host::{Fault, Release, User};
use libtest_mimic::{Arguments, Trial};
use roxmltree::Document;
use trials::completion;
use xtask::tune::choose::Wish;
use xtask::tune::guest;
use xtask::tune::tuned::{Which, tuned};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for release in Release::all() {
        let name = format!("{} takes what is mended", release.name());
        trials.push(Trial::ignorable_test(name, move || completion(takes(&release))));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Machines as the neighbours make them.
fn machines() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tune");
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let xml = files.filter(|path| path.extension().is_some_and(|end| end == "xml"));
    xml.filter_map(|path| Some((path.file_stem()?.to_str()?.to_owned(), fs::read_to_string(&path).ok()?))).collect()
}

/// What stays the owner's.
fn owned(text: &str) -> Result<Vec<String>, Fault> {
    let document = Document::parse(text)?;
    let root = document.root_element();
    let texts = ["uuid", "name"].map(|at| {
        locate_all(root, at).iter().map(|node| node.text().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    });
    let values =
        [("devices/interface/mac", "address"), ("devices/disk/source", "file"), ("devices/disk/source", "dev")].map(
            |(at, name)| {
                locate_all(root, at).iter().filter_map(|node| node.attribute(name).map(str::to_owned)).collect()
            },
        );
    Ok(texts.into_iter().chain(values).flatten().collect())
}

fn takes(release: &Release) -> Result<(), Fault> {
    let floor = release.numbers.ok_or_else(|| Fault::Missing("QEMU or its firmware is not there".to_owned()))?;
    let user = User::of(release.root.as_deref(), true)?;
    let driver = user.emulating_session()?;
    let mut wrong = Vec::new();
    for (name, text) in machines() {
        // Emulated, since KVM may not be there.
        let text = text.replacen("type='kvm'", "type='qemu'", 1).replacen("type=\"kvm\"", "type=\"qemu\"", 1);
        let before = defined(&user, &driver, &without_host(&text))?;
        let wish =
            Wish { guest: name.starts_with("predecessor").then(|| guest::named("linux")).flatten(), ..Wish::default() };
        for all in [false, true] {
            for (kind, from) in [("as it was written", &text), ("as libvirt keeps it", &before)] {
                let which = Which { all, ..Which::default() };
                let mended = mended(from, wish, which, floor)?;
                let after = match defined(&user, &driver, &without_host(&mended)) {
                    Ok(after) => owned(&after)?,
                    Err(Fault::Wrong(why) | Fault::Missing(why)) => {
                        wrong.push(format!("{name}, {kind}, all: {all}: {why}\n{mended}"));
                        continue;
                    }
                };
                // What a text does not name, libvirt makes up each time.
                let lost: Vec<_> = owned(from)?.into_iter().filter(|one| !after.contains(one)).collect();
                if !lost.is_empty() {
                    wrong.push(format!("{name}, {kind}, all: {all}: {lost:?} is lost, there is {after:?}"));
                }
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Fault::Wrong(wrong.join("\n"))) }
}

fn mended(text: &str, wish: Wish, which: Which, floor: Since) -> Result<String, Fault> {
    let tuned = tuned(text, wish, which, floor, true).map_err(|error| Fault::Wrong(error.to_string()))?;
    Ok(tuned.text)
}

/// A machine without what only KVM can give: emulation has no CPU of the host's.
fn without_host(text: &str) -> String {
    text.replace("host-passthrough", "maximum")
        .replace("mode=\"host-model\"", "mode=\"maximum\"")
        .replace("mode='host-model'", "mode='maximum'")
}

/// Defines a machine anew, and removes it: what libvirt has kept of it.
fn defined(user: &User, driver: &str, text: &str) -> Result<String, Fault> {
    let file = user.file("machine.xml", text)?;
    let document = Document::parse(text)?;
    let name = locate_all(document.root_element(), "name")
        .first()
        .and_then(roxmltree::Node::text)
        .unwrap_or_default()
        .to_owned();
    let commands =
        [format!("define --validate {file}"), format!("dumpxml --inactive {name}"), format!("undefine --nvram {name}")];
    let mut answers = user.each(driver, &commands)?.into_iter();
    let mut next = || answers.next().unwrap_or_else(|| Err("no answer".to_owned())).map_err(Fault::Wrong);
    next()?;
    next()
}
