//! Sound.

use super::{Add as _, Report};
use crate::files;

pub fn see(report: &mut Report) {
    let cards: Vec<_> =
        files::list("/sys/class/sound").into_iter().filter(|card| files::name(card).starts_with("card")).collect();
    report.add("sound/card", cards.iter().find_map(|card| files::text(card.join("id"))));
    report.add("sound/driver", cards.iter().find_map(|card| files::driver(&card.join("device"))));
    let mut codecs =
        files::list("/proc/asound/card0").into_iter().filter(|file| files::name(file).starts_with("codec#"));
    let named = |text: String| Some(text.lines().next()?.strip_prefix("Codec: ")?.to_owned());
    report.add("sound/codec", codecs.find_map(|codec| named(files::text(codec)?)));
}
