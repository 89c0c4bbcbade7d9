//! What people write for something that libvirt calls by another name. Spelling does not lead there: `arm64` is `aarch64`.

/// Something that people write.
struct Entry {
    /// The element it is written in, and whether it is the value of an attribute there, or an element.
    at: (&'static str, Option<&'static str>),
    /// The words.
    written: &'static [&'static str],
    meant: Meant,
    /// Where people are seen to say so, or else what says that the two are the same.
    #[cfg_attr(not(test), expect(dead_code, reason = "it is for who reads this, and a test looks at it"))]
    seen: &'static str,
}

/// What is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// libvirt's word, in the same place.
    Word(&'static str),
    /// What to do instead.
    Advice(&'static str),
}

const fn value(element: &'static str, attribute: &'static str) -> (&'static str, Option<&'static str>) {
    (element, Some(attribute))
}

const fn element(parent: &'static str) -> (&'static str, Option<&'static str>) {
    (parent, None)
}

const ENTRIES: [Entry; 17] = [
    Entry {
        at: value("type", "arch"),
        written: &["arm64"],
        meant: Meant::Word("aarch64"),
        seen: "https://github.com/kubevirt/kubevirt/issues/2470",
    },
    Entry {
        at: value("type", "arch"),
        written: &["amd64"],
        meant: Meant::Word("x86_64"),
        seen: "https://github.com/UPC/ravada/issues/18",
    },
    Entry {
        at: value("type", "arch"),
        written: &["i386"],
        meant: Meant::Word("i686"),
        seen: "https://github.com/vagrant-libvirt/vagrant-libvirt/issues/407",
    },
    Entry {
        at: value("type", "arch"),
        written: &["arm"],
        meant: Meant::Word("armv7l"),
        seen: "https://github.com/vagrant-libvirt/vagrant-libvirt/issues/407",
    },
    Entry {
        at: value("pool", "type"),
        written: &["lvm", "lvm2"],
        meant: Meant::Word("logical"),
        seen: "https://github.com/stackhpc/ansible-role-libvirt-host/issues/28",
    },
    Entry {
        at: value("pool", "type"),
        written: &["nfs"],
        meant: Meant::Word("netfs"),
        seen: "https://github.com/search?type=code&q=%22%3Cpool+type%3D%27nfs%27%22",
    },
    Entry {
        at: value("interface", "type"),
        written: &["macvtap"],
        meant: Meant::Word("direct"),
        seen: "https://github.com/search?type=code&q=%22%3Cinterface+type%3D%27macvtap%27%22",
    },
    Entry {
        at: value("interface", "type"),
        written: &["nat"],
        meant: Meant::Word("network"),
        seen: "https://github.com/virt-manager/virt-manager (what it calls the default network)",
    },
    Entry {
        at: value("source", "mode"),
        written: &["macvtap"],
        meant: Meant::Word("bridge"),
        seen: "https://github.com/OpenNebula/one/issues/653",
    },
    Entry {
        at: value("boot", "dev"),
        written: &["disk"],
        meant: Meant::Word("hd"),
        seen: "https://github.com/search?type=code&q=%22%3Cboot+dev%3D%27disk%27%22",
    },
    Entry {
        at: value("forward", "mode"),
        written: &["none", "isolated"],
        meant: Meant::Advice("a network without <forward> is an isolated one; leave <forward> out"),
        seen: "https://github.com/search?type=code&q=%22%3Cforward+mode%3D%27none%27%22",
    },
    Entry {
        at: element("domain"),
        written: &["vcpus"],
        meant: Meant::Word("vcpu"),
        seen: "https://github.com/search?type=code&q=%22%3Cvcpus+placement%22",
    },
    Entry {
        at: element("os"),
        written: &["type"],
        meant: Meant::Advice("firmware is chosen by `firmware`: <os firmware=\"efi\">"),
        seen: "https://libvirt.org/kbase/launch_security_sev.html",
    },
    Entry {
        at: element("ip"),
        written: &["gateway"],
        meant: Meant::Advice("guests use the `address` of <ip> as their gateway; leave the gateway out"),
        seen: "https://github.com/ArchipelProject/Archipel",
    },
    Entry {
        at: element("dns"),
        written: &["server"],
        meant: Meant::Advice("write <forwarder addr=\"…\"/> for a server that answers what this one does not know"),
        seen: "https://github.com/search?type=code&q=%22%3Cdns%3E%3Cserver%22",
    },
    Entry {
        at: element("disk"),
        written: &["format"],
        meant: Meant::Advice("the format of an image is `type` of <driver>: <driver name=\"qemu\" type=\"qcow2\"/>"),
        seen: "https://libvirt.org/formatstorage.html",
    },
    Entry {
        at: element("disk"),
        written: &["size"],
        meant: Meant::Advice("an image has its size from `qemu-img create` or `virsh vol-create-as`; leave it out"),
        seen: "https://github.com/search?type=code&q=%22%3Csize+unit%3D%27GiB%27%22+%22%3Cdisk%22",
    },
];

/// The command that takes a document of its own, by its root.
pub(super) fn command(root: &str) -> Option<&'static str> {
    Some(match root {
        "domain" => "define",
        "domainbackup" => "backup-begin",
        "domaincheckpoint" => "checkpoint-create",
        "domainsnapshot" => "snapshot-create",
        "filter" => "nwfilter-define",
        "network" => "net-define",
        "pool" => "pool-define",
        "secret" => "secret-define",
        "volume" => "vol-create",
        _ => return None,
    })
}

/// What is meant by a value of an attribute.
pub(super) fn by_value(element: &str, attribute: &str, value: &str) -> Option<Meant> {
    find((element, Some(attribute)), value)
}

/// What is meant by an element in another.
pub(super) fn by_element(parent: &str, name: &str) -> Option<Meant> {
    find((parent, None), name)
}

fn find(at: (&str, Option<&str>), written: &str) -> Option<Meant> {
    let written = written.to_lowercase();
    let entry = ENTRIES.iter().find(|entry| entry.at == at && entry.written.contains(&written.as_str()));
    entry.map(|entry| entry.meant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_has_one_meaning_and_was_seen() {
        for entry in &ENTRIES {
            assert!(entry.seen.starts_with("https://"), "{:?}", entry.written);
            for word in entry.written {
                let all = ENTRIES.iter().filter(|other| other.at == entry.at && other.written.contains(word));
                assert_eq!(all.count(), 1, "{word}");
            }
        }
        assert_eq!(by_value("type", "arch", "ARM64"), Some(Meant::Word("aarch64")));
        assert_eq!(by_value("type", "machine", "arm64"), None);
        assert_eq!(by_element("domain", "vcpus"), Some(Meant::Word("vcpu")));
        assert_eq!((command("network"), command("disk")), (Some("net-define"), None));
    }
}
