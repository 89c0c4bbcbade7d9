//! What may never change under a user between two releases of ours: a machine's name (firmware variables belong to it),
//! its disk and the bus that is on, the chipset, the firmware.
//!
//! `tests/frozen.txt` has a line for each definition. `cargo xtask regen` adds lines for new definitions, and refuses to
//! change or remove one: that takes a hand, and a word to users.

use roxmltree::Document;

use crate::{Definition, RenderError, XmlPath, render};

/// Where the lines are, from the repository's root.
pub const FILE: &str = "tests/frozen.txt";

/// Why what is frozen cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum Thawed {
    /// A definition says something else than it used to.
    #[error(
        "{path}: users' machines depend on `{frozen}`, and now it would be `{now}`; put it back, or, if it must change, \
         change its line in {FILE} by hand, and tell users in README.md how to move"
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
        "{path}: users have machines of it, and nothing generates it any more; bring it back, or take its line out of \
         {FILE} by hand, and tell users in README.md what to take instead"
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
/// When a definition is not as its line says, or gone.
pub fn kept(lines: &str) -> Result<String, Thawed> {
    let mut kept: Vec<String> = Vec::new();
    for line in lines.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (path, frozen) = line.split_once(": ").unwrap_or((line, ""));
        let definition = Definition::all().find(|definition| definition.path() == path);
        let now = facts(&definition.ok_or_else(|| Thawed::Gone { path: path.to_owned() })?)?;
        if now != frozen {
            return Err(Thawed::Changed { path: path.to_owned(), frozen: frozen.to_owned(), now });
        }
        kept.push(line.to_owned());
    }
    for definition in Definition::all() {
        let path = definition.path();
        if !kept.iter().any(|line| line.starts_with(&format!("{path}: "))) {
            kept.push(format!("{path}: {}", facts(&definition)?));
        }
    }
    kept.sort();
    let header = "# What may never change under a user: see defs/frozen.rs. `cargo xtask regen` adds lines; changing one takes \
                  a hand.\n";
    Ok(kept.into_iter().fold(header.to_owned(), |text, line| text + &line + "\n"))
}

/// What of a definition is frozen: what it is called, and where it stands.
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

fn facts(definition: &Definition) -> Result<String, RenderError> {
    let text = render::element(&definition.domain())?;
    let document = Document::parse(&text)?;
    let mut facts = Vec::new();
    for (fact, at) in FROZEN {
        let values = at.all(document.root_element()).into_iter().filter_map(|node| at.value(node));
        facts.extend(values.map(|value| format!("{fact}={value}")));
    }
    Ok(facts.join(" "))
}
