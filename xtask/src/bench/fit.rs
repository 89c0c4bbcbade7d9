//! Makes any domain fit for a comparison: the same processors, memory and disk, and nothing that this host does not have.
//! Everything else stays as it is, to the byte.

use std::ops::Range;

use domain_definitions::{Connection, start_tag};
use host::Fault;
use roxmltree::{Document, Node};

/// How many processors each machine has.
pub const CPUS: u32 = 2;
/// How much memory it has, in MiB.
pub const MEMORY: u64 = 2048;
/// What libvirt calls it.
pub const NAME: &str = "bench";

/// What the host has.
#[derive(Clone, Copy, Debug)]
pub struct Host {
    /// Whether KVM runs code.
    pub kvm: bool,
    /// Whether there is a GPU to draw with.
    pub gpu: bool,
    /// The connection that machines are on, and with it their network.
    pub connection: Connection,
}

/// A domain that fits.
#[derive(Clone, Debug)]
pub struct Fit {
    /// Its text.
    pub text: String,
    /// What differs from what it was made of, each as a phrase.
    pub edits: Vec<String>,
    /// How many pointers with absolute coordinates it has.
    pub tablets: usize,
}

/// Makes a domain fit. `disk` is the path of its disk, a qcow2 image; `labels` are its security labels, as elements.
///
/// # Errors
///
/// When the text is no domain, or the domain has no disk.
pub fn fitted(text: &str, disk: &str, labels: &str, host: Host) -> Result<Fit, Fault> {
    let document = Document::parse(text)
        .map_err(|error| format!("it is not well-formed XML: {error}; `cargo xtask validate` explains it"))?;
    let domain = document.root_element();
    if !domain.has_tag_name("domain") {
        return Err(format!(
            "it is a <{}>, not a <domain>; name a file from `virsh dumpxml`",
            domain.tag_name().name()
        )
        .into());
    }
    let mut edits = Edits { text, parts: Vec::new(), told: Vec::new() };
    edits.tell(&format!("{CPUS} CPUs, {} GiB of memory, the same disk", MEMORY >> 10));
    if !host.kvm && domain.attribute("type") == Some("kvm") {
        edits.set(domain, "type", "qemu");
        edits.tell("emulated instead of under KVM");
    }
    let mut behind = format!("<name>{NAME}</name><memory unit='MiB'>{MEMORY}</memory><vcpu>{CPUS}</vcpu>{labels}");
    for name in ["name", "memory", "vcpu"] {
        elements(domain, name).for_each(|node| edits.remove(node));
    }
    for name in ["uuid", "currentMemory", "maxMemory", "vcpus", "cputune", "numatune", "seclabel"] {
        elements(domain, name).for_each(|node| edits.remove(node));
    }
    behind.push_str(&edits.processor(domain, host));
    if let Some(os) = elements(domain, "os").next() {
        edits.firmware(os);
    }
    let devices = elements(domain, "devices")
        .next()
        .ok_or("the domain has no <devices>; name one with a disk, from which the test guest boots")?;
    edits.devices(devices, disk, host)?;
    let end = text[..domain.range().end].rfind("</").unwrap_or(domain.range().end);
    edits.parts.push((end..end, behind));
    let is_tablet = |node: &Node| node.attribute("type") == Some("tablet");
    Ok(Fit { tablets: elements(devices, "input").filter(is_tablet).count(), text: edits.made(), edits: edits.told })
}

fn elements<'a, 'i: 'a>(node: Node<'a, 'i>, name: &'a str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.has_tag_name(name))
}

/// Changes to a text, each to another part of it.
struct Edits<'a> {
    text: &'a str,
    parts: Vec<(Range<usize>, String)>,
    told: Vec<String>,
}

impl Edits<'_> {
    fn tell(&mut self, what: &str) {
        if !self.told.iter().any(|told| told == what) {
            self.told.push(what.to_owned());
        }
    }

    fn remove(&mut self, node: Node) {
        self.parts.push((node.range(), String::new()));
    }

    /// Takes an element out, and says so.
    fn leave_out(&mut self, node: Node) {
        self.remove(node);
        self.tell(&format!("without <{}>", node.tag_name().name()));
    }

    /// Sets an attribute.
    fn set(&mut self, node: Node, name: &str, value: &str) {
        if let Some(attribute) = node.attributes().find(|attribute| attribute.name() == name) {
            self.parts.push((attribute.range_value(), value.to_owned()));
        } else {
            let at = start_tag(node).start + 1 + node.tag_name().name().len();
            self.parts.push((at..at, format!(" {name}='{value}'")));
        }
    }

    /// Puts text into an element, before everything else in it.
    fn put_into(&mut self, node: Node, text: &str) {
        let tag = start_tag(node);
        if self.text[tag.clone()].ends_with("/>") {
            let name = node.tag_name().name();
            self.parts.push((tag.end - 2..tag.end, format!(">{text}</{name}>")));
        } else {
            self.parts.push((tag.end..tag.end, text.to_owned()));
        }
    }

    /// The processor: under emulation, all that the host's model has of what can be emulated.
    fn processor(&mut self, domain: Node, host: Host) -> String {
        let topology = format!("<topology sockets='1' cores='{CPUS}' threads='1'/>");
        let found = elements(domain, "cpu").next();
        if !host.kvm {
            elements(domain, "cpu").for_each(|node| self.remove(node));
            self.tell("the CPU as host-model");
            return format!("<cpu mode='host-model'>{topology}</cpu>");
        }
        let Some(cpu) = found else { return format!("<cpu>{topology}</cpu>") };
        for name in ["topology", "numa"] {
            elements(cpu, name).for_each(|node| self.remove(node));
        }
        self.put_into(cpu, &topology);
        String::new()
    }

    /// The firmware: libvirt's choice, with fresh variables, and without keys, since a locked kernel allows no marks.
    fn firmware(&mut self, os: Node) {
        for name in ["nvram", "kernel", "initrd", "cmdline"] {
            elements(os, name).for_each(|node| self.remove(node));
        }
        if os.attribute("firmware") != Some("efi") {
            return;
        }
        let has_path = |node: &Node| node.text().is_some_and(|text| !text.trim().is_empty());
        elements(os, "loader").filter(has_path).for_each(|node| self.remove(node));
        let firmware = elements(os, "firmware").next();
        let mut features = firmware.iter().flat_map(|firmware| elements(*firmware, "feature"));
        let is_off =
            |node: Node| (node.attribute("name"), node.attribute("enabled")) == (Some("secure-boot"), Some("no"));
        if features.any(is_off) {
            return;
        }
        if let Some(firmware) = firmware {
            self.remove(firmware);
        }
        let without_keys = "<firmware><feature enabled='yes' name='secure-boot'/>\
                            <feature enabled='no' name='enrolled-keys'/></firmware>";
        self.put_into(os, without_keys);
        self.tell("Secure Boot without keys");
    }

    fn devices(&mut self, devices: Node, disk: &str, host: Host) -> Result<(), Fault> {
        let mut disks = 0;
        for node in devices.children().filter(Node::is_element) {
            match node.tag_name().name() {
                "emulator" => self.remove(node),
                "filesystem" | "hostdev" | "shmem" | "memory" => self.leave_out(node),
                "disk" if matches!(node.attribute("device"), None | Some("disk")) => {
                    disks += 1;
                    if disks == 1 { self.disk(node, disk) } else { self.leave_out(node) }
                }
                "disk" => elements(node, "source").for_each(|source| self.remove(source)),
                "interface" => self.interface(node, host.connection),
                "serial" | "console" | "channel" => self.character(node),
                "graphics" if !host.gpu && node.attribute("type") == Some("egl-headless") => self.leave_out(node),
                "graphics" if !host.gpu => {
                    for gl in elements(node, "gl").filter(|gl| gl.attribute("enable") == Some("yes")) {
                        self.remove(gl);
                        self.tell("without GL, for lack of a GPU");
                    }
                }
                "video" if !host.gpu => {
                    let models = elements(node, "model");
                    models.flat_map(|model| model.children()).for_each(|child| {
                        if child.has_tag_name("acceleration") {
                            self.remove(child);
                        }
                    });
                }
                _ => {}
            }
        }
        if disks == 0 {
            Err("the domain has no disk; add a <disk>, from which the test guest boots".into())
        } else {
            Ok(())
        }
    }

    fn disk(&mut self, node: Node, path: &str) {
        self.set(node, "type", "file");
        for name in ["source", "backingStore", "auth", "encryption"] {
            elements(node, name).for_each(|child| self.remove(child));
        }
        self.put_into(node, &format!("<source file='{path}'/>"));
        if let Some(driver) = elements(node, "driver").next() {
            self.set(driver, "type", "qcow2");
        } else {
            let at = start_tag(node).end;
            self.parts.push((at..at, "<driver name='qemu' type='qcow2'/>".to_owned()));
        }
    }

    /// The network of an ordinary user or libvirt's own, whatever it was on.
    fn interface(&mut self, node: Node, connection: Connection) {
        let mut remove =
            |names: &[&str]| names.iter().flat_map(|name| elements(node, name)).for_each(|child| self.remove(child));
        remove(&["mac", "portForward"]);
        let others = ["source", "target", "virtualport", "filterref", "bandwidth", "backend", "vlan"];
        match connection {
            Connection::Session if node.attribute("type") == Some("user") => {}
            Connection::Session => {
                remove(&others);
                remove(&["driver"]);
                self.set(node, "type", "user");
                self.tell("user-mode networking");
            }
            Connection::System => {
                remove(&others);
                self.set(node, "type", "network");
                self.put_into(node, "<source network='default'/>");
                self.tell("libvirt's own network");
            }
        }
    }

    /// What a device for text or an agent is connected to: nothing of its owner's.
    fn character(&mut self, node: Node) {
        let is_channel = node.has_tag_name("channel");
        let kind = node.attribute("type").unwrap_or_default();
        if matches!(kind, "unix" | "file" | "tcp" | "udp" | "dev" | "pipe") {
            elements(node, "source").for_each(|source| self.remove(source));
            if !is_channel {
                self.set(node, "type", "pty");
                self.tell("its serial port as a terminal");
            }
        }
    }

    fn made(&mut self) -> String {
        // What is put in at a place stands before what is taken out there.
        self.parts.sort_by_key(|(range, _)| (range.start, range.end));
        let (mut made, mut at) = (String::new(), 0);
        for (range, by) in &self.parts {
            // What is in an element that is taken out goes with it.
            if range.start >= at {
                made.push_str(&self.text[at..range.start]);
                made.push_str(by);
                at = range.end;
            }
        }
        made + &self.text[at..]
    }
}

#[cfg(test)]
mod tests {
    use domain_definitions::Definition;
    use host::theirs::Theirs;

    use super::*;

    const NOTHING: Host = Host { kvm: false, gpu: false, connection: Connection::Session };

    fn fit(text: &str) -> Fit {
        fitted(text, "/run/disk.qcow2", "", NOTHING).unwrap_or_else(|fault| panic!("{}\n{text}", fault.what()))
    }

    #[test]
    fn every_machine_gets_the_same_processors_memory_and_disk() {
        let ours = Definition::all().filter(|one| one.path().matches('/').count() == 1);
        let ours = ours.map(|definition| (definition.path(), definition.xml().unwrap()));
        let theirs = Theirs::all().unwrap().into_iter().map(|theirs| (theirs.file, theirs.text));
        for (name, text) in ours.chain(theirs) {
            let fit = fit(&text);
            let document = Document::parse(&fit.text).unwrap_or_else(|error| panic!("{name}: {error}\n{}", fit.text));
            let root = document.root_element();
            let all = |name: &str| {
                let nodes = root.descendants().filter(|node| node.has_tag_name(name));
                nodes.map(|node| text_of(&fit.text, node)).collect::<Vec<_>>()
            };
            assert_eq!(all("memory"), ["<memory unit='MiB'>2048</memory>"], "{name}");
            assert_eq!(all("vcpu"), ["<vcpu>2</vcpu>"], "{name}");
            assert_eq!(all("topology").len(), 1, "{name}");
            let files: Vec<_> = all("source").into_iter().filter(|source| source.contains("file=")).collect();
            assert_eq!(files, ["<source file='/run/disk.qcow2'/>"], "{name}");
            assert!(!fit.text.contains("type='kvm'") && !fit.text.contains("type=\"kvm\""), "{name}");
            assert!(
                !all("gl").iter().any(|gl| gl.contains("yes"))
                    && all("acceleration").is_empty()
                    && all("hostdev").is_empty(),
                "{name}"
            );
        }
    }

    fn text_of(text: &str, node: Node) -> String {
        text[node.range()].to_owned()
    }

    #[test]
    fn what_does_not_keep_it_from_running_stays() {
        let before = Theirs::of("proxmox-windows").unwrap().text;
        let fit = fit(&before);
        assert!(
            fit.text.contains("cache='none' io='io_uring'") && fit.text.contains("<model type='e1000'/>"),
            "{}",
            fit.text
        );
        assert!(fit.text.contains("<tlbflush state='on'/>"), "{}", fit.text);
        assert!(fit.text.contains("<interface type='user'>") && !fit.text.contains("vmbr0"), "{}", fit.text);
        assert!(fit.edits.contains(&"user-mode networking".to_owned()), "{:?}", fit.edits);
        assert_eq!(fit.tablets, 1);
    }

    #[test]
    fn on_the_systems_connection_the_network_is_libvirts() {
        let on_it = |text: &str| {
            fitted(text, "/disk", "<seclabel type='none'/>", Host { connection: Connection::System, ..NOTHING })
                .unwrap()
                .text
        };
        let windows = on_it(&Theirs::of("proxmox-windows").unwrap().text);
        assert!(windows.contains("<interface type='network'><source network='default'/>"), "{windows}");
        assert!(windows.contains("<model type='e1000'/>") && !windows.contains("vmbr0"), "{windows}");
        let ours = on_it(&Definition::find("session/linux-latest.xml").unwrap().xml().unwrap());
        assert!(ours.contains("<interface type=\"network\">") && !ours.contains("<backend type=\"passt\""), "{ours}");
        let driver = "<interface type='bridge'><source bridge='br0'/><driver name='vhost' queues='4'/></interface>";
        let driver = on_it(&format!("<domain><devices><disk/>{driver}</devices></domain>"));
        assert!(driver.contains("<driver name='vhost' queues='4'/>") && !driver.contains("br0"), "{driver}");
        assert!(driver.ends_with(
            "<seclabel type='none'/><cpu mode='host-model'><topology sockets='1' cores='2' threads='1'/></cpu></domain>"
        ));
    }

    #[test]
    fn secure_boot_has_no_keys_and_what_is_off_stays_off() {
        let windows = fit(&Definition::find("session/windows.xml").unwrap().xml().unwrap());
        assert!(windows.text.contains("<feature enabled='no' name='enrolled-keys'/>"), "{}", windows.text);
        assert_eq!(windows.text.matches("<firmware>").count(), 1);
        assert_eq!(windows.tablets, 2);
        let linux = fit(&Definition::find("session/linux.xml").unwrap().xml().unwrap());
        assert!(!linux.text.contains("enrolled-keys"), "{}", linux.text);
    }

    #[test]
    fn under_kvm_the_processor_stays_as_it_is() {
        let text = Definition::find("session/linux.xml").unwrap().xml().unwrap();
        let fit = fitted(&text, "/disk", "", Host { kvm: true, gpu: true, ..NOTHING }).unwrap();
        assert!(
            fit.text.contains("<domain type=\"kvm\">") && fit.text.contains("<cpu mode=\"host-model\">"),
            "{}",
            fit.text
        );
        assert!(fit.text.contains("<gl enable=\"yes\"/>"), "{}", fit.text);
        assert_eq!(fit.text.matches("<topology").count(), 1);
    }

    #[test]
    fn what_is_no_machine_is_refused_with_the_reason() {
        let refused = |text: &str| fitted(text, "/disk", "", NOTHING).expect_err(text).what().to_owned();
        assert!(refused("<domain").starts_with("it is not well-formed XML"));
        assert!(refused("<network/>").contains("<network>"));
        assert!(refused("<domain/>").contains("no <devices>"));
        assert!(refused("<domain><devices/></domain>").contains("no disk"));
    }
}
