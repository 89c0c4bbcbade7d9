//! The network card.

use std::path::Path;

use super::{Add as _, Report};
use crate::{files, network};

pub fn see(report: &mut Report) {
    let Some(card) = network::card() else { return };
    let card = Path::new("/sys/class/net").join(card);
    report.add("net/driver", files::driver(&card.join("device")));
    report.add("net/mac", files::text(card.join("address")));
}

pub fn see_now(report: &mut Report) {
    report.add("net/address", network::lease("address"));
    report.add("net/gateway", network::lease("gateway"));
}
