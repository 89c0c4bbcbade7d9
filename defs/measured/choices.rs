//! Decisions that are left out of a definition, one at a time, to see what they are worth.

use std::ptr;

use crate::definition::Definition;
use crate::domain::Domain;
use crate::tunables::{Tunable, clock, disks, display, input, machine, memory, network, rng, tpm, usb};

/// The definition that they are left out of.
pub const OF: &str = "session/linux";

/// A decision, and what a machine is like without it.
#[derive(Debug)]
pub struct Choice {
    /// Its name in the file of results: its area, and its own.
    pub id: &'static str,
    /// The decision itself, then others that mean nothing without it.
    pub left_out: &'static [&'static Tunable],
    /// What stands in their place.
    pub instead: &'static [&'static Tunable],
    /// What the machine has then, as a noun phrase.
    pub then: &'static str,
}

impl Choice {
    /// The one that is about a decision.
    #[must_use]
    pub fn about(tunable: &Tunable) -> Option<&'static Choice> {
        CHOICES.iter().find(|choice| ptr::eq(choice.left_out[0], tunable))
    }

    /// The one of a machine without it.
    #[must_use]
    pub fn of_machine(name: &str) -> Option<&'static Choice> {
        CHOICES.iter().find(|choice| choice.machine() == name)
    }

    /// The name of the machine without it, in the file of results.
    #[must_use]
    pub fn machine(&self) -> String {
        format!("{OF} without {}", self.id)
    }

    /// A definition's domain without it.
    #[must_use]
    pub fn domain(&self, definition: &Definition) -> Domain {
        let mut instead = self.instead.iter().copied();
        let mut tunables = Vec::new();
        for tunable in definition.tunables() {
            if !self.left_out.iter().any(|left_out| ptr::eq(*left_out, tunable)) {
                tunables.push(tunable);
            } else if ptr::eq(self.left_out[0], tunable) {
                tunables.extend(instead.by_ref());
            }
        }
        definition.domain_of(tunables)
    }
}

const fn choice(id: &'static str, left_out: &'static [&'static Tunable], then: &'static str) -> Choice {
    Choice { id, left_out, instead: &[], then }
}

/// Every decision that is left out.
pub static CHOICES: &[Choice] = &[
    Choice {
        id: "disks/virtio-scsi",
        left_out: &[&disks::ON_VIRTIO_SCSI, &disks::VIRTIO_SCSI, &disks::IOTHREADS, &disks::VIRTIO_SCSI_IOTHREAD],
        instead: &[&disks::ON_SATA],
        then: "the disk on SATA",
    },
    choice("disks/iothread", &[&disks::IOTHREADS, &disks::VIRTIO_SCSI_IOTHREAD], "the disk in QEMU's main loop"),
    choice("disks/solid-state", &[&disks::SOLID_STATE], "a disk that reports itself as rotational"),
    choice("disks/discard", &[&disks::DISCARD], "an image that only grows"),
    choice("network/virtio-net", &[&network::VIRTIO_NET], "libvirt's default card (rtl8139)"),
    choice(
        "memory/free-page-reporting",
        &[&memory::FREE_PAGE_REPORTING],
        "a balloon that gives back only what it is asked for",
    ),
    Choice {
        id: "input/tablet",
        left_out: &[&input::TABLET],
        instead: &[&input::USB_TABLET],
        then: "the tablet on USB",
    },
    choice("input/keyboard", &[&input::KEYBOARD], "a PS/2 keyboard alone"),
    choice("usb/xhci", &[&usb::XHCI], "libvirt's default controller (qemu-xhci with 4 ports)"),
    choice(
        "display/virtio-gpu",
        &[&display::VIRTIO_GPU, &display::SCREENS, &display::VIRGL],
        "libvirt's default graphics card",
    ),
    choice("tpm/tpm", &[&tpm::TPM], "no TPM"),
    choice("rng/rng", &[&rng::RNG], "no random numbers from the host"),
    choice("clock/no-hpet", &[&clock::NO_HPET], "an HPET"),
    choice("machine/vmport", &[&machine::VMPORT], "VMware's I/O port"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_in_the_definition_and_without_it_the_machine_is_another() {
        let definition = Definition::find(&format!("{OF}.xml")).expect("it is ours");
        let whole = format!("{:?}", definition.domain());
        for choice in CHOICES {
            for tunable in choice.left_out {
                assert!(definition.has(tunable), "{}: {OF} does not have {}", choice.id, tunable.at);
            }
            assert_ne!(format!("{:?}", choice.domain(&definition)), whole, "{}", choice.id);
            let about = Choice::about(choice.left_out[0]).expect("it is about this one");
            assert_eq!(about.id, choice.id, "two are about one decision");
            assert_eq!(Choice::of_machine(&choice.machine()).map(|found| found.id), Some(choice.id));
        }
    }

    #[test]
    fn what_stands_in_the_place_is_in_the_machine() {
        let definition = Definition::find(&format!("{OF}.xml")).expect("it is ours");
        let choice = Choice::about(&disks::ON_VIRTIO_SCSI).expect("it is there");
        let text = crate::render::element(&choice.domain(&definition)).expect("it can be written");
        assert!(text.contains("bus=\"sata\" rotation_rate=\"1\"") && !text.contains("virtio-scsi"), "{text}");
    }
}
