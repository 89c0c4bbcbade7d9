//! `cargo xtask new`: the literal of another guest, to start from.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

use domain_definitions::GUESTS;

use crate::checkout::{self, NoCheckout};
use crate::{Outcome, say};

/// Where the literals are.
const FILE: &str = "defs/guests.rs";

/// Add a guest to defs/guests.rs: a conservative machine to start from.
///
/// Exit status: 0 added, 2 could not.
#[derive(clap::Args)]
pub struct Args {
    /// What its files and its disk are called: small letters and digits, as in freebsd
    #[arg(value_name = "NAME", value_parser = id)]
    id: String,
}

/// Why nothing was added.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Error {
    #[error(transparent)]
    NoCheckout(#[from] NoCheckout),
    #[error("{FILE}: has a guest with the id {0:?} already; choose another name, or change that one")]
    Taken(String),
    #[error("{FILE}: cannot be read: {0}")]
    Read(io::Error),
    #[error("{FILE}: cannot be written: {0}")]
    Write(io::Error),
    #[error("{FILE}: does not end with the `];` of GUESTS; put GUESTS last, or add the literal by hand")]
    End,
}

fn id(text: &str) -> Result<String, String> {
    let starts = text.starts_with(|c: char| c.is_ascii_lowercase());
    let fits = starts && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if fits { Ok(text.to_owned()) } else { Err("use small letters and digits, with a letter first".to_owned()) }
}

/// Runs the verb.
///
/// # Errors
///
/// When there is no checkout, the name is taken, or the file is not as expected.
pub fn run(args: &Args) -> Result<Outcome, Error> {
    let path = checkout::root()?.join(FILE);
    let text = fs::read_to_string(&path).map_err(Error::Read)?;
    let id = &args.id;
    let known = GUESTS.iter().any(|guest| guest.id == id) || text.contains(&format!("id: \"{id}\","));
    if known {
        return Err(Error::Taken(id.clone()));
    }
    let guests = text.strip_suffix("];\n").ok_or(Error::End)?;
    write(&path, &format!("{guests}{}];\n", literal(id)))?;
    say(&format!(
        "{:>12} {id} to {FILE}\n{:>12} cargo xtask regen, then look at session/{id}.xml; what to change is said in {FILE} and \
         in defs/README.md\n",
        "Added", "Next",
    ));
    Ok(Outcome::Good)
}

fn write(path: &PathBuf, text: &str) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(path);
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(Error::Write)?;
    let permissions = fs::metadata(path).map_err(Error::Write)?.permissions();
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().set_permissions(permissions)).map_err(Error::Write)?;
    file.persist(path).map_err(|error| Error::Write(error.error))?;
    Ok(())
}

/// A guest of which nothing is known: devices that every system of the last fifteen years has drivers for.
fn literal(id: &str) -> String {
    let mut name = id.to_owned();
    name[..1].make_ascii_uppercase();
    format!(
        r#"    Guest {{
        id: "{id}",
        name: "{name}",
        // Write its own: `osinfo-query os` lists them.
        osinfo: "http://libosinfo.org/unknown",
        vcpus: 2,
        memory: Size::gib(4),
        disk: Size::gib(64),
        profiles: &[Profile {{
            platforms: &[&QEMU],
            title: "{name} desktop",
            covers: "{name}",
            audience: "a desktop",
            // Write where its drivers are listed.
            sources: "none yet: devices that every system of the last fifteen years has drivers for",
            // For virtio, where it has drivers: VIRTIO_SCSI or VIRTIO_BLK for SATA, VIRTIO_NET for E1000E, VIRTIO_TABLET for
            // USB_TABLET, VIRTIO_GPU for VGA, BALLOON for NO_BALLOON, and RNG, GUEST_AGENT, SPICE_AGENT, SHARE; or all of
            // them, which is VIRTIO.
            kits: &[DESKTOP, EMULATED, &[UNIX]],
            variants: &[&variants::PORTABLE],
        }}],
    }},
"#
    )
}
