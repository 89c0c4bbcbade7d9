//! Machines that other programs have made (`xtask/tests/tune`), and how they are tried on a host that is not their owner's.

use std::fs;
use std::path::Path;

use domain_definitions::{locate_all, version::v};
use roxmltree::Document;

use crate::command::printed;
use crate::fault::Fault;
use crate::release::Release;
use crate::tried::EMULATES_HYPERV;
use crate::user::User;

/// A machine.
#[derive(Clone, Debug)]
pub struct Theirs {
    /// The name of its file, without the ending.
    pub file: String,
    /// Its definition.
    pub text: String,
}

/// What the owner of such a machine calls it, and where its files are.
const HOME: &str = "/home/user";
/// Where its installer was.
const NOWHERE: &str = "/nowhere";

impl Theirs {
    /// All of them, by name.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub fn all() -> Result<Vec<Theirs>, Fault> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tune");
        let mut all = Vec::new();
        for entry in fs::read_dir(&folder).map_err(Fault::at(&folder))? {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == "xml") {
                let file = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                all.push(Theirs { file, text: fs::read_to_string(&path).map_err(Fault::at(&path))? });
            }
        }
        all.sort_by(|one, other| one.file.cmp(&other.file));
        Ok(all)
    }

    /// The one in a file.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn of(file: &str) -> Result<Theirs, Fault> {
        let found = Theirs::all()?.into_iter().find(|theirs| theirs.file == file);
        Ok(found.ok_or_else(|| format!("xtask/tests/tune/{file}.xml is not there"))?)
    }

    /// The id of its guest, if it does not tell that itself.
    #[must_use]
    pub fn guest(&self) -> Option<&'static str> {
        ["predecessor", "quickemu"].iter().any(|maker| self.file.starts_with(maker)).then_some("linux")
    }

    /// With its files in a user's folder, and without what this host does not have.
    #[must_use]
    pub fn here(&self, folder: &str) -> Theirs {
        let text = self.text.replace(HOME, folder).replace(NOWHERE, folder);
        let text = text.replace("/var/lib/libvirt/images", folder);
        // Its volume is a file here.
        let text = text.replace("type='block'", "type='file'").replace("dev='/dev/pve/", &format!("file='{folder}/"));
        // Its bridge and its CPU's model are Proxmox's, its stick is in its owner's computer.
        let mut text = text.replace("vmbr0", "virbr0");
        if let (Some(begin), Some(end)) = (text.find("<hostdev"), text.find("</hostdev>")) {
            text.replace_range(begin..end + "</hostdev>".len(), "");
        }
        Theirs { text, ..self.clone() }
    }

    /// As a release can define it: on the newest version of its chipset, and without what older libvirts do not know.
    #[must_use]
    pub fn on(&self, release: &Release) -> Theirs {
        let text = self.text.replace("pc-i440fx-10.0", "pc").replace("pc-q35-10.0", "q35");
        let is_old = release.libvirt.is_none_or(|libvirt| libvirt < v(10, 10, 0));
        let old = |text: String| {
            // With firmware that it chooses, libvirt 9.0 takes none that is named.
            let chooses = text.contains("firmware='efi'");
            let named = |line: &str| line.contains("<loader") || line.contains("<nvram");
            let text: String = text.split_inclusive('\n').filter(|line| !(chooses && named(line))).collect();
            text.replace(" templateFormat='raw' format='raw'", "")
                .replace(" type='pflash' format='raw'", " type='pflash'")
                .replace(" clusters='1'", "")
                .replace("    <watchdog model='itco' action='reset'/>\n", "")
        };
        Theirs { text: if is_old { old(text) } else { text }, ..self.clone() }
    }

    /// What libvirt calls it.
    #[must_use]
    pub fn name(&self) -> String {
        name(&self.text)
    }

    /// The paths of its disks and media, and the format of each.
    #[must_use]
    pub fn images(&self) -> Vec<(String, String)> {
        let Ok(document) = Document::parse(&self.text) else { return Vec::new() };
        let disks = locate_all(document.root_element(), "devices/disk").into_iter();
        let image = |disk: roxmltree::Node| {
            let child = |name: &str| disk.children().find(|child| child.has_tag_name(name));
            let format = child("driver").and_then(|driver| driver.attribute("type")).unwrap_or("raw");
            Some((child("source")?.attribute("file")?.to_owned(), format.to_owned()))
        };
        disks.filter_map(image).collect()
    }

    /// Makes the folders of its files, and its disks, which are empty.
    ///
    /// # Errors
    ///
    /// When they cannot be made.
    pub fn make_images(&self, user: &User) -> Result<(), Fault> {
        let document = Document::parse(&self.text)?;
        for variables in locate_all(document.root_element(), "os/nvram") {
            let script = "mkdir -p \"${1%/*}\"";
            let path = variables.text().unwrap_or_default();
            printed("mkdir", user.command("sh").args(["-euc", script, "sh", path]))?;
        }
        for (path, format) in self.images() {
            let script = "mkdir -p \"${1%/*}\" && qemu-img create -q -f \"$2\" \"$1\" 1G";
            printed("qemu-img create", user.command("sh").args(["-euc", script, "sh", &path, &format]))?;
        }
        Ok(())
    }

    /// What makes them without a shell, as commands for virsh: each folder is a pool.
    #[must_use]
    pub fn orders_of_images(&self) -> Vec<String> {
        let Ok(document) = Document::parse(&self.text) else { return Vec::new() };
        let variables = locate_all(document.root_element(), "os/nvram");
        let variables =
            variables.iter().filter_map(|node| node.text()?.trim().rsplit_once('/')).map(|path| (path, None));
        let images = self.images();
        let images = images.iter().filter_map(|(path, format)| Some((path.rsplit_once('/')?, Some(format))));
        let mut commands = Vec::new();
        for ((folder, name), format) in variables.chain(images) {
            let pool = folder.trim_start_matches('/').replace('/', "-");
            let make = format!("pool-create-as {pool} dir --target {folder} --build");
            if !commands.contains(&make) {
                commands.push(make);
            }
            commands.extend(format.map(|format| format!("vol-create-as {pool} {name} 1G --format {format}")));
        }
        commands
    }
}

/// What libvirt calls a machine.
#[must_use]
pub fn name(text: &str) -> String {
    let Ok(document) = Document::parse(text) else { return String::new() };
    let names = locate_all(document.root_element(), "name");
    names.first().and_then(roxmltree::Node::text).unwrap_or_default().trim().to_owned()
}

/// Without what only KVM can give: emulation has no CPU of the host's.
#[must_use]
pub fn emulated(text: &str) -> String {
    let mut text = text.replacen("type='kvm'", "type='qemu'", 1).replacen("type=\"kvm\"", "type=\"qemu\"", 1);
    for mode in ["host-passthrough", "host-model"] {
        for quote in ['"', '\''] {
            text = text.replace(&format!("mode={quote}{mode}{quote}"), &format!("mode={quote}maximum{quote}"));
        }
    }
    text
}

/// The same, as a release's QEMU can start it.
#[must_use]
pub fn startable(text: &str, release: &Release) -> String {
    let text = emulated(text);
    let old = release.numbers.is_some_and(|numbers| numbers.qemu < EMULATES_HYPERV);
    match (text.find("<hyperv"), text.find("</hyperv>")) {
        (Some(from), Some(to)) if old => format!("{}{}", &text[..from], &text[to + "</hyperv>".len()..]),
        _ => text,
    }
}

/// What of a machine is its owner's, each with its place.
///
/// # Errors
///
/// When it is not XML.
pub fn owned(text: &str) -> Result<Vec<String>, Fault> {
    let document = Document::parse(text)?;
    let root = document.root_element();
    let texts = ["uuid", "name", "os/nvram", "os/loader"].map(|at| (at, None));
    let values = [
        ("os", "firmware"),
        ("devices/interface/mac", "address"),
        ("devices/disk/source", "file"),
        ("devices/disk/source", "dev"),
        ("devices/tpm", "model"),
        ("devices/tpm/backend", "type"),
        ("devices/hostdev/source/vendor", "id"),
        ("cputune/vcpupin", "cpuset"),
    ];
    let mut all = Vec::new();
    for (at, name) in texts.into_iter().chain(values.map(|(at, name)| (at, Some(name)))) {
        for node in locate_all(root, at) {
            let value = name.map_or_else(|| node.text(), |name| node.attribute(name)).map(str::trim);
            all.extend(value.filter(|value| !value.is_empty()).map(|value| format!("{at}: {value}")));
        }
    }
    Ok(all)
}
