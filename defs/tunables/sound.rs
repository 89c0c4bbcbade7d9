//! Sound.

use crate::connection::BOTH;
use crate::domain::{Sound, SoundModel};
use crate::sights::sees_word;
use crate::topics;
use crate::tunables::{Cell, Tunable};
use crate::version::{ALWAYS, since, v};

/// The sound card.
pub static ICH9: Tunable = Tunable {
    topic: &topics::SOUND,
    cell: Cell::Has,
    at: "devices/sound",
    why: "Intel HD Audio, as on real boards with this chipset: every guest has the driver. The virtio model \
          would be newer than the floor.",
    // libvirt docs/formatdomain.rst, sound: ich9 1.1.3
    since: since(v(1, 1, 3), ALWAYS),
    connections: BOTH,
    needs: &[],
    seen: &[sees_word("sound/driver", "snd_hda_intel")],
    apply: |domain, _| domain.devices.sound = Some(Sound { model: SoundModel::Ich9 }),
};
