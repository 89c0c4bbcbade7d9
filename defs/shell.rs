//! The records, as portable shell: the generated region of `xtask/needs.sh`, which the scripts read that prepare a host and
//! start a machine.

use std::fmt::Write as _;

use crate::collection::{Collection, Member};
use crate::needs::{HostRequirement, Packages, TOOLS, Without};
use crate::platforms::Hypervisor;
use crate::version::FLOOR;

/// The needs of all definitions, how to check each, and what each definition needs.
#[must_use]
pub fn needs(collection: &Collection) -> String {
    let needs: Vec<_> = collection.needs().into_iter().map(|used| used.record).collect();
    let all: Vec<_> = needs.iter().chain(TOOLS).copied().collect();
    let ids = |records: &[&HostRequirement]| records.iter().map(|need| need.id).collect::<Vec<_>>().join(" ");
    let mut text = format!(
        "floor_libvirt={} floor_qemu={}\nneeds=\"{}\"\ntools=\"{}\"\n",
        FLOOR.libvirt,
        FLOOR.qemu,
        ids(&needs),
        ids(TOOLS)
    );
    text += "definitions='\n";
    text.extend(collection.members.iter().map(line));
    text += "'\n";
    text += &function("check", all.iter().map(|need| (need.id.to_owned(), need.check.to_owned())));
    text += &function("noun_phrase", all.iter().map(|need| (need.id.to_owned(), say(need.what))));
    text += &function("remedy", all.iter().map(|need| (need.id.to_owned(), say(need.help))));
    text + &function("packages_of", all.iter().flat_map(|need| packages(need)))
}

/// What shell scripts want to know of a definition: its path, its processors, its guest, its role in the choice of a file for
/// those (`plain`, `stands-in`, or `-`), its floors (zeros for a program that has nothing to do with it), and its needs; behind a colon, what becomes of
/// it without, unless it is refused.
fn line(member: &Member) -> String {
    let definition = &member.definition;
    let is_default = definition.platform.hypervisor == Hypervisor::Qemu;
    let role = match definition.variant {
        None if is_default => "plain",
        Some(variant) if is_default && variant.stands_in => "stands-in",
        _ => "-",
    };
    let needs = member.needs.iter().map(|need| match need.without {
        Without::Made => format!(" {}:made", need.id),
        Without::Emulated if is_default => format!(" {}:emulated", need.id),
        Without::Emulated | Without::Refused => format!(" {}", need.id),
    });
    let (arch, guest, floor) = (definition.platform.arch.name(), definition.guest.id, member.floor);
    let needs: String = needs.collect();
    format!("{} {arch} {guest} {role} {} {} {:#}{needs}\n", member.path, floor.libvirt, floor.qemu, floor.linux)
}

/// A function that does something for each value of its arguments, and fails for all others.
fn function(name: &str, cases: impl Iterator<Item = (String, String)>) -> String {
    let argument = if name == "packages_of" { "$1:$2" } else { "$1" };
    let mut text = format!("{name}() {{\n    case {argument} in\n");
    for (value, command) in cases {
        let _ = writeln!(text, "    {value}) {command} ;;");
    }
    text + "    *) return 1 ;;\n    esac\n}\n"
}

/// The packages that bring a need, by the names that `xtask/setup.sh` has for the families of distributions.
fn packages(need: &HostRequirement) -> impl Iterator<Item = (String, String)> {
    let known = need.packages.iter().flat_map(|Packages { debian, fedora, arch, opensuse, rhel }| {
        [("debian", debian), ("fedora", fedora), ("arch", arch), ("opensuse", opensuse), ("rhel", rhel)]
    });
    let named = known.filter(|(_, names)| !names.is_empty());
    named.map(|(family, names)| (format!("{family}:{}", need.id), say(names)))
}

/// The command that prints a text.
fn say(text: &str) -> String {
    format!("echo '{}'", text.replace('\'', r"'\''"))
}
