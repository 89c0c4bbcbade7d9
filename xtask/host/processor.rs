//! KVM of virtual machines of some clouds, which refuses a setting of the processor that it offers: QEMU aborts when it starts one.

use roxmltree::Document;

use crate::fault::Fault;
use crate::user::User;

/// How people's hosts are asked, which is said there alone.
const NEEDS: &str = include_str!("../needs.sh");
/// The feature that such a KVM offers and refuses: `MSR_IA32_ARCH_CAPABILITIES`.
const WITHOUT: &str = "<feature policy='disable' name='arch-capabilities'/>";

/// Whether a user's QEMU aborts when it starts this host's processor under KVM.
///
/// # Errors
///
/// When nothing can be started.
pub fn is_refused(user: &User) -> Result<bool, Fault> {
    let output = user.command("sh").args(["-c", &format!("{NEEDS}\ntakes_processor")]).output()?;
    Ok(!output.status.success())
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
    // A document that names the feature is about it.
    if cpu.children().any(|feature| feature.attribute("name") == Some("arch-capabilities")) {
        return Ok(text.to_owned());
    }
    let range = cpu.range();
    let element = &text[range.clone()];
    let whole = match element.strip_suffix("/>") {
        Some(begin) => format!("{begin}>{WITHOUT}</cpu>"),
        None => element.replacen("</cpu>", &format!("{WITHOUT}</cpu>"), 1),
    };
    Ok(format!("{}{whole}{}", &text[..range.start], &text[range.end..]))
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
            ("<domain type='kvm'/>", "<domain type='kvm'/>"),
            (
                "<domain type='kvm'><cpu mode='maximum'><feature name='arch-capabilities'/></cpu></domain>",
                "<domain type='kvm'><cpu mode='maximum'><feature name='arch-capabilities'/></cpu></domain>",
            ),
        ] {
            assert_eq!(without_refused(with).unwrap(), without);
        }
        assert!(without_refused("<domain").is_err());
    }
}
