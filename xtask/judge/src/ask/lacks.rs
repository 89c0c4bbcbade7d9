//! What a host lacks, told apart from what is wrong with a document.

use domain_definitions::needs::{self, HostRequirement};
use roxmltree::{Document, Node};

use super::real::Step;

/// What libvirt may report missing: it is the host that lacks it, not the document. Firmware is not among them:
/// [`control`] tells that.
static NEEDS: [&HostRequirement; 14] = [
    &needs::QEMU,
    &needs::SWTPM,
    &needs::SPICE,
    &needs::RENDER_NODE,
    &needs::VIRTIOFSD,
    &needs::SHARE,
    &needs::NETWORK,
    &needs::POOL,
    &needs::IMAGE,
    &needs::USER_NETWORK,
    &needs::PASST,
    &needs::vulkan::VENUS,
    &needs::vulkan::NO_SANDBOX,
    &needs::LIBVIRT,
];
/// Parts of libvirt's messages about what else a host can lack, by `src/qemu/qemu_domain.c`, `qemu_validate.c` and the C library.
/// Whether copies of a volume share its blocks is for its file system to say (`src/storage/storage_util.c`).
const OTHERS: [&str; 5] = [
    "No emulator found for arch",
    "does not support virt type",
    "No such file or directory",
    "Permission denied",
    "unable to control COW flag",
];
/// The same where a command line for QEMU is asked for, which takes the devices and files of the host: `src/qemu/qemu_command.c`,
/// `qemu_hostdev.c`, `qemu_process.c`, `src/cpu/cpu.c`. USB devices that are not named by their place are only looked for when a
/// machine starts.
const AT_START: [&str; 17] = [
    "Advice from numad is needed",
    // Of a host without VFIO, libvirt 9.0 says this, and 11.3 one of the next.
    "invalid PCI passthrough type 'default'",
    "host doesn't support",
    "host does not support",
    "not supported by the host",
    "Host CPU does not provide required features",
    "incompatible with host CPU",
    "hugetlbfs",
    "huge pages",
    "not found",
    "could not be found",
    "nable to open",
    "Failed to connect",
    "Operation not permitted",
    "No space left on device",
    "does not exist",
    "USB host device is missing bus/device information",
];
/// Begins what libvirt says where it finds no firmware, or the document asks for what does not go together; the second one until
/// libvirt 10.
const FIRMWARE: [&str; 2] = ["Unable to find 'efi' firmware", "Unable to find any firmware to satisfy 'efi'"];
/// What libvirt says of virtiofs before release 10.0, see [`needs::VIRTIOFSD`]. It is asked as an ordinary user would, whatever
/// connection the document is for.
const NOT_IN_A_SESSION: &str = "is not yet supported in session mode";
/// What it says of what an ordinary user's machines never have: limits of control groups.
const SYSTEM_ALONE: &str = "is not available in session mode";

/// What to do about what libvirt's message says that the host lacks; none if the message is about the document.
pub fn help(message: &str, step: Step) -> Option<&'static str> {
    if message.contains("does not support virt type 'kvm'") {
        return Some(needs::KVM.help);
    }
    if message.contains("No emulator found for arch") {
        return Some("install QEMU for this architecture");
    }
    if message.contains(NOT_IN_A_SESSION) {
        return Some("it takes libvirt 10.0, or the system connection, which is not asked");
    }
    if message.contains(SYSTEM_ALONE) {
        return Some("the system connection has it, which is not asked");
    }
    let known = NEEDS.iter().find(|need| need.is_reported_in(message)).map(|need| need.help);
    let others = OTHERS.iter().chain(AT_START.iter().filter(|_| step == Step::Start));
    known.or_else(|| others.into_iter().any(|other| message.contains(other)).then_some(""))
}

/// What a machine has to be accepted without, for the host to have the firmware that it asks for: the least machine with the
/// same firmware. None if the message is not about firmware.
pub fn control(message: &str, document: &Document) -> Option<String> {
    if !is_about_firmware(message) {
        return None;
    }
    let root = document.root_element();
    let child = |node: Node, name: &str| node.children().find(|child| child.has_tag_name(name)).map(|child| child.id());
    let os = document.get_node(child(root, "os")?)?;
    let kind = document.get_node(child(os, "type")?)?;
    let written = |node: Node| document.input_text()[node.range()].to_owned();
    let features = child(os, "firmware").and_then(|id| document.get_node(id)).map(written).unwrap_or_default();
    let hypervisor = root.attribute("type").unwrap_or("kvm");
    Some(format!(
        "<domain type='{hypervisor}'><name>control</name><memory>1048576</memory><os firmware='efi'>{}{features}</os>\
         <features><acpi/></features></domain>",
        written(kind)
    ))
}

/// Whether libvirt has found no UEFI firmware, in the words of any release.
fn is_about_firmware(message: &str) -> bool {
    FIRMWARE.iter().any(|words| message.contains(words))
}

/// Whether two messages say that the same kind of firmware is not found, be it in the words of two releases.
pub fn are_about_the_same_firmware(one: &str, other: &str) -> bool {
    let bios = |message: &str| FIRMWARE.iter().any(|words| message.contains(&words.replace("'efi'", "'bios'")));
    is_about_firmware(one) && is_about_firmware(other) || bios(one) && bios(other)
}

/// What to do about firmware that the host lacks.
pub fn firmware() -> &'static str {
    needs::firmware::OVMF.help
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_host_lacks_is_known_by_the_message() {
        for need in NEEDS {
            for error in need.errors {
                assert_eq!(help(&format!("internal error: {error}"), Step::Define), Some(need.help), "{error}");
            }
        }
        assert!(help("unsupported configuration: No emulator found for arch 's390x'", Step::Define).is_some());
        assert!(help(&format!("unsupported configuration: virtiofs {NOT_IN_A_SESSION}"), Step::Define).is_some());
        for step in [Step::Define, Step::Start] {
            assert_eq!(help("XML error: Invalid PCI address 0000:01:00.0. slot must be >= 1", step), None);
            assert_eq!(help("operation failed: Unable to find 'efi' firmware that is compatible", step), None);
        }
        // A document can name what it does not have itself.
        let controller = "internal error: usb controller not found";
        assert_eq!((help(controller, Step::Define), help(controller, Step::Start)), (None, Some("")));
    }

    #[test]
    fn firmware_is_the_same_in_the_words_of_two_releases() {
        let [newer, older] = FIRMWARE;
        let bios = |words: &str| words.replace("'efi'", "'bios'");
        assert!(are_about_the_same_firmware(newer, older) && are_about_the_same_firmware(&bios(newer), &bios(older)));
        assert!(!are_about_the_same_firmware(newer, &bios(older)) && !are_about_the_same_firmware("XML error", newer));
    }

    #[test]
    fn the_control_has_the_same_machine_and_firmware() {
        let text = "<domain type='qemu'><os firmware='efi'><type arch='x86_64'>hvm</type><firmware><feature/></firmware>\
                    <loader readonly='no'/></os></domain>";
        let document = Document::parse(text).unwrap();
        for words in FIRMWARE {
            assert!(super::control(words, &document).is_some(), "{words}");
        }
        let control = control("Unable to find 'efi' firmware that", &document).unwrap();
        assert!(control.contains("<domain type='qemu'>") && !control.contains("loader"), "{control}");
        assert!(control.contains("<type arch='x86_64'>hvm</type><firmware><feature/></firmware></os>"), "{control}");
        assert_eq!(super::control("XML error", &document), None);
    }
}
