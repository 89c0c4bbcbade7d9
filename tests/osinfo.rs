//! What osinfo-db, which graphical tools read, says of our guests. Ignored where it is not installed, except in CI.

use std::fs;
use std::path::Path;

use domain_definitions::{GUESTS, Guest};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use roxmltree::Document;

/// Where distributions install it.
const DATABASE: &str = "/usr/share/osinfo/os";

fn main() -> std::process::ExitCode {
    let trials = GUESTS.iter().map(|guest| {
        Trial::ignorable_test(format!("osinfo-db knows {} and asks for no more than it has", guest.id), move || {
            if Path::new(DATABASE).is_dir() {
                return check(guest).map(|()| Completion::Completed).map_err(Failed::from);
            }
            let missing = format!("osinfo-db is not installed: there is no {DATABASE}");
            if std::env::var_os("CI").is_some() { Err(missing.into()) } else { Ok(Completion::ignored_with(missing)) }
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn check(guest: &Guest) -> Result<(), String> {
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
        return Err(format!("it asks for {} CPUs, and {} has {}", minimum("n-cpus"), guest.id, guest.vcpus));
    }
    if minimum("ram") > guest.memory.bytes() {
        return Err(format!("it asks for {} bytes, and {} has {}", minimum("ram"), guest.id, guest.memory));
    }
    Ok(())
}
