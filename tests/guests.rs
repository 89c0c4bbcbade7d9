//! What the machines have for their guests, and only where a guest can use it.

use domain_definitions::domain::{Arch, ChannelName, ChannelType, GraphicsType, TimerName, VideoModelType, YesNo};
use domain_definitions::{Definition, Hypervisor, variants};

/// The guests of whose clocks and consoles something is known. A new one, as `xtask new` begins it, has no such choice yet.
const KNOWN: [&str; 6] = ["linux", "windows", "windows10", "freebsd", "openbsd", "haiku"];

fn on_qemu() -> impl Iterator<Item = Definition> {
    Definition::all()
        .filter(|definition| definition.platform.hypervisor == Hypervisor::Qemu && KNOWN.contains(&definition.guest.id))
}

fn is_windows(definition: &Definition) -> bool {
    definition.guest.id.starts_with("windows")
}

/// The names of a definition's channels of a type.
fn channels(definition: &Definition, kind: ChannelType) -> Vec<ChannelName> {
    let channels = definition.domain().devices.channels.into_iter().filter(|channel| channel.kind == kind);
    channels.map(|channel| channel.target.name).collect()
}

#[test]
fn no_machine_emulates_a_clock_that_keeps_the_host_busy() {
    for definition in on_qemu() {
        let timers = definition.domain().clock.map(|clock| clock.timers).unwrap_or_default();
        let hpet = timers.iter().find(|timer| timer.name == TimerName::Hpet).and_then(|timer| timer.present);
        // Only PCs have one.
        let expected = (definition.platform.arch == Arch::X86_64).then_some(YesNo::No);
        assert_eq!(hpet, expected, "{}", definition.path());
    }
}

#[test]
fn every_guest_but_windows_has_a_text_console() {
    for definition in on_qemu() {
        let devices = definition.domain().devices;
        let consoles = devices.consoles.len() + devices.serials.len();
        assert_eq!(consoles, usize::from(!is_windows(&definition)), "{}", definition.path());
    }
}

#[test]
fn the_viewer_can_share_a_folder_where_the_guest_has_an_agent_of_its_own() {
    for definition in Definition::all() {
        let domain = definition.domain();
        let with_agent = channels(&definition, ChannelType::Spicevmc);
        let folders = channels(&definition, ChannelType::Spiceport);
        let expected: &[_] = if with_agent.is_empty() { &[] } else { &[ChannelName::Webdav] };
        assert_eq!(folders, expected, "{}", definition.path());
        for channel in domain.devices.channels {
            let named = channel.source.is_none_or(|source| source.channel == channel.target.name);
            assert!(named, "{}: viewer and guest know it by different names", definition.path());
        }
    }
}

#[test]
fn several_screens_are_offered_where_guest_and_viewer_show_them() {
    for definition in Definition::all() {
        let devices = definition.domain().devices;
        let spice = devices.graphics.is_some_and(|graphics| graphics.kind == GraphicsType::Spice);
        let card = devices.video.map(|video| video.model);
        let virtio = card.is_some_and(|card| card.kind == VideoModelType::Virtio);
        let heads = card.and_then(|card| card.heads);
        let shows_several = definition.guest.id == "linux";
        assert_eq!(heads.is_some(), spice && virtio && shows_several, "{}: {heads:?}", definition.path());
    }
}

#[test]
fn memory_that_is_pinned_is_private_so_that_it_has_huge_pages() {
    for definition in Definition::all().filter(|definition| definition.is(&variants::PASSTHROUGH)) {
        let domain = definition.domain();
        assert_eq!((domain.memory_backing, domain.devices.filesystems), (None, Vec::new()), "{}", definition.path());
    }
}

#[test]
fn windows_trims_in_the_files_that_ask_for_a_new_libvirt() {
    for definition in on_qemu() {
        let trims = definition.domain().devices.disks[0].blockio.is_some();
        let new = [&variants::LATEST, &variants::PASSTHROUGH].into_iter().any(|variant| definition.is(variant));
        assert_eq!(trims, new && is_windows(&definition), "{}", definition.path());
    }
}
