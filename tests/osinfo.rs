//! What osinfo-db, which graphical tools read, says of our guests. Ignored where it is not installed, except in CI.

mod trials;

use std::fs;
use std::path::Path;

use domain_definitions::{GUESTS, Guest};
use host::Fault;
use libtest_mimic::{Arguments, Trial};
use roxmltree::Document;
use trials::completion;

/// Where distributions install it.
const DATABASE: &str = "/usr/share/osinfo/os";

fn main() -> std::process::ExitCode {
    let trials = GUESTS.iter().map(|guest| {
        Trial::ignorable_test(format!("osinfo-db knows {} and asks for no more than it has", guest.id), move || {
            completion(check(guest))
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn check(guest: &Guest) -> Result<(), Fault> {
    if !Path::new(DATABASE).is_dir() {
        return Err(Fault::Missing(format!("osinfo-db is not installed: there is no {DATABASE}")));
    }
    // http://vendor/system/version is the file vendor/system-version.xml.
    let (vendor, system) = guest.osinfo.strip_prefix("http://").and_then(|id| id.split_once('/')).unwrap_or_default();
    let path = format!("{DATABASE}/{vendor}/{}.xml", system.replace('/', "-"));
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {path}: {error}", guest.osinfo))?;
    let document = Document::parse(&text).map_err(|error| format!("{path}: {error}"))?;
    let os = document.descendants().find(|node| node.has_tag_name("os") && node.attribute("id") == Some(guest.osinfo));
    let os = os.ok_or_else(|| format!("{path} does not describe {}", guest.osinfo))?;
    let minimum = |name: &str| -> u128 {
        let resources = os.descendants().filter(|node| node.has_tag_name("minimum"));
        let values = resources.flat_map(|node| node.children()).filter(|node| node.has_tag_name(name));
        values.filter_map(|node| node.text()?.trim().parse().ok()).max().unwrap_or(0)
    };
    if minimum("n-cpus") > guest.vcpus.into() {
        return Err(format!("it asks for {} CPUs, and {} has {}", minimum("n-cpus"), guest.id, guest.vcpus).into());
    }
    if minimum("ram") > guest.memory.bytes() {
        return Err(format!("it asks for {} bytes, and {} has {}", minimum("ram"), guest.id, guest.memory).into());
    }
    Ok(())
}
