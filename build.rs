//! Embeds the files under `session/` and `system/` in the library, by the list in `defs/catalog.tsv`.
//!
//! Whatever is in that list and in those files, the build goes on, and no XML is ever parsed here: a line that cannot be
//! understood, or a file that cannot be embedded, is left out with a warning, because the generator that repairs both is
//! built from this library, too.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

/// The list; `defs/listing.rs` writes it.
pub(crate) const LIST: &str = "defs/catalog.tsv";

fn main() {
    println!("cargo::rerun-if-changed={LIST}");
    println!("cargo::rerun-if-changed=session");
    println!("cargo::rerun-if-changed=system");
    let (catalog, warnings) = catalog(Path::new(""));
    for warning in warnings {
        println!("cargo::warning={warning}; run `cargo xtask regen`");
    }
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("catalog.rs"), catalog).expect("OUT_DIR is writable");
}

/// The entries of the list of a checkout, as Rust, and what had to be left out.
pub(crate) fn catalog(root: &Path) -> (String, Vec<String>) {
    let (mut catalog, mut warnings) = (String::from("&[\n"), Vec::new());
    // Whatever is no UTF-8 is no line of ours.
    let list = fs::read(root.join(LIST)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let list = list.unwrap_or_else(|error| {
        warnings.push(format!("{LIST} cannot be read: {error}"));
        String::new()
    });
    for (index, line) in list.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        match entry(root, line) {
            Ok(entry) => catalog.push_str(&entry),
            Err(why) => warnings.push(format!("{LIST}:{}: {why}", index + 1)),
        }
    }
    catalog.push_str("]\n");
    (catalog, warnings)
}

/// A line of the list, as Rust. Every field is written as a string, or as something that is known to compile.
fn entry(root: &Path, line: &str) -> Result<String, String> {
    let fields: Vec<_> = line.split('\t').collect();
    let [path, kind, connection, uri, platform, guest, variant, libvirt, qemu, linux, ref needs @ ..] = fields[..]
    else {
        return Err("the line has too few fields".to_owned());
    };
    let kind = one_of(kind, &[("domain", "Domain"), ("volume", "Volume"), ("pool", "Pool"), ("network", "Network")])?;
    let connection = one_of(connection, &[("session", "Session"), ("system", "System")])?;
    let (platform, guest, variant) = (optional(platform), optional(guest), optional(variant));
    let (libvirt, qemu, linux) = (version(libvirt)?, version(qemu)?, version(linux)?);
    let text = fs::read(root.join(path)).map_err(|error| format!("{path} cannot be read: {error}"))?;
    let xml = String::from_utf8(text).map_err(|_| format!("{path} is not UTF-8"))?;
    let mut entry = String::new();
    writeln!(
        entry,
        "Entry {{ path: {path:?}, kind: Kind::{kind}, connection: Connection::{connection}, uri: {uri:?}, \
         platform: {platform:?}, guest: {guest:?}, variant: {variant:?}, \
         floor: Since {{ libvirt: {libvirt}, qemu: {qemu}, linux: {linux} }}, needs: &{needs:?}, xml: {xml:?} }},"
    )
    .expect("writing to a string");
    Ok(entry)
}

fn one_of(word: &str, known: &[(&str, &'static str)]) -> Result<&'static str, String> {
    let found = known.iter().find(|(known, _)| *known == word);
    found.map(|(_, name)| *name).ok_or_else(|| format!("{word:?} is not known"))
}

fn optional(field: &str) -> Option<&str> {
    (field != "-").then_some(field)
}

/// `8.6.0` as the call that makes it.
fn version(text: &str) -> Result<String, String> {
    let numbers: Result<Vec<u16>, _> = text.split('.').map(str::parse).collect();
    match numbers.as_deref() {
        Ok([major, minor, patch]) => Ok(format!("v({major}, {minor}, {patch})")),
        _ => Err(format!("{text:?} is no release number")),
    }
}
