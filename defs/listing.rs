//! The list of all files, by which `build.rs` embeds them: what a program wants to know of a file before it reads it.
//!
//! It is generated and checked in, and plain text, so that damage to it keeps nothing from being built: `build.rs` leaves out
//! a line that it does not understand, and says so.

use crate::collection::{Collection, Member};
use crate::documents::Document;
use crate::needs;
use crate::version::{FLOOR, Since};

/// Where it is, from the repository's root.
pub const FILE: &str = "defs/catalog.tsv";

/// The names of the columns, which are separated by tabs. What a file has nothing of is `-`; after the last column come the
/// needs, one each.
const COLUMNS: [&str; 10] =
    ["path", "kind", "connection", "uri", "platform", "guest", "variant", "libvirt", "qemu", "linux"];

/// What of a file is listed.
struct Line<'a> {
    path: &'a str,
    kind: &'a str,
    connection: &'a str,
    uri: &'a str,
    platform: Option<&'a str>,
    guest: Option<&'a str>,
    variant: Option<&'a str>,
    floor: Since,
    needs: Vec<&'a str>,
}

/// The list, in the order of the paths.
#[must_use]
pub fn list(collection: &Collection) -> String {
    let mut lines: Vec<_> = collection.members.iter().map(Line::of_definition).collect();
    lines.extend(collection.documents.iter().map(Line::of_document));
    lines.sort_by_key(|line| line.path);
    let header = format!(
        "# Every file under session/ and system/, for build.rs. Written by `cargo xtask regen`; see defs/listing.rs.\n# {}\n",
        [COLUMNS.as_slice(), &["needs"]].concat().join("\t")
    );
    lines.iter().fold(header, |text, line| text + &line.text() + "\n")
}

impl<'a> Line<'a> {
    fn of_definition(member: &'a Member) -> Line<'a> {
        let definition = &member.definition;
        Line {
            path: &member.path,
            kind: "domain",
            connection: definition.connection.name(),
            uri: definition.uri(),
            platform: Some(definition.platform.id),
            guest: Some(definition.guest.id),
            variant: definition.variant.map(|variant| variant.id),
            floor: member.floor,
            needs: member.needs.iter().map(|need| need.what).collect(),
        }
    }

    fn of_document(document: &'a Document) -> Line<'a> {
        let of = document.definition;
        Line {
            path: &document.path,
            kind: document.kind,
            connection: document.connection.name(),
            uri: document.uri(),
            platform: of.map(|definition| definition.platform.id),
            guest: of.map(|definition| definition.guest.id),
            variant: None,
            floor: document.reasons.iter().fold(FLOOR, |floor, reason| floor.and(reason.since)),
            needs: vec![needs::LIBVIRT.what],
        }
    }

    fn text(&self) -> String {
        let Since { libvirt, qemu, linux } = self.floor;
        let [libvirt, qemu, linux] = [libvirt, qemu, linux].map(|release| release.to_string());
        let nothing = |name: Option<&'a str>| name.unwrap_or("-");
        let (platform, guest, variant) = (nothing(self.platform), nothing(self.guest), nothing(self.variant));
        let fields: [&str; COLUMNS.len()] =
            [self.path, self.kind, self.connection, self.uri, platform, guest, variant, &libvirt, &qemu, &linux];
        [&fields, self.needs.as_slice()].concat().join("\t")
    }
}
