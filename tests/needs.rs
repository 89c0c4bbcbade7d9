//! `xtask/needs.sh` says what the records say, and each of its checks can fail and can pass: on a host that has nothing, on one
//! that has everything, and on that host without one thing.

mod made_up;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use domain_definitions::needs::{TOOLS, Without};
use domain_definitions::{Collection, FLOOR, HostRequirement, Hypervisor};
use made_up::{Host, VERSION, root};

fn requirements() -> Vec<&'static HostRequirement> {
    let needs = Collection::new().expect("it can be written").needs();
    needs.into_iter().map(|used| used.record).chain(TOOLS.iter().copied()).collect()
}

fn words(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// The ids of what it has.
fn has(host: &Host) -> BTreeSet<String> {
    words(&host.run("for id in $needs $tools; do ! has $id || echo $id; done"))
}

fn ids() -> BTreeSet<String> {
    requirements().into_iter().map(|need| need.id.to_owned()).collect()
}

#[test]
fn a_bare_host_has_nothing() {
    let host = Host::bare();
    assert_eq!(has(&host), BTreeSet::new());
    // It does not answer, so nothing else is known.
    assert_eq!(host.run("missing_for session/linux.xml kvm"), "libvirt\n");
}

#[test]
fn a_complete_host_has_everything() {
    let host = Host::complete();
    assert_eq!(has(&host), ids());
    let every = "for file in $(printf '%s' \"$definitions\" | cut -d ' ' -f 1); do missing_for $file kvm; done";
    assert_eq!(host.run(every).replace("libvirt-11.2.0\n", ""), "");
}

#[test]
fn each_check_notices_what_it_is_about() {
    type Take = fn(&Host);
    // What is taken away, and what is missing then.
    let cases: &[(Take, &str)] = &[
        (|host| fs::remove_file(host.path("dev/kvm")).unwrap(), "kvm"),
        (|host| fs::remove_file(host.path("libvirt/kvm")).unwrap(), "kvm"),
        (Host::kvm_is_refused, "kvm"),
        (|host| fs::remove_file(host.path("bin/qemu")).unwrap(), "qemu qemu_arm"),
        (|host| without(host, "<value>spice</value>"), "spice"),
        (|host| without(host, "<value>efi</value>"), "ovmf aavmf"),
        (|host| without(host, "<value>emulator</value>"), "swtpm"),
        (
            |host| host.capabilities(&fs::read_to_string(root().join("tests/hosts/lacking.xml")).unwrap()),
            "ovmf aavmf secure_boot spice swtpm",
        ),
        (|host| fs::remove_file(host.path("dev/dri/renderD128")).unwrap(), "render_node"),
        (|host| host.driver("renderD128", "nvidia"), "render_node"),
        // libvirt might take it.
        (
            |host| {
                host.file("dev/dri/renderD129", "");
                host.driver("renderD129", "nvidia");
            },
            "render_node",
        ),
        (
            |host| fs::remove_file(host.path("usr/lib/x86_64-linux-gnu/qemu/hw-display-virtio-vga-gl.so")).unwrap(),
            "render_node",
        ),
        (|host| fs::remove_file(host.path("usr/libexec/virtiofsd")).unwrap(), "virtiofsd"),
        (|host| fs::remove_file(host.path("usr/share/qemu/vhost-user/50-fs.json")).unwrap(), "virtiofsd"),
        (|host| fs::remove_dir(host.path("var/lib/libvirt/share")).unwrap(), "share"),
        (|host| fs::remove_dir(host.path("var/lib/libvirt/images")).unwrap(), "image"),
        (|host| fs::remove_dir(host.path("home/.local/share/libvirt/images")).unwrap(), "home_image"),
        (|host| host.file("libvirt/net-list", "default2\n"), "network"),
        (|host| fs::remove_file(host.path("dev/net/tun")).unwrap(), "network"),
        (|host| host.file("libvirt/pool-list", "nvram\n"), "pool"),
        // Where there is passt, a new libvirt uses that; an old one does not.
        (|host| host.file("bin/qemu.netdev", "socket\nvhost-user\n"), ""),
        (
            |host| {
                host.file("bin/qemu.netdev", "socket\n");
                host.file("libvirt/version", &VERSION.replace("11.3", "9.0"));
            },
            "user_network",
        ),
        (|host| fs::remove_file(host.path("bin/passt")).unwrap(), "passt"),
        (|host| fs::remove_file(host.path("bin/cloud-hypervisor")).unwrap(), "cloud_hypervisor"),
        (|host| fs::remove_file(host.path("libvirt/ch")).unwrap(), "cloud_hypervisor"),
        (|host| host.program("bin/cloud-hypervisor", "#!/bin/sh\necho cloud-hypervisor v54.0\n"), "cloud_hypervisor"),
        (|host| fs::remove_file(host.path("usr/share/cloudhv-efi-x86-64/CLOUDHV.fd")).unwrap(), "cloudhv_firmware"),
        (|host| fs::remove_file(host.path("usr/libexec/virgl_render_server")).unwrap(), "venus"),
        (|host| fs::remove_dir_all(host.path("usr/share/vulkan")).unwrap(), "venus"),
        (
            |host| host.file("home/.config/libvirt/qemu.conf", "#seccomp_sandbox = 0\nseccomp_sandbox = 1\n"),
            "no_sandbox",
        ),
        // Another connection's.
        (|host| fs::remove_file(host.path("etc/libvirt/qemu.conf")).unwrap(), ""),
        (|host| fs::remove_file(host.path("bin/virt-viewer")).unwrap(), "viewer"),
        (|host| fs::remove_file(host.path("bin/virt-xml")).unwrap(), "virt_xml"),
    ];
    let mut noticed = words("libvirt");
    for (case, (take, expected)) in cases.iter().enumerate() {
        let host = Host::complete();
        take(&host);
        let missing = ids().difference(&has(&host)).cloned().collect();
        assert_eq!(words(expected), missing, "case {case}");
        noticed.extend(missing);
    }
    let host = Host::complete();
    fs::remove_file(host.path("bin/virsh")).unwrap();
    assert!(!has(&host).contains("libvirt"));
    assert_eq!(noticed, ids(), "a check that nothing here makes fail");
}

/// Libvirt no longer lists something.
fn without(host: &Host, value: &str) {
    let path = host.path("libvirt/capabilities");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(value), "{value} is not recorded");
    fs::write(path, text.replace(value, "")).unwrap();
}

#[test]
fn what_is_missing_for_a_file_is_what_nobody_makes() {
    let host = Host::complete();
    for gone in ["dev/kvm", "libvirt/pool-list", "dev/dri/renderD128"] {
        fs::remove_file(host.path(gone)).unwrap();
    }
    let missing = |of: &str| host.run(&format!("missing_for {of}"));
    assert_eq!(missing("session/linux.xml"), "render_node\n");
    assert_eq!(missing("session/linux.xml kvm"), "kvm\nrender_node\n");
    assert_eq!(missing("session/linux-2d.xml"), "");
    // Cloud Hypervisor does not emulate.
    assert_eq!(host.run("uri=ch:///session; missing_for session/cloud-hypervisor/linux.xml"), "kvm\n");
    host.file("libvirt/version", &VERSION.replace("11.3", "9.0").replace("10.0.2", "7.2.22"));
    assert_eq!(missing("session/windows-latest.xml"), "libvirt-11.2.0\nqemu-10.0.0\n");
    assert_eq!(
        host.run("ask_libvirt; for id in $(missing_for session/windows-latest.xml); do what $id; help $id; done")
            .matches("this host has 9.0.0")
            .count(),
        1
    );
    assert_eq!(host.run("missing_for session/nothing.xml || echo none"), "none\n");
}

#[test]
fn a_kernel_is_too_old_for_what_it_does_not_run() {
    let host = Host::complete();
    host.file("libvirt/version", &VERSION.replace("11.3", "11.2"));
    let missing = || host.run("missing_for session/windows-latest.xml");
    for (kernel, expected) in [("6.1.0-56-amd64", "linux-6.2\n"), ("6.2.0-20-generic", ""), ("7.0.1", "")] {
        host.kernel(kernel);
        assert_eq!(missing(), expected, "{kernel}");
    }
    host.kernel("6.1.0-56-amd64");
    assert_eq!(host.run("missing_for session/windows.xml"), "", "it asks nothing of the kernel");
    let said = host.run("ask_libvirt; what linux-6.2; help linux-6.2");
    let (what, help) = said.split_once('\n').unwrap();
    assert_eq!(what, "Linux 6.2 or later (this host has 6.1.0-56-amd64)");
    assert!(help.starts_with("take a file that works with older releases"), "{help}");
    // What is emulated asks nothing of it.
    fs::remove_file(host.path("dev/kvm")).unwrap();
    assert_eq!(missing(), "");
    assert_eq!(host.run("missing_for session/windows-latest.xml kvm"), "kvm\n");
}

#[test]
fn no_variable_of_a_caller_is_changed() {
    let all = "for each in $needs $tools; do has $each || :; had $each; what $each; help $each; done
        missing_for session/linux.xml kvm; needs_of session/linux.xml; floors_of session/linux.xml; made_for session/linux.xml
        guests; files_of linux session; packages_of debian kvm || :";
    let changed = format!(
        "set | sed -n 's/^\\([a-z_]*\\)=.*/\\1/p' | sort >\"$root/before\"; {{ {all}\n}} >/dev/null
        set | sed -n 's/^\\([a-z_]*\\)=.*/\\1/p' | sort >\"$root/after\"; sort \"$root/before\" \"$root/after\" | uniq -u"
    );
    let expected = words("answers capabilities each libvirt_version linux_version qemu_version versions _");
    let new = words(&Host::complete().run(&changed));
    assert!(new.is_subset(&expected), "{new:?}");
}

#[test]
fn the_shell_says_what_the_records_say() {
    let host = Host::bare();
    let collection = Collection::new().unwrap();
    assert_eq!(host.run("echo $floor_libvirt $floor_qemu"), format!("{} {}\n", FLOOR.libvirt, FLOOR.qemu));
    let guests: Vec<_> = collection.guests.iter().map(|guest| guest.id).collect();
    assert_eq!(host.run("guests").lines().collect::<Vec<_>>(), guests);
    let (mut script, mut expected) = (String::new(), String::new());
    for member in &collection.members {
        let (path, floor) = (&member.path, member.floor);
        let ids = |made: bool| {
            let needs = member.needs.iter().filter(|need| !made || need.without == Without::Made);
            needs.map(|need| need.id).collect::<Vec<_>>().join(" ")
        };
        let _ = writeln!(script, "floors_of {path}; needs_of {path}; echo $(made_for {path})");
        let _ = writeln!(expected, "{} {} {:#}\n{}\n{}", floor.libvirt, floor.qemu, floor.linux, ids(false), ids(true));
    }
    let requirements = requirements();
    assert_eq!(ids().len(), requirements.len(), "two needs have the same id");
    for need in requirements {
        let HostRequirement { id, what, help, packages, .. } = need;
        assert!(id.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{id} is no name for shell");
        let _ = writeln!(
            script,
            "what {id}; help {id}; for family in debian rhel; do packages_of $family {id} || echo; done"
        );
        let [debian, rhel] = packages.as_ref().map_or([""; 2], |packages| [packages.debian, packages.rhel]);
        let _ = writeln!(expected, "{what}\n{help}\n{debian}\n{rhel}");
    }
    assert_eq!(host.run(&script), expected);
}

/// A guest's files in the order in which a host tries them: the plain one, and each later one asks for less than that one before it
/// and for nothing new.
#[test]
fn what_stands_in_asks_for_less() {
    let host = Host::bare();
    let collection = Collection::new().unwrap();
    let find = |path: &str| collection.members.iter().find(|member| member.path == path).unwrap();
    let plain = collection
        .members
        .iter()
        .map(|member| member.definition)
        .filter(|definition| definition.variant.is_none() && definition.platform.hypervisor == Hypervisor::Qemu);
    for definition in plain {
        let (arch, guest, connection) = (definition.platform.arch.name(), definition.guest.id, definition.connection);
        let files = host.run(&format!("arch={arch}; files_of {guest} {connection}"));
        let files: Vec<_> = files.lines().map(find).collect();
        assert_eq!(files[0].path, definition.path());
        assert!(files.len() > 1, "nothing stands in for {}", files[0].path);
        for pair in files.windows(2) {
            let [more, less] =
                [pair[0], pair[1]].map(|member| member.needs.iter().map(|need| need.id).collect::<BTreeSet<_>>());
            let name = &pair[1].path;
            assert!(less.is_subset(&more) && less != more, "{name} needs {less:?}, {} {more:?}", pair[0].path);
            assert!(pair[1].floor.within(pair[0].floor), "{name} needs newer releases");
        }
    }
}

/// On ARM, a guest's name stands for its files there, and what they need is all that is installed.
#[test]
fn a_host_on_arm_takes_the_files_for_its_processors() {
    let host = Host::complete();
    host.program("bin/uname", "#!/bin/sh\n[ \"$*\" = -m ] && echo aarch64 || echo 6.12.0-arm64\n");
    assert_eq!(host.run("guests"), "linux\nfreebsd\n");
    assert_eq!(host.run("files_of linux session").lines().next(), Some("session/aarch64/linux.xml"));
    let needs = words(&host.run("needs_here"));
    assert!(needs.contains("qemu_arm") && needs.contains("aavmf"), "{needs:?}");
    assert!(!needs.contains("qemu") && !needs.contains("ovmf") && !needs.contains("secure_boot"), "{needs:?}");
    // A file for a PC is asked about with a PC's processors.
    assert_eq!(host.run("arch_of session/linux.xml; arch_of session/aarch64/linux.xml"), "x86_64\naarch64\n");
    let asked = "virsh() { printf '%s\\n' \"$*\" >>\"$root/asked\"; command virsh \"$@\"; }; missing_for session/linux.xml; ask_libvirt";
    host.run(asked);
    let asked = fs::read_to_string(host.path("asked")).unwrap();
    for machine in ["--arch x86_64 --machine q35", "--arch aarch64 --machine virt"] {
        assert!(asked.contains(machine), "{asked}");
    }
}
