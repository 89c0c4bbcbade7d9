//! The generated regions of the README and of `xtask/needs.sh`.

use std::collections::BTreeSet;

use crate::collection::Collection;
use crate::proof::Proven;
use crate::shell;
use crate::status::status;
use crate::table::Table;
use crate::tables;
use crate::version::FLOOR;

/// A part of a hand-written file that is generated: what stands between the lines that contain `BEGIN GENERATED name`
/// and `END GENERATED name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// The file, from the repository's root.
    pub file: &'static str,
    /// Its name in the markers.
    pub name: &'static str,
    /// What stands there: whole lines.
    pub text: String,
}

/// Every generated region, by file and in the order in which they stand there; with what was proven when it was last tried.
#[must_use]
pub fn regions(collection: &Collection, proven: &Proven) -> Vec<Region> {
    let readme = |name, text: String| Region { file: "README.md", name, text: format!("\n{text}\n") };
    let table = |name, table: Table| readme(name, table.markdown());
    vec![
        table("files", tables::files(collection, proven)),
        readme("needs", format!("{}\n\n{}", releases(collection), tables::needs(collection).markdown())),
        table("status", status(collection)),
        table("floors", tables::floors(collection)),
        table("errors", tables::errors(collection)),
        table("choices", tables::choices(collection)),
        table("rules", tables::all_rules()),
        Region { file: "xtask/needs.sh", name: "needs", text: shell::needs(collection) },
    ]
}

/// What every definition asks for, before what some do.
fn releases(collection: &Collection) -> String {
    let names: BTreeSet<_> = collection.members.iter().map(|member| member.definition.platform.arch.name()).collect();
    format!("{FLOOR}, or later, on {}, and:", names.into_iter().collect::<Vec<_>>().join(" or "))
}
