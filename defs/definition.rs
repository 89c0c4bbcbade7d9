//! Guest × platform × variant × connection → domain.

use roxmltree::Document;

use crate::connection::{BOTH, Connection};
use crate::domain::{Domain, Metadata, Provenance, ProvenanceNamespace};
use crate::groups::{Group, swapped};
use crate::guests::{GUESTS, Guest, Profile};
use crate::host;
use crate::machine::{Firmware, Machine, Media, SystemDisk};
use crate::needs::HostRequirement;
use crate::observations::Observation;
use crate::pages::{self, CLOUD_HYPERVISOR, REQUIREMENTS, TROUBLE};
use crate::platforms::{Hypervisor, Platform};
use crate::render::{self, PROVENANCE, RenderError, in_comment, wrapped};
use crate::rules::{self, Rule, Target};
use crate::tunables::chosen::{self, Order};
use crate::tunables::{Tunable, filesystem};
use crate::variants::Difference::{self, Has, Lacks};
use crate::variants::Variant;
use crate::version::{ALWAYS, Since};

/// One of the repository's files: a guest on a platform, in some variant, on a connection.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// The operating system.
    pub guest: &'static Guest,
    /// The kind of machine.
    pub profile: &'static Profile,
    /// What runs it.
    pub platform: &'static Platform,
    /// What is special about it; nothing in the plain file.
    pub variant: Option<&'static Variant>,
    /// The libvirt connection.
    pub connection: Connection,
}

/// A definition, written.
#[derive(Clone, Debug)]
pub struct Written {
    /// Its text, with the reasons.
    pub text: String,
    /// The machine alone, without comments.
    pub bare: String,
    /// What ties it to its host, or keeps it from being saved or moved.
    pub ties: Vec<&'static Rule>,
}

impl Definition {
    /// Every definition, in the order of their paths.
    pub fn all() -> impl Iterator<Item = Definition> {
        let mut all: Vec<_> = GUESTS.iter().flat_map(Definition::of).collect();
        all.sort_by_cached_key(Definition::path);
        all.into_iter()
    }

    /// Every definition of a guest, platform by platform: the plain one, then its variants, each on every connection that
    /// it has.
    pub fn of(guest: &'static Guest) -> impl Iterator<Item = Definition> {
        let places = guest.profiles.iter().flat_map(|profile| profile.platforms.iter().map(move |on| (profile, *on)));
        places.flat_map(move |(profile, platform)| Definition::on(guest, profile, platform))
    }

    /// Every definition of a guest on a platform.
    fn on(guest: &'static Guest, profile: &'static Profile, platform: &'static Platform) -> Vec<Definition> {
        let variants = std::iter::once(None).chain(profile.variants.iter().copied().map(Some));
        let all = variants.flat_map(|variant| {
            let connections = variant.map_or(BOTH, |variant| variant.connections);
            connections.iter().map(move |&connection| Definition { guest, profile, platform, variant, connection })
        });
        all.collect()
    }

    /// The definition at a path like `session/linux.xml`.
    #[must_use]
    pub fn find(path: &str) -> Option<Definition> {
        Definition::all().find(|definition| definition.path() == path)
    }

    /// The guest's plain definition on the same platform and connection.
    #[must_use]
    pub fn plain(&self) -> Definition {
        Definition { variant: None, ..*self }
    }

    /// Whether it is of this variant, on whatever platform.
    #[must_use]
    pub fn is(&self, variant: &Variant) -> bool {
        self.variant.is_some_and(|own| own.id == variant.id)
    }

    /// Whether a cluster can have all that it is made for; any other loses something there.
    #[must_use]
    pub fn fits_cluster(&self) -> bool {
        self.platform.fits_cluster && self.variant.is_some_and(|variant| variant.fits_cluster)
    }

    /// The path of its file below the connection's folder without the ending, e.g. `linux-portable`.
    #[must_use]
    pub fn stem(&self) -> String {
        let guest = self.platform.named('/', self.guest.id);
        self.variant.map_or_else(|| guest.clone(), |variant| format!("{guest}-{}", variant.id))
    }

    /// Its file in the repository, e.g. `session/linux.xml`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/{}.xml", self.connection, self.stem())
    }

    /// The address of the libvirt driver that it is for, e.g. `qemu:///session`.
    #[must_use]
    pub fn uri(&self) -> &'static str {
        self.platform.uri(self.connection)
    }

    /// What graphical tools show.
    #[must_use]
    pub fn title(&self) -> String {
        let plain = self.profile.title;
        let Some(variant) = self.variant else { return plain.to_owned() };
        let machine = variant.kind.map_or_else(|| plain.to_owned(), |kind| format!("{} {kind}", self.guest.name));
        format!("{machine} ({})", variant.title)
    }

    /// The decisions it is made of, in the order in which they are applied.
    ///
    /// Three things change the guest's groups, in this order:
    ///
    /// 1. the variant's swaps: guests and variants speak of the same groups;
    /// 2. the platform's swaps: they translate what guest and variant ask for into what there is on the platform, so they
    ///    must see what a variant has put in, and must not hide from a variant what it takes out;
    /// 3. the connection: of what is left, each connection has the decisions that are made for it.
    pub fn tunables(&self) -> impl Iterator<Item = &'static Tunable> + use<> {
        let connection = self.connection;
        let groups = self.groups().flat_map(|group| group.iter().copied());
        groups.filter(move |tunable| tunable.connections.contains(&connection))
    }

    /// How it differs from the guest's plain file when it is made of these decisions, as a noun phrase.
    #[must_use]
    pub fn differs(&self, tunables: &[&'static Tunable]) -> String {
        let Some(variant) = self.variant else { return String::new() };
        let own: Vec<_> = self.tunables().collect();
        let is_so = |difference: &&Difference| self.is_so(difference, tunables);
        let text = |difference: &Difference| match *difference {
            Has(_, text) | Lacks(_, text) => text,
        };
        let told: Vec<_> = variant.differs.iter().filter(is_so).map(text).collect();
        let told = match &told[..] {
            [first @ .., last] if first.len() > 1 => format!("{}, and {last}", first.join(", ")),
            few => few.join(" and "),
        };
        // What a person has chosen may undo a difference, and then nobody knows what is left of the purpose.
        let undone = variant.differs.iter().any(|difference| self.is_so(difference, &own) && !is_so(&difference));
        variant.so_that.filter(|_| !undone).map_or(told.clone(), |so| format!("{told}, so that it {so}"))
    }

    /// Whether a difference from the guest's plain file is true of it when it is made of these decisions.
    fn is_so(&self, difference: &Difference, tunables: &[&'static Tunable]) -> bool {
        let is_here = |one: &Tunable| tunables.iter().any(|tunable| std::ptr::eq(one, *tunable));
        let is_plain = |one: &Tunable| self.plain().has(one);
        match *difference {
            Has(group, _) => group.iter().any(|one| is_here(one) && !is_plain(one)),
            Lacks(group, _) => group.iter().any(|one| is_plain(one)) && !group.iter().any(|one| is_here(one)),
        }
    }

    /// Whether it is made with a decision.
    #[must_use]
    pub fn has(&self, wanted: &Tunable) -> bool {
        self.tunables().any(|tunable| std::ptr::eq(tunable, wanted))
    }

    /// The decisions for a machine: its own, and what a person's choices bring and take, see [`chosen`].
    #[must_use]
    pub fn tunables_for(&self, machine: &Machine) -> Vec<&'static Tunable> {
        let order = Order { connection: self.connection, own: &self.machine(), asked: machine };
        chosen::made(&order, self.tunables())
    }

    /// The groups that are left when variant and platform have swapped theirs.
    fn groups(&self) -> impl Iterator<Item = Group> + use<> {
        let by_variant = swapped(self.profile.groups(), self.variant.map_or(&[], |variant| variant.swaps));
        swapped(by_variant, self.platform.swaps)
    }

    /// The oldest releases it works with: its platform's, or more where a tunable needs more. QEMU's matters only if QEMU
    /// runs it.
    #[must_use]
    pub fn floor(&self) -> Since {
        self.floor_of(self.tunables())
    }

    fn floor_of(&self, tunables: impl IntoIterator<Item = &'static Tunable>) -> Since {
        let floor = tunables.into_iter().fold(self.platform.floor, |floor, tunable| floor.and(tunable.since));
        match self.platform.hypervisor {
            Hypervisor::Qemu => floor,
            Hypervisor::CloudHypervisor => Since { qemu: ALWAYS, ..floor },
        }
    }

    /// What the host must have, without repetition.
    #[must_use]
    pub fn needs(&self) -> Vec<&'static HostRequirement> {
        self.needs_of(self.tunables())
    }

    fn needs_of(&self, tunables: impl IntoIterator<Item = &'static Tunable>) -> Vec<&'static HostRequirement> {
        let mut needs = self.platform.needs.to_vec();
        for need in tunables.into_iter().flat_map(|tunable| tunable.needs) {
            if !needs.contains(need) {
                needs.push(need);
            }
        }
        needs
    }

    /// What a guest must see in its machine, each with the decision that promises it.
    pub fn observations(&self) -> impl Iterator<Item = (&'static Tunable, &'static Observation)> + use<> {
        self.tunables().flat_map(|tunable| tunable.seen.iter().map(move |sight| (tunable, sight)))
    }

    /// How many of its decisions a guest can see, and how many it has.
    #[must_use]
    pub fn visible(&self) -> (usize, usize) {
        (self.tunables().filter(|tunable| !tunable.seen.is_empty()).count(), self.tunables().count())
    }

    /// The machine that nobody has changed.
    #[must_use]
    pub fn machine(&self) -> Machine {
        let Definition { guest, platform, .. } = *self;
        let format = crate::domain::DiskFormat::Qcow2;
        Machine {
            name: guest.name.into(),
            title: self.title().into(),
            osinfo: guest.osinfo.into(),
            vcpus: guest.vcpus,
            memory: guest.memory,
            disk: SystemDisk {
                name: platform.named('-', &format!("{}.{}", guest.id, format.name())).into(),
                size: guest.disk,
                format,
                place: (platform.disks)(self.connection),
            },
            media: Media::default(),
            network: host::DEFAULT.into(),
            bridge: None,
            mac: None,
            forwards: Vec::new(),
            share: self.has(&filesystem::SHARE).then_some(host::SHARE.into()),
            firmware: Firmware::OfDefinition,
            chosen: None,
        }
    }

    /// The domain.
    #[must_use]
    pub fn domain(&self) -> Domain {
        self.domain_of(self.tunables())
    }

    /// The domain that some of its decisions make.
    #[must_use]
    pub fn domain_of(&self, tunables: impl IntoIterator<Item = &'static Tunable>) -> Domain {
        self.made(&self.machine(), tunables, self.floor())
    }

    /// The domain of a machine that a person has changed.
    #[must_use]
    pub fn domain_for(&self, machine: &Machine) -> Domain {
        let tunables = self.tunables_for(machine);
        self.made(machine, tunables.iter().copied(), self.floor_of(tunables.iter().copied()))
    }

    /// The domain that decisions make of a machine.
    #[must_use]
    pub fn made(
        &self,
        machine: &Machine,
        tunables: impl IntoIterator<Item = &'static Tunable>,
        floor: Since,
    ) -> Domain {
        let definition = Provenance {
            xmlns: ProvenanceNamespace,
            file: self.path(),
            release: env!("CARGO_PKG_VERSION").to_owned(),
            libvirt: floor.libvirt.to_string(),
            qemu: (floor.qemu != ALWAYS).then(|| floor.qemu.to_string()),
            linux: (floor.linux != ALWAYS).then(|| format!("{:#}", floor.linux)),
            options: machine.chosen.clone().unwrap_or_default(),
        };
        let metadata = Metadata { libosinfo: None, definition };
        let mut domain = Domain::bare(&machine.name, &machine.title, metadata);
        for tunable in tunables {
            (tunable.apply)(&mut domain, machine);
        }
        domain
    }

    /// The text of its file.
    ///
    /// # Errors
    ///
    /// As [`Definition::write`].
    pub fn xml(&self) -> Result<String, RenderError> {
        Ok(self.write(&self.machine())?.text)
    }

    /// What ties it to its host, or keeps it from being saved or moved.
    ///
    /// # Errors
    ///
    /// As [`Definition::write`].
    pub fn ties(&self) -> Result<Vec<&'static Rule>, RenderError> {
        Ok(self.write(&self.machine())?.ties)
    }

    /// Writes it for a machine: its own ([`Definition::machine`]), or what a person has made of that.
    ///
    /// # Errors
    ///
    /// When a tunable's `at` names no element, or several, or a reason cannot stand in a comment.
    pub fn write(&self, machine: &Machine) -> Result<Written, RenderError> {
        let tunables = self.tunables_for(machine);
        let floor = self.floor_of(tunables.iter().copied());
        let bare = render::element(&self.made(machine, tunables.iter().copied(), floor))?;
        let document = Document::parse(&bare)?;
        let hypervisor = Some(self.platform.hypervisor);
        let target = Target { floor, connection: Some(self.connection), hypervisor };
        let findings = rules::judge(&document, target).into_iter();
        let ties: Vec<_> = findings.map(|finding| finding.rule).filter(|rule| rule.is_portable()).collect();
        let notes: Vec<_> = tunables.iter().map(|tunable| (tunable.at, tunable.why)).collect();
        let needs = self.needs_of(tunables.iter().copied());
        let header = self.header(machine, floor, &needs, &ties, &self.differs(&tunables));
        let text = render::commented(&header, &document, &notes)?;
        Ok(Written { text, bare, ties })
    }

    /// How a text of it came about, for the last line of a header.
    #[must_use]
    pub fn provenance(&self, machine: &Machine) -> String {
        let Some(chosen) = &machine.chosen else { return PROVENANCE.to_owned() };
        let options: Vec<_> = chosen.iter().map(|choice| format!("{} {}", choice.name, choice.value)).collect();
        let with = if options.is_empty() { String::new() } else { format!(" with {}", options.join(", ")) };
        let file = self.path();
        wrapped(&in_comment(&format!("Generated by `cargo xtask render {}`{with}.", file.trim_end_matches(".xml"))))
    }

    fn header(
        &self,
        machine: &Machine,
        floor: Since,
        needs: &[&HostRequirement],
        ties: &[&Rule],
        differs: &str,
    ) -> String {
        let covers = self.variant.and_then(|variant| variant.covers).unwrap_or(self.profile.covers);
        let first = wrapped(&in_comment(&format!("{} on {}, for {covers}.", machine.title, self.uri())));
        let situation = wrapped(&match self.variant {
            None => format!("For {}.", self.profile.audience),
            Some(Variant { audience, .. }) => {
                format!("For {audience}. Differs from {}: {differs}.", self.plain().path())
            }
        });
        let needs = needs.iter().map(|need| format!("- {}", need.what)).collect::<Vec<_>>().join("\n");
        let ties: String =
            ties.iter().map(|rule| wrapped(&format!("- {}: {}", rule.id(), rule.note())) + "\n").collect();
        let page = match self.platform.hypervisor {
            Hypervisor::Qemu => pages::of(self.connection),
            Hypervisor::CloudHypervisor => CLOUD_HYPERVISOR,
        };
        let pages = wrapped(&format!(
            "{page} explains how to install the guest and how to change the machine, {REQUIREMENTS} what the host needs, \
             {TROUBLE} what error messages mean."
        ));
        let ties = match ties.as_str() {
            "" => "Nothing ties the machine to one host or prevents it from being saved and migrated.\n\n".to_owned(),
            _ => format!("What ties the machine to its host, or prevents it from being saved and migrated:\n{ties}\n"),
        };
        format!(
            "{first}\n\
             \n\
             {situation}\n\
             \n\
             Works with {floor}, or later. The host must have:\n\
             {needs}\n\
             \n\
             {ties}\
             {pages}\n\
             {}",
            self.provenance(machine)
        )
    }
}
