//! What users' machines depend on is as it was.

use domain_definitions::Collection;
use domain_definitions::frozen::{self, Thawed};

const LINES: &str = include_str!("frozen.txt");

fn kept(lines: &str) -> Result<String, Thawed> {
    frozen::kept(lines, &Collection::new().unwrap_or_else(|error| panic!("{error}")))
}

#[test]
fn nothing_that_is_frozen_has_changed() {
    let now = kept(LINES).unwrap_or_else(|thawed| panic!("{thawed}"));
    assert_eq!(now, LINES, "there are new definitions; run `cargo xtask regen`");
}

#[test]
fn a_change_is_noticed() {
    let changed = LINES.replacen("bus=scsi", "bus=sata", 1);
    assert!(matches!(kept(&changed), Err(Thawed::Changed { now, .. }) if now.contains("bus=scsi")));
    // A name that no guest can get, not even one that is begun with `cargo xtask new`.
    let path = "session/no guest.xml".to_owned();
    assert!(matches!(kept(&format!("{LINES}{path}: name=None\n")), Err(Thawed::Gone { path: gone }) if gone == path));
}
