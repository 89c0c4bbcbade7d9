//! What libvirt accepts, and nobody can have meant.

use roxmltree::Node;

use super::{Family, Rule, Violation, child, is_on};

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        family: Family::Mistake,
        name: "memory-unit",
        why: "Without a unit, memory is counted in KiB, and no guest runs in less than 1 MiB.",
        help: "add the unit: `<memory unit='GiB'>4</memory>`",
        source: "libvirt docs/formatdomain.rst, memory allocation",
        find: |subject| {
            let small = |node: &Node| {
                let unit = matches!(node.attribute("unit"), None | Some("KiB" | "k"));
                let amount = node.text().and_then(|text| text.trim().parse::<u64>().ok());
                unit && amount.is_some_and(|amount| (1..1024).contains(&amount))
            };
            let all = ["memory", "currentMemory"].into_iter().flat_map(|at| subject.all(at)).filter(small);
            let message = |node: Node| format!("this is {} KiB", node.text().unwrap_or_default().trim());
            all.map(|node| Violation::at_text(node, message(node))).collect()
        },
    },
    Rule {
        family: Family::Mistake,
        name: "current-memory",
        why: "`<currentMemory>` is what the guest has of `<memory>`; libvirt lowers it to that in silence.",
        help: "swap the two, or leave out `<currentMemory>`",
        source: "libvirt docs/formatdomain.rst, memory allocation",
        find: |subject| {
            let Some(most) = subject.first("memory") else { return Vec::new() };
            let more =
                |node: &Node| bytes(*node).zip(bytes(most)).is_some_and(|(current, most)| current > most && most > 0);
            // The cells have the memory, and the number is not used.
            let current =
                subject.all("currentMemory").into_iter().filter(|node| more(node) && !subject.has("cpu/numa/cell"));
            current
                .map(|node| Violation::at_text(node, "this is more than the machine has").with(most, "all that it has"))
                .collect()
        },
    },
    Rule {
        family: Family::Mistake,
        name: "open-display",
        why: "Whoever reaches the host over the network sees the screen and has the keyboard, without a password.",
        help: "write `address='127.0.0.1'`, and reach it over SSH (`virt-viewer --connect qemu+ssh://HOST/system`); or require TLS",
        source: "libvirt docs/formatdomain.rst, graphical framebuffers",
        find: |subject| {
            let displays = subject.all("devices/graphics").into_iter();
            let remote = displays.filter(|node| matches!(node.attribute("type"), Some("vnc" | "spice")));
            let open = remote.filter(|node| !node.has_attribute("passwd") && !is_encrypted(*node));
            open.filter_map(|node| {
                let message = "everybody on the network reaches this display";
                let first = child(node, "listen");
                match (first, node.attribute("listen")) {
                    (Some(listen), _) if is_anywhere(listen.attribute("address")) => {
                        Some(Violation::at_attribute(listen, "address", message))
                    }
                    (None, listen) if is_anywhere(listen) => Some(Violation::at_attribute(node, "listen", message)),
                    _ => None,
                }
            })
            .collect()
        },
    },
];

/// Whether an address stands for all of a host's.
fn is_anywhere(address: Option<&str>) -> bool {
    matches!(address, Some("0.0.0.0" | "::"))
}

/// Whether a SPICE display accepts encrypted connections only, or nobody without a name (SASL).
fn is_encrypted(display: Node) -> bool {
    let secure = display.attribute("defaultMode") == Some("secure");
    let off =
        !display.has_attribute("port") && !is_on(display.attribute("autoport")) && display.has_attribute("tlsPort");
    secure || off
}

/// A number of bytes.
fn bytes(node: Node) -> Option<u64> {
    let unit: u64 = match node.attribute("unit").unwrap_or("KiB") {
        "b" | "bytes" => 1,
        "KB" => 1_000,
        "k" | "KiB" => 1 << 10,
        "MB" => 1_000_000,
        "M" | "MiB" => 1 << 20,
        "GB" => 1_000_000_000,
        "G" | "GiB" => 1 << 30,
        "T" | "TiB" => 1 << 40,
        _ => return None,
    };
    node.text()?.trim().parse::<u64>().ok()?.checked_mul(unit)
}
