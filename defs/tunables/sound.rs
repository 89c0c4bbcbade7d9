//! Sound.

use crate::connection::BOTH;
use crate::domain::{Sound, SoundModel};
use crate::observations::sees_word;
use crate::topics;
use crate::tunables::{Cell, Safety, Tunable};
use crate::version::{ALWAYS, since, v};

/// The sound card.
pub static ICH9: Tunable = Tunable {
    topic: &topics::SOUND,
    cell: Cell::Has,
    at: "devices/sound",
    why: "Intel HD Audio, as on real boards with this chipset, so every guest has a driver. The virtio model is newer \
          than the floor, and QEMU can neither save nor migrate a machine that has it.",
    since: since(v(1, 1, 3), ALWAYS),
    source: "libvirt docs/formatdomain.rst, Sound devices: ich9; virtio tried with QEMU 10.0 and 11.1",
    connections: BOTH,
    safety: Safety::Yours("a sound card is for a person in front of the machine"),
    needs: &[],
    seen: &[sees_word("sound/driver", "snd_hda_intel")],
    apply: |domain, _| domain.devices.sound = Some(Sound { model: SoundModel::Ich9 }),
};
