//! What QEMU says against saving and moving a machine.

use domain_definitions::Since;
use domain_definitions::rules::{Rule, disagreements};

/// The command of virsh that asks QEMU.
pub fn query(name: &str) -> String {
    format!("qemu-monitor-command {name} '{{\"execute\":\"query-migrate\"}}'")
}

/// Whether the rules that a machine is against agree with QEMU's answer, and with what libvirt said when it could not save it.
pub fn agrees(ties: &[&Rule], releases: Since, answer: &str, unsaved: Option<&str>) -> Result<(), String> {
    let answer: serde_json::Value =
        serde_json::from_str(answer).map_err(|error| format!("query-migrate: {answer}: {error}"))?;
    let reasons = answer["return"]["blocked-reasons"].as_array().cloned().unwrap_or_default();
    let said: Vec<_> = reasons.iter().filter_map(|reason| reason.as_str()).chain(unsaved).collect();
    let wrong = disagreements(ties, releases, &said);
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}
