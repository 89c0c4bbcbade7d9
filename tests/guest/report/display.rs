//! The screen.

use super::{Add as _, Report};
use crate::{files, screen};

pub fn see(report: &mut Report) {
    let cards = files::list("/sys/class/drm");
    // The screen of a driver has its name before the suffix; that which the firmware left has another name.
    let screen = files::text("/sys/class/graphics/fb0/name");
    report.add("display/driver", screen.map(|name| name.strip_suffix("drmfb").unwrap_or(&name).to_owned()));
    // A connector's name has its card's before it: card0-Virtual-1.
    let connectors: Vec<_> = cards.iter().filter(|card| card.join("status").exists()).collect();
    report.add("display/heads", (!connectors.is_empty()).then_some(connectors.len()));
    let connected: Vec<_> = connectors
        .iter()
        .filter(|card| files::text(card.join("status")).as_deref() == Some("connected"))
        .filter_map(|card| Some(files::name(card).split_once('-')?.1.to_owned()))
        .collect();
    report.add("display/connectors", (!cards.is_empty()).then_some(connected.len()));
    report.add("display/outputs", (!connected.is_empty()).then(|| connected.join(" ")));
    report.add("display/resolution", screen::size().map(|(width, height)| format!("{width}x{height}")));
}
