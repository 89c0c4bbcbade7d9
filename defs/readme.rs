//! The generated regions of the pages and of `xtask/needs.sh`.

use std::collections::BTreeSet;

use crate::collection::Collection;
use crate::comparison::{self, MANY};
use crate::effects;
use crate::measured::results::Results;
use crate::pages;
use crate::proof::Proven;
use crate::rules::libvirt;
use crate::shell;
use crate::status::{brief, status};
use crate::table::Table;
use crate::tables;
use crate::topics::AREAS;
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

/// Every generated region, by file and in the order in which they stand there; with what was proven and measured when it was
/// last tried.
#[must_use]
pub fn regions(collection: &Collection, proven: &Proven, results: &Results) -> Vec<Region> {
    let region = |file, name, text: String| Region { file, name, text: format!("\n{text}\n") };
    let table = |file, name, table: Table| region(file, name, table.markdown(file));
    let needs = tables::needs(collection).markdown(pages::REQUIREMENTS);
    let mut regions = vec![
        table(pages::README, "guests", tables::guests(collection)),
        table(pages::README, "devices", brief(collection)),
        region(pages::README, "measured", comparison::brief(results)),
        table(pages::TROUBLE, "errors", tables::errors(collection)),
        table(pages::FILES, "files", tables::files(collection, proven)),
        table(pages::FILES, "status", status(collection)),
        region(pages::REQUIREMENTS, "needs", format!("{}\n\n{needs}", releases(collection))),
        table(pages::REQUIREMENTS, "floors", tables::floors(collection)),
        table(pages::LIBVIRT_RULES, "rules", tables::rules_of(libvirt::MACHINES)),
        table(pages::DISK_RULES, "rules", tables::rules_of(libvirt::DISKS)),
        table(pages::DEVICE_RULES, "rules", tables::rules_of(libvirt::DEVICES)),
        table(pages::NETWORK_RULES, "rules", tables::rules_of(libvirt::NETWORKS)),
        table(pages::PORTABLE_RULES, "rules", tables::other_rules()),
        Region { file: "xtask/needs.sh", name: "needs", text: shell::needs(collection) },
    ];
    regions.extend(measured(results));
    regions.extend(AREAS.iter().map(|area| table(area.page, "choices", tables::choices(collection, area, results))));
    regions
}

/// What every definition asks for, before what some do.
fn releases(collection: &Collection) -> String {
    let names: BTreeSet<_> = collection.members.iter().map(|member| member.definition.platform.arch.name()).collect();
    format!("{FLOOR}, or later, on {}, and:", names.into_iter().collect::<Vec<_>>().join(" or "))
}

/// The regions of the page with what was measured, in the order in which they stand there: a table for each guest for which
/// several programs make machines, one for the other guests, what choices gain, and how all of it was counted.
#[must_use]
pub fn measured(results: &Results) -> Vec<Region> {
    let region = |name, text: String| Region { file: pages::MEASURED, name, text: format!("\n{text}\n") };
    let table = |table: Table| table.markdown(pages::MEASURED);
    let many: Vec<_> = MANY
        .iter()
        .map(|comparison| format!("### {}\n\n{}", comparison.guest, table(comparison::many(results, comparison))))
        .collect();
    vec![
        region("many", many.join("\n")),
        region("one", table(comparison::one(results))),
        region("left-out", table(effects::choices(results))),
        region("programs", comparison::programs(results) + "\n"),
        region("machines", table(comparison::machines())),
        region("works", table(comparison::works())),
        region("bounds", table(comparison::bounds())),
    ]
}
