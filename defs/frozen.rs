//! What must not change between two of our releases, because users' machines depend on it: a machine's name (its firmware
//! variables are stored under it), its disk and the bus of that disk, the chipset, the firmware.
//!
//! `tests/frozen.txt` has a line for each definition. `cargo xtask regen` adds lines for new definitions, but refuses to
//! change or remove one: that has to be done by hand and announced to users.

use std::collections::BTreeMap;

use roxmltree::Document;

use crate::collection::Collection;
use crate::pages::CHANGING;
use crate::path::XmlPath;
use crate::render::RenderError;

/// Where the lines are, from the repository's root.
pub const FILE: &str = "tests/frozen.txt";

/// Why a definition is not as it was frozen.
#[derive(Debug, thiserror::Error)]
pub enum Thawed {
    /// A definition differs from its line.
    #[error(
        "{path}: users' machines depend on `{frozen}`, but the definition now has `{now}`; restore it, or, if it must change, \
         edit its line in {FILE} by hand and tell users in {CHANGING} how to follow"
    )]
    Changed {
        /// The definition.
        path: String,
        /// What it was.
        frozen: String,
        /// What it is.
        now: String,
    },
    /// A definition is gone.
    #[error(
        "{path}: users have machines made from it, but nothing generates it any more; restore it, or remove its line from \
         {FILE} by hand and tell users in {CHANGING} what to use instead"
    )]
    Gone {
        /// The definition.
        path: String,
    },
    /// A record in `defs/` is wrong.
    #[error(transparent)]
    Render(#[from] RenderError),
}

/// The lines as they should be: those that are there, and new ones for new definitions.
///
/// # Errors
///
/// When a definition differs from its line, or is gone.
pub fn kept(lines: &str, collection: &Collection) -> Result<String, Thawed> {
    let mut now = BTreeMap::new();
    for member in &collection.members {
        now.insert(member.path.as_str(), facts(&member.written.bare)?);
    }
    for line in lines.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (path, frozen) = line.split_once(": ").unwrap_or((line, ""));
        match now.get(path) {
            None => return Err(Thawed::Gone { path: path.to_owned() }),
            Some(now) if now != frozen => {
                let (path, frozen) = (path.to_owned(), frozen.to_owned());
                return Err(Thawed::Changed { path, frozen, now: now.clone() });
            }
            Some(_) => {}
        }
    }
    let header = "# What may never change under a user: see defs/frozen.rs. `cargo xtask regen` adds lines; changing one takes \
                  a hand.\n";
    Ok(now.into_iter().fold(header.to_owned(), |text, (path, facts)| text + path + ": " + &facts + "\n"))
}

/// What is frozen: the name of the fact, and where it stands.
pub static FROZEN: [(&str, XmlPath<'static>); 9] = [
    ("name", XmlPath::new("name")),
    ("machine", XmlPath::new("os/type/@machine")),
    ("firmware", XmlPath::new("os/@firmware")),
    ("secure-boot", XmlPath::new("os/firmware/feature[@name=secure-boot]/@enabled")),
    ("kernel", XmlPath::new("os/kernel")),
    ("file", XmlPath::new("devices/disk[@device=disk]/source/@file")),
    ("pool", XmlPath::new("devices/disk[@device=disk]/source/@pool")),
    ("volume", XmlPath::new("devices/disk[@device=disk]/source/@volume")),
    ("bus", XmlPath::new("devices/disk[@device=disk]/target/@bus")),
];

fn facts(bare: &str) -> Result<String, RenderError> {
    let document = Document::parse(bare)?;
    let mut facts = Vec::new();
    for (fact, at) in FROZEN {
        let values = at.all(document.root_element()).into_iter().filter_map(|node| at.value(node));
        facts.extend(values.map(|value| format!("{fact}={value}")));
    }
    Ok(facts.join(" "))
}
