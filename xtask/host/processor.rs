//! KVM of virtual machines of some clouds, which refuses a setting of the processor that it offers: QEMU aborts when it starts one.

use std::ops::Range;

use roxmltree::{Document, Node};

use crate::fault::Fault;
use crate::user::User;

/// Starts QEMU with the host's processor and ends it; `xtask/needs.sh` asks people's hosts in the same way.
const START: &str = r#"echo '{"execute":"qmp_capabilities"}{"execute":"quit"}' |
    timeout 20 qemu-system-x86_64 -machine q35 -accel kvm -cpu host -nodefaults -display none -S -qmp stdio"#;
/// What a shell adds to the number of the signal by which a program was killed.
const KILLED: i32 = 128;
/// The feature that such a KVM offers and refuses: `MSR_IA32_ARCH_CAPABILITIES`.
const WITHOUT: &str = "<feature policy='disable' name='arch-capabilities'/>";

/// Whether a user's QEMU aborts when it starts this host's processor under KVM.
///
/// # Errors
///
/// When nothing can be started.
pub fn is_refused(user: &User) -> Result<bool, Fault> {
    let output = user.command("sh").args(["-c", START]).output()?;
    Ok(output.status.code().is_none_or(|code| code >= KILLED))
}

/// A document whose machine goes without what such a KVM refuses; the document itself, if it does not ask for this host's
/// processor under KVM.
///
/// # Errors
///
/// When it is not XML.
pub fn without_refused(text: &str) -> Result<String, Fault> {
    let document = Document::parse(text)?;
    let machine = document.root_element();
    let cpu = machine.children().find(|node| node.has_tag_name("cpu") && node.has_attribute("mode"));
    let Some(cpu) = cpu.filter(|_| machine.attribute("type") == Some("kvm")) else { return Ok(text.to_owned()) };
    let Range { start, end } = cpu.range();
    let name = cpu.tag_name().name();
    let (before, after) = (&text[..start], &text[end..]);
    let element = &text[start..end];
    // Whatever is in it stays; a document that names the feature is about it.
    if cpu.children().any(|node: Node<'_, '_>| node.attribute("name") == Some("arch-capabilities")) {
        return Ok(text.to_owned());
    }
    let open = element.strip_suffix("/>").map(|begin| format!("{begin}>"));
    let inside = open.or_else(|| Some(element.rsplit_once("</")?.0.to_owned())).unwrap_or_default();
    Ok(format!("{before}{inside}{WITHOUT}</{name}>{after}"))
}

#[cfg(test)]
mod tests {
    use super::without_refused;

    #[test]
    fn a_machine_with_this_hosts_processor_goes_without_one_feature() {
        for (with, without) in [
            (
                "<domain type='kvm'><cpu mode='host-passthrough'/><x/></domain>",
                "<domain type='kvm'><cpu mode='host-passthrough'>\
                 <feature policy='disable' name='arch-capabilities'/></cpu><x/></domain>",
            ),
            (
                "<domain type='kvm'><cpu mode='maximum'><cache mode='passthrough'/></cpu></domain>",
                "<domain type='kvm'><cpu mode='maximum'><cache mode='passthrough'/>\
                 <feature policy='disable' name='arch-capabilities'/></cpu></domain>",
            ),
            (
                "<domain type='qemu'><cpu mode='maximum'/></domain>",
                "<domain type='qemu'><cpu mode='maximum'/></domain>",
            ),
            ("<domain type='kvm'><cpu/></domain>", "<domain type='kvm'><cpu/></domain>"),
        ] {
            assert_eq!(without_refused(with).unwrap(), without);
        }
    }
}
