//! Guest × variant × connection → domain.

use roxmltree::Document;

use crate::domain::{Metadata, Provenance, ProvenanceNamespace};
use crate::rules::{self, Rule, Target};
use crate::tunables::{Group, same};
use crate::variants::Variant;
use crate::{BOTH, Connection, Domain, GUESTS, Guest, Hypervisor, Need, RenderError, Since, Tunable, render};

/// The last line of the header of every file.
pub(crate) const PROVENANCE: &str = "Written by `cargo xtask regen` from defs/; changes to this file belong there.";

/// One of the repository's files: a guest, in some variant, on a connection.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// The operating system.
    pub guest: &'static Guest,
    /// What is special about it; nothing in the guest's plain file.
    pub variant: Option<&'static Variant>,
    /// The libvirt connection.
    pub connection: Connection,
}

impl Definition {
    /// Every definition, in the order of their paths.
    pub fn all() -> impl Iterator<Item = Definition> {
        let mut all: Vec<_> = GUESTS.iter().flat_map(Definition::of).collect();
        all.sort_by_key(Definition::path);
        all.into_iter()
    }

    /// Every definition of a guest: the plain one, then its variants, each on every connection that it has.
    pub fn of(guest: &'static Guest) -> impl Iterator<Item = Definition> {
        let variants = std::iter::once(None).chain(guest.variants.iter().copied().map(Some));
        variants.flat_map(move |variant| {
            let connections = variant.map_or(BOTH, |variant| variant.connections);
            connections.iter().map(move |&connection| Definition { guest, variant, connection })
        })
    }

    /// The guest's plain definition on the same connection.
    #[must_use]
    pub fn plain(&self) -> Definition {
        Definition { variant: None, ..*self }
    }

    /// The name of its file without the ending, e.g. `linux-portable`.
    #[must_use]
    pub fn stem(&self) -> String {
        let variant = self.variant.map(|variant| format!("-{}", variant.id));
        format!("{}{}", self.guest.id, variant.unwrap_or_default())
    }

    /// Its file in the repository, e.g. `session/linux.xml`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/{}.xml", self.connection, self.stem())
    }

    /// What graphical tools show.
    #[must_use]
    pub fn title(&self) -> String {
        let variant = self.variant.map(|variant| format!(" ({})", variant.title));
        format!("{}{}", self.guest.title, variant.unwrap_or_default())
    }

    /// The decisions it is made of, in the order in which they are applied.
    pub fn tunables(&self) -> impl Iterator<Item = &'static Tunable> + use<> {
        let Definition { guest, variant, connection } = *self;
        let groups = guest.groups().flat_map(move |group| in_its_place(variant, group));
        groups.copied().flatten().copied().filter(move |tunable| tunable.connections.contains(&connection))
    }

    /// The oldest releases it works with: its hypervisor's, or more where a tunable needs more.
    #[must_use]
    pub fn floor(&self) -> Since {
        self.tunables().fold(self.guest.hypervisor.floor(), |floor, tunable| floor.and(tunable.since))
    }

    /// What it expects on the host, without repetition.
    #[must_use]
    pub fn needs(&self) -> Vec<&'static Need> {
        let mut needs = self.guest.hypervisor.needs().to_vec();
        for need in self.tunables().flat_map(|tunable| tunable.needs) {
            if !needs.contains(need) {
                needs.push(need);
            }
        }
        needs
    }

    /// The machine.
    #[must_use]
    pub fn domain(&self) -> Domain {
        self.domain_of(self.tunables())
    }

    /// The machine that some of its decisions make.
    #[must_use]
    pub fn domain_of(&self, tunables: impl IntoIterator<Item = &'static Tunable>) -> Domain {
        let floor = self.floor();
        let definition = Provenance {
            xmlns: ProvenanceNamespace::V1,
            file: self.path(),
            release: env!("CARGO_PKG_VERSION").to_owned(),
            libvirt: floor.libvirt.to_string(),
            qemu: (self.guest.hypervisor == Hypervisor::Qemu).then(|| floor.qemu.to_string()),
        };
        let metadata = Metadata { libosinfo: None, definition };
        let mut domain = Domain::bare(self.guest.name, &self.title(), metadata);
        for tunable in tunables {
            (tunable.apply)(&mut domain, self.guest);
        }
        domain
    }

    /// The text of its file.
    ///
    /// # Errors
    ///
    /// When a tunable's `at` names no element, or several, or a reason cannot stand in a comment.
    pub fn xml(&self) -> Result<String, RenderError> {
        let ties = self.ties()?;
        let notes: Vec<_> = self.tunables().map(|tunable| (tunable.at, tunable.why)).collect();
        render::document(&self.header(&ties), &self.domain(), &notes)
    }

    /// What ties it to its host, or keeps it from being saved or moved.
    ///
    /// # Errors
    ///
    /// As [`Definition::xml`].
    pub fn ties(&self) -> Result<Vec<&'static Rule>, RenderError> {
        let text = render::element(&self.domain())?;
        let document = Document::parse(&text)?;
        let findings = rules::judge(&document, Target { floor: self.floor(), connection: Some(self.connection) });
        let portable = findings.into_iter().filter(|finding| finding.rule.is_portable());
        Ok(portable.map(|finding| finding.rule).collect())
    }

    fn header(&self, ties: &[&Rule]) -> String {
        let Definition { guest, variant, connection } = self;
        let floor = self.floor();
        let first = format!("{} on {}: for {}.", self.title(), guest.hypervisor.uri(*connection), guest.covers);
        let first = wrapped(&first);
        let releases = match guest.hypervisor {
            Hypervisor::Qemu => format!("libvirt {} and QEMU {}", floor.libvirt, floor.qemu),
            Hypervisor::CloudHypervisor => format!("libvirt {}", floor.libvirt),
        };
        let situation = wrapped(&match variant {
            None => format!("For {}.", guest.audience),
            Some(Variant { audience, differs, .. }) => {
                format!("For {audience}. The machine of {}, but: {differs}.", self.plain().path())
            }
        });
        let needs = self.needs().iter().map(|need| format!("- {}", need.what)).collect::<Vec<_>>().join("\n");
        let ties: String =
            ties.iter().map(|rule| wrapped(&format!("- {}: {}", rule.id(), rule.note())) + "\n").collect();
        let ties = match ties.as_str() {
            "" => "Nothing in it ties a machine to one host, or keeps it from being saved and moved.\n\n".to_owned(),
            _ => format!("What ties a machine to its host, or keeps it from being saved and moved:\n{ties}\n"),
        };
        format!(
            "{first}\n\
             \n\
             {situation}\n\
             \n\
             Works with {releases}, or later. Expects on the host:\n\
             {needs}\n\
             \n\
             {ties}\
             What each of these is, how to install a guest and how to change the machine: README.md.\n\
             {PROVENANCE}",
        )
    }
}

/// The groups that stand in the place of one of a guest's.
fn in_its_place(variant: Option<&'static Variant>, group: &'static Group) -> &'static [Group] {
    let swaps = variant.map_or([].as_slice(), |variant| variant.swaps);
    let swap = swaps.iter().find(|(old, _)| same(old, group));
    swap.map_or(std::slice::from_ref(group), |(_, new)| new)
}

/// A paragraph, or an item of a list, in lines of the width of our comments.
fn wrapped(text: &str) -> String {
    let indent = if text.starts_with("- ") { "  " } else { "" };
    textwrap::fill(text, textwrap::Options::new(render::WIDTH - 2).subsequent_indent(indent))
}
