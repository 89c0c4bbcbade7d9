//! A host in a folder, for what looks at hosts: with stand-ins for programs, devices and what the kernel says of them.
#![allow(dead_code, reason = "each test uses a part")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use host::command::write_program;
use tempfile::TempDir;

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What stands for virsh: answers from files, and fails where there is none.
const VIRSH: &str = r#"#!/bin/sh
[ "$1" = --connect ] || exit 2
host=${0%/bin/virsh}/libvirt
case ${2%%:*}:${3}:$* in
ch:uri:*) cat "$host/ch" ;;
*:uri:*) ;;
*:domcapabilities:*"--virttype kvm"*) [ -e "$host/kvm" ] ;;
*:domcapabilities:*) cat "$host/capabilities" ;;
*:version:*) cat "$host/version" ;;
*:net-list:* | *:pool-list:*) cat "$host/$3" ;;
*) exit 2 ;;
esac
"#;

/// What it says of releases.
pub const VERSION: &str = "Using library: libvirt 11.3.0\nUsing API: QEMU 11.3.0\nRunning hypervisor: QEMU 10.0.2\nRunning against \
                       daemon: 11.3.0\n";

/// What its kernel calls itself: newer than any that a definition asks for.
pub const KERNEL: &str = "6.18.5-1-amd64";

/// A host in a folder.
pub struct Host(TempDir);

impl Host {
    /// One with nothing but the usual small programs.
    pub fn bare() -> Host {
        let host = Host(tempfile::tempdir().unwrap());
        fs::create_dir_all(host.path("bin")).unwrap();
        let small = [
            "awk", "basename", "cat", "cut", "dirname", "fold", "grep", "id", "paste", "readlink", "sed", "sh", "sort",
            "timeout", "tr", "uniq",
        ];
        for program in small {
            let real = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(program));
            let real = real.iter().find(|path| path.exists()).unwrap_or_else(|| panic!("there is no {program}"));
            symlink(real, host.path("bin").join(program)).unwrap();
        }
        host.kernel(KERNEL);
        host
    }

    /// One with everything.
    pub fn complete() -> Host {
        let host = Host::bare();
        host.program("bin/virsh", VIRSH);
        for tool in ["passt", "virt-viewer", "virt-xml"] {
            host.program(&format!("bin/{tool}"), "#!/bin/sh\n");
        }
        host.program("bin/cloud-hypervisor", "#!/bin/sh\necho cloud-hypervisor v53.0\n");
        host.program("bin/qemu", "#!/bin/sh\ncat \"$0.netdev\"\n");
        host.file("bin/qemu.netdev", "socket\nuser\n");
        let recorded = fs::read_to_string(root().join("tests/hosts/complete.xml")).unwrap();
        host.capabilities(&recorded);
        host.file("libvirt/version", VERSION);
        host.file("libvirt/net-list", "default\n\n");
        host.file("libvirt/pool-list", "nvram  \ndefault  \n\n");
        host.file("libvirt/kvm", "");
        host.file("libvirt/ch", "");
        for device in ["kvm", "net/tun", "dri/renderD128"] {
            host.file(&format!("dev/{device}"), "");
        }
        host.driver("renderD128", "i915");
        for module in ["ui-opengl.so", "hw-display-virtio-vga-gl.so"] {
            host.file(&format!("usr/lib/x86_64-linux-gnu/qemu/{module}"), "");
        }
        host.file("usr/share/qemu/vhost-user/50-gpu.json", r#"{ "type": "gpu", "binary": "/bin/sh" }"#);
        host.file(
            "usr/share/qemu/vhost-user/50-fs.json",
            "{\n \"type\" : \"fs\",\n \"binary\": \"/usr/libexec/virtiofsd\"\n}",
        );
        host.program("usr/libexec/virtiofsd", "");
        host.file("usr/share/cloudhv-efi-x86-64/CLOUDHV.fd", "");
        host.file("usr/libexec/virgl_render_server", "");
        host.file("usr/share/vulkan/icd.d/intel_icd.x86_64.json", "");
        for conf in ["home/.config/libvirt/qemu.conf", "etc/libvirt/qemu.conf"] {
            host.file(conf, "# seccomp_sandbox = 1\nseccomp_sandbox = 0\n");
        }
        for folder in ["var/lib/libvirt/images", "var/lib/libvirt/share", "home/.local/share/libvirt/images"] {
            fs::create_dir_all(host.path(folder)).unwrap();
        }
        host
    }

    /// A place on it.
    pub fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// Writes a file.
    pub fn file(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Writes a file that can be run.
    pub fn program(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_program(&path, text.as_bytes()).unwrap();
    }

    /// What libvirt says of a hypervisor, with this host's QEMU.
    pub fn capabilities(&self, recorded: &str) {
        let qemu = self.path("bin/qemu");
        self.file("libvirt/capabilities", &recorded.replace("/usr/bin/qemu-system-x86_64", qemu.to_str().unwrap()));
    }

    /// Gives it a KVM with which QEMU aborts.
    pub fn kvm_is_refused(&self) {
        self.program("bin/qemu", "#!/bin/sh\ncase \"$*\" in *kvm*) kill -ABRT $$ ;; esac\ncat \"$0.netdev\"\n");
    }

    /// Gives it a kernel of this name.
    pub fn kernel(&self, name: &str) {
        self.program("bin/uname", &format!("#!/bin/sh\n[ \"$*\" = -r ] && echo {name}\n"));
    }

    /// Gives a render node a driver.
    pub fn driver(&self, node: &str, driver: &str) {
        let device = self.path(&format!("sys/class/drm/{node}/device"));
        fs::create_dir_all(&device).unwrap();
        let link = device.join("driver");
        let _ = fs::remove_file(&link);
        symlink(Path::new("../../../bus/pci/drivers").join(driver), link).unwrap();
    }

    /// What a script prints that has sourced `needs.sh`.
    pub fn run(&self, script: &str) -> String {
        let output = self.shell(&["-euc", &format!(". '{}'\n{script}", root().join("xtask/needs.sh").display())]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && errors.is_empty(), "{script}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What its shell does.
    pub fn shell(&self, arguments: &[&str]) -> Output {
        let mut shell = Command::new(self.path("bin/sh"));
        shell.args(arguments).env_clear().env("PATH", self.path("bin")).env("HOME", "/home").env("root", self.0.path());
        shell.env("OS_RELEASE", root().join("tests/os-release/debian-13")).output().unwrap()
    }
}
