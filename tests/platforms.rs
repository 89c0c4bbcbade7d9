//! A platform is a record and its swaps: here one that does not exist, between those that do.

use domain_definitions::groups::{
    DESKTOP, Group, HOST_MODEL, HOST_PASSTHROUGH, NO_HPET, RNG, ROOT_PORTS, SHARE, TPM, UNIX, VIRTIO_BLK, VIRTIO_SCSI,
    VIRTIO_SCSI_MAPPED,
};
use domain_definitions::guests::Profile;
use domain_definitions::measured::results::Results;
use domain_definitions::platforms::{Address, CLOUD_HYPERVISOR, PLATFORMS, Platform, QEMU};
use domain_definitions::rules::{Family, Target, judge};
use domain_definitions::size::Size;
use domain_definitions::version::{ALWAYS, since, v};
use domain_definitions::{
    Collection, Connection, Definition, Guest, Hypervisor, Proven, Tunable, Variant, listing, needs, readme, variants,
};
use roxmltree::Document;

/// QEMU where the host's model is not known, there is no HPET to turn off, and random numbers bring a shared folder with them.
static OTHER: Platform = Platform {
    id: "qemu-other",
    folder: Some("other"),
    hosts: "another host",
    hypervisor: Hypervisor::Qemu,
    arch: QEMU.arch,
    floor: since(v(9, 0, 0), v(8, 0, 0)),
    needs: &[&needs::LIBVIRT],
    disks: QEMU.disks,
    has_volumes: true,
    fits_cluster: true,
    swaps: &[
        (HOST_MODEL, &[HOST_PASSTHROUGH]),
        (HOST_PASSTHROUGH, &[]),
        (TPM, &[RNG]),
        (NO_HPET, &[]),
        (VIRTIO_SCSI_MAPPED, &[VIRTIO_BLK]),
        (RNG, &[RNG, SHARE]),
    ],
};

static SAME: Platform = Platform { id: "qemu-same", folder: Some("same"), swaps: &[], ..QEMU };

static ELSEWHERE: Platform = Platform { id: "ch-same", folder: None, hypervisor: Hypervisor::CloudHypervisor, ..QEMU };

static GUESTS: &[Guest] = &[Guest {
    id: "minix",
    name: "Minix",
    osinfo: "http://libosinfo.org/unknown",
    vcpus: 2,
    memory: Size::gib(1),
    disk: Size::gib(8),
    profiles: &[Profile {
        platforms: &[&QEMU, &OTHER, &SAME],
        title: "Minix desktop",
        covers: "Minix",
        audience: "a desktop",
        sources: "none: it is a test",
        kits: &[DESKTOP, &[VIRTIO_SCSI, RNG, TPM, UNIX, NO_HPET]],
        variants: &[&variants::PORTABLE, &variants::LATEST, &variants::PASSTHROUGH],
    }],
}];

/// The guest on a platform, in a variant, on a connection.
fn definition(platform: &Platform, variant: Option<&'static Variant>, connection: Connection) -> Definition {
    let fits = |definition: &Definition| {
        let same = variant.map_or(definition.variant.is_none(), |variant| definition.is(variant));
        std::ptr::eq(definition.platform, platform) && same && definition.connection == connection
    };
    Definition::of(&GUESTS[0]).find(fits).expect("it is one of the guest's")
}

fn has(definition: &Definition, group: Group) -> bool {
    let has = |wanted: &Tunable| definition.tunables().any(|tunable| std::ptr::eq(tunable, wanted));
    group.iter().filter(|wanted| wanted.connections.contains(&definition.connection)).all(|wanted| has(wanted))
}

#[test]
fn a_platform_has_files_and_needs_of_its_own() {
    let session = definition(&OTHER, Some(&variants::LATEST), Connection::Session);
    assert_eq!(session.path(), "session/other/minix-latest.xml");
    assert_eq!((session.stem().as_str(), session.uri()), ("other/minix-latest", "qemu:///session"));
    assert_eq!(session.machine().disk.name, "other-minix.qcow2");
    assert_eq!(session.needs()[0], &needs::LIBVIRT);
    assert!(!session.needs().contains(&&needs::KVM), "that is another platform's");
    let portable = definition(&OTHER, Some(&variants::PORTABLE), Connection::Session);
    assert_eq!(portable.floor(), OTHER.floor);
    let elsewhere = Definition { platform: &ELSEWHERE, ..portable };
    assert_eq!(elsewhere.floor().qemu, ALWAYS, "QEMU does not run it");
    assert!(portable.xml().expect("it can be written").contains("Works with libvirt 9.0.0 and QEMU 8.0.0, or later."));
}

#[test]
fn a_platform_that_swaps_nothing_has_the_same_machines() {
    for variant in [None, Some(&variants::PORTABLE), Some(&variants::LATEST)] {
        let text = |platform| bare(&definition(platform, variant, Connection::System));
        assert_eq!(text(&SAME).replace("same-minix", "minix").replace("/same", ""), text(&QEMU));
    }
}

fn bare(definition: &Definition) -> String {
    definition.write(&definition.machine()).expect("it can be written").bare
}

/// The order is variant, platform, connection; see `Definition::tunables`.
#[test]
fn platforms_swap_after_variants_and_before_connections() {
    let of = |variant| definition(&OTHER, variant, Connection::System);
    let plain = of(None);
    assert!(has(&plain, HOST_PASSTHROUGH) && !has(&plain, HOST_MODEL), "what a swap puts in is not swapped again");
    assert!(!has(&plain, TPM) && !has(&plain, NO_HPET) && has(&plain, VIRTIO_SCSI));

    // The variant takes the TPM out before the platform can put something in its place.
    assert!(!has(&definition(&QEMU, Some(&variants::PORTABLE), Connection::System), TPM));
    let rngs = |definition: &Definition| definition.tunables().filter(|tunable| std::ptr::eq(*tunable, RNG[0])).count();
    assert_eq!((rngs(&plain), rngs(&of(Some(&variants::PORTABLE)))), (2, 1));
    // What a variant puts in, the platform swaps.
    let latest = of(Some(&variants::LATEST));
    assert!(has(&latest, VIRTIO_BLK) && !has(&latest, VIRTIO_SCSI_MAPPED) && !has(&latest, VIRTIO_SCSI));
    let passthrough = of(Some(&variants::PASSTHROUGH));
    assert!(has(&passthrough, ROOT_PORTS) && !has(&passthrough, HOST_PASSTHROUGH));
    // Of what a platform puts in, too, a connection has only what is made for it.
    assert!(has(&plain, SHARE) && plain.domain().devices.filesystems.len() == 1);
    assert!(definition(&OTHER, None, Connection::Session).domain().devices.filesystems.is_empty());
}

#[test]
fn a_platform_is_in_every_table_and_list() {
    let collection = Collection::of(GUESTS).expect("it can be written");
    assert_eq!(collection.machines().count(), 3);
    let files: Vec<_> = collection.files().map(|(path, _)| path).collect();
    for path in ["system/other/minix-passthrough.xml", "session/storage/other-minix.qcow2.xml"] {
        assert!(files.contains(&path), "no {path} in {files:?}");
    }
    assert!(
        listing::list(&collection)
            .contains("session/other/minix.xml\tdomain\tsession\tqemu:///session\tqemu-other\tminix\t-")
    );
    let regions = readme::regions(&collection, &Proven::default(), &Results::default());
    // Choices are on several pages.
    let text = |name| {
        regions.iter().filter(|region| region.name == name).map(|region| region.text.as_str()).collect::<String>()
    };
    assert!(text("files").contains("[`other/minix`](../session/other/minix.xml)"), "{}", text("files"));
    assert!(text("guests").contains("[`other/minix`](session/other/minix.xml)"), "{}", text("guests"));
    assert!(text("status").contains("| Minix desktop | Minix desktop | Minix desktop |"), "{}", text("status"));
    let choices = text("choices");
    let freed = choices.lines().find(|line| line.contains("`iothreads`")).expect("it is a choice");
    assert!(
        freed.contains("every `other/minix`") || freed.contains("`other/minix`") || freed.contains("all"),
        "{freed}"
    );
    assert!(text("floors").contains("| `session/other/minix.xml` | 9.0.0 | the floor;"), "{}", text("floors"));
}

#[test]
fn platforms_are_told_apart() {
    let ids: std::collections::BTreeSet<_> = PLATFORMS.iter().map(|platform| platform.id).collect();
    let folders: std::collections::BTreeSet<_> = PLATFORMS.iter().map(|platform| platform.folder).collect();
    assert_eq!((ids.len(), folders.len()), (PLATFORMS.len(), PLATFORMS.len()));
    for definition in Definition::all() {
        let platform = Platform::of_path(&definition.path()).expect("the path of a definition tells");
        assert!(std::ptr::eq(platform, definition.platform), "{}", definition.path());
        assert_eq!(Connection::of_path(&definition.path()), Some(definition.connection));
        let arch = definition.domain().os.and_then(|os| os.kind).map(|kind| kind.arch);
        assert_eq!(arch, Some(platform.arch), "{}", definition.path());
    }
    for path in
        ["session/storage/linux.qcow2.xml", "linux.xml", "other/linux.xml", "session/a/cloud-hypervisor/linux.xml"]
    {
        assert!(Platform::of_path(path).is_none(), "{path}");
    }
    for address in Address::all() {
        assert_eq!(address.to_string().parse(), Ok(address));
    }
    let error = "qemu:///Session".parse::<Address>().expect_err("libvirt's addresses are in lower case");
    assert!(error.to_string().starts_with("write one of qemu:///session, qemu:///system, "), "{error}");
}

/// Something that QEMU's driver refuses in a session.
const REFUSED: &str = "<domain type='kvm'><name>n</name><memory>1</memory><os><type>hvm</type></os><devices>\
                       <interface type='network'><source network='default'/></interface></devices></domain>";

#[test]
fn rules_about_qemu_judge_its_machines_alone() {
    let refused = |text: &str, hypervisor: Option<Hypervisor>| {
        let document = Document::parse(text).expect("it is well-formed");
        let mut target = Target { connection: Some(Connection::Session), ..Target::stated(&document) };
        target.hypervisor = hypervisor.or(target.hypervisor);
        judge(&document, target).iter().any(|finding| matches!(finding.rule.family, Family::Libvirt(_)))
    };
    assert!(refused(REFUSED, None), "the rule says nothing any more");
    // Whoever asks says so.
    assert!(!refused(REFUSED, Some(Hypervisor::CloudHypervisor)));
    // The domain shows it.
    let shown = [
        ("<devices>", "<devices><emulator>/usr/bin/cloud-hypervisor</emulator>"),
        ("<os>", "<os><kernel>/usr/share/cloudhv-efi-x86-64/CLOUDHV.fd</kernel>"),
        ("<os>", "<os><loader>/opt/CLOUDHV_EFI.fd</loader>"),
        ("<os>", "<os><kernel>/usr/share/hypervisor-fw</kernel>"),
    ];
    for (from, to) in shown {
        let text = REFUSED.replace(from, to);
        assert!(!refused(&text, None), "{to} is taken for QEMU's");
        assert!(refused(&text, Some(Hypervisor::Qemu)), "{to}: whoever asks knows better");
    }
    for (from, to) in [
        ("<devices>", "<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>"),
        ("<os>", "<os><kernel>/boot/vmlinuz</kernel>"),
    ] {
        assert!(refused(&REFUSED.replace(from, to), None), "{to} is not taken for QEMU's");
    }
    // Our definitions state it, even where their firmware does not show.
    let ours = bare(&Definition::find("session/cloud-hypervisor/linux.xml").expect("it is one of ours"));
    let interface = "<devices><interface type='network'><source network='default'/></interface>";
    let ours =
        ours.replace("<devices>", interface).replace("/usr/share/cloudhv-efi-x86-64/CLOUDHV.fd", "/boot/vmlinuz");
    assert!(ours.contains("/boot/vmlinuz") && !refused(&ours, None), "{ours}");
    assert!(refused(&ours.replace("/cloud-hypervisor/linux.xml", "/linux.xml"), None), "what states QEMU is QEMU's");
    // A platform of a later release is not known; the connection is.
    let later = ours.replace("/cloud-hypervisor/linux.xml", "/later/linux.xml");
    let target = Target::stated(&Document::parse(&later).expect("it is well-formed"));
    assert_eq!((target.connection, target.hypervisor), (Some(Connection::Session), None));
    assert_eq!(
        Target::stated(&Document::parse(&ours).expect("it is well-formed")).floor.libvirt,
        CLOUD_HYPERVISOR.floor.libvirt
    );
}
