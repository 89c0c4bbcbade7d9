//! Definitions adapted to machines that lack what they are made for: KVM, a GPU, much memory.

use std::fmt;

use domain_definitions::domain::{Arch, CpuMode, Domain, DomainType};
use domain_definitions::machine::Machine;
use domain_definitions::size::Size;
use domain_definitions::version::v;
use domain_definitions::{Definition, RenderError, Since, Version, needs, render};

/// A definition as it is tried.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Its text, which begins with a comment about the edits, if there are any.
    pub text: String,
    /// How it differs from its file.
    pub edits: Vec<Edit>,
}

/// Something in which a definition that is tried differs from its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// It runs without KVM.
    Emulated,
    /// Emulation has no `host-passthrough`.
    HostModel,
    /// There is no GPU.
    NoGl,
    /// QEMU before 8.0 emulates none of Hyper-V's synthetic processors, on which most enlightenments depend.
    NoHyperv,
    /// Emulated CPUs wait for each other, the longer the fewer this host has for them. Measured with two, beside another guest:
    /// 24 s with two CPUs and 35 s with four, 35 s and 59 s with Secure Boot.
    FewCpus,
    /// A machine with less memory is saved sooner.
    LittleMemory,
}

impl Edit {
    /// The elements that a guest cannot see as the definition promises them.
    fn leaves_out(self) -> &'static [&'static str] {
        match self {
            Edit::NoGl => &["devices/graphics/gl", "devices/video/model/acceleration"],
            Edit::NoHyperv => &["features/hyperv"],
            Edit::Emulated | Edit::HostModel | Edit::FewCpus | Edit::LittleMemory => &[],
        }
    }
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Edit::Emulated => "emulated instead of under KVM",
            Edit::HostModel => "host-model instead of host-passthrough, which needs KVM",
            Edit::NoGl => "without GL and 3D, for lack of a GPU",
            Edit::NoHyperv => "without Hyper-V enlightenments, which this QEMU cannot emulate",
            Edit::FewCpus => "with two CPUs",
            Edit::LittleMemory => "with 1 GiB of memory",
        })
    }
}

impl Tried {
    /// A definition as its file has it.
    ///
    /// # Errors
    ///
    /// When a record in `defs/` is wrong.
    pub fn unchanged(definition: &Definition) -> Result<Tried, RenderError> {
        Ok(Tried { text: definition.xml()?, edits: Vec::new() })
    }

    /// The elements that are not as the definition has them.
    #[must_use]
    pub fn left_out(&self) -> Vec<&'static str> {
        self.edits.iter().flat_map(|edit| edit.leaves_out()).copied().collect()
    }

    /// The machine of a definition as it is tried.
    #[must_use]
    pub fn machine(&self, definition: &Definition) -> Machine {
        let mut machine = definition.machine();
        for edit in &self.edits {
            match edit {
                Edit::FewCpus => machine.vcpus = EMULATED_CPUS,
                Edit::LittleMemory => machine.memory = LITTLE_MEMORY,
                Edit::Emulated | Edit::HostModel | Edit::NoGl | Edit::NoHyperv => {}
            }
        }
        machine
    }
}

/// How many CPUs a machine has with [`Edit::FewCpus`].
const EMULATED_CPUS: u32 = 2;
/// How much memory a machine has with [`Edit::LittleMemory`].
const LITTLE_MEMORY: Size = Size::gib(1);

/// A definition as it can be tried with a release, without KVM and without a GPU.
///
/// # Errors
///
/// When a record in `defs/` is wrong.
pub fn emulated(definition: &Definition, numbers: Option<Since>) -> Result<Tried, RenderError> {
    let mut machine = definition.machine();
    // QEMU's command lines for ARM are recorded from what is emulated, and are to be those of the files.
    if machine.vcpus <= EMULATED_CPUS || definition.platform.arch == Arch::Aarch64 {
        return emulated_machine(definition, &machine, numbers);
    }
    machine.vcpus = EMULATED_CPUS;
    let mut domain = definition.domain_for(&machine);
    let mut edits = emulate(definition, &mut domain, numbers);
    edits.push(Edit::FewCpus);
    written(&domain, edits)
}

/// The same of a machine that a person has changed.
///
/// # Errors
///
/// When a record in `defs/` is wrong.
pub fn emulated_machine(
    definition: &Definition,
    machine: &Machine,
    numbers: Option<Since>,
) -> Result<Tried, RenderError> {
    let mut domain = definition.domain_for(machine);
    let edits = emulate(definition, &mut domain, numbers);
    written(&domain, edits)
}

/// The same, with little memory.
///
/// # Errors
///
/// When a record in `defs/` is wrong.
pub fn small(definition: &Definition, numbers: Option<Since>) -> Result<Tried, RenderError> {
    let mut domain = definition.domain();
    let mut edits = emulate(definition, &mut domain, numbers);
    domain.memory = Some(LITTLE_MEMORY);
    edits.push(Edit::LittleMemory);
    written(&domain, edits)
}

/// A definition with nothing changed but that it is emulated: not every machine can start it.
///
/// # Errors
///
/// When a record in `defs/` is wrong.
pub fn without_kvm(definition: &Definition) -> Result<Tried, RenderError> {
    written(&Domain { kind: DomainType::Qemu, ..definition.domain() }, vec![Edit::Emulated])
}

fn written(domain: &Domain, edits: Vec<Edit>) -> Result<Tried, RenderError> {
    let told: Vec<_> = edits.iter().map(Edit::to_string).collect();
    let text = format!("<!-- Changed for this trial: {}. -->\n{}", told.join("; "), render::element(domain)?);
    Ok(Tried { text, edits })
}

/// The first QEMU that starts an emulated machine with Hyper-V's enlightenments.
pub const EMULATES_HYPERV: Version = v(8, 0, 0);

fn emulate(definition: &Definition, domain: &mut Domain, numbers: Option<Since>) -> Vec<Edit> {
    domain.kind = DomainType::Qemu;
    let mut edits = vec![Edit::Emulated];
    if let Some(cpu) = domain.cpu.as_mut().filter(|cpu| cpu.mode == CpuMode::HostPassthrough) {
        cpu.mode = CpuMode::HostModel;
        edits.push(Edit::HostModel);
    }
    if definition.needs().contains(&&needs::RENDER_NODE) {
        if let Some(graphics) = &mut domain.devices.graphics {
            graphics.gl = None;
        }
        if let Some(video) = &mut domain.devices.video {
            video.model.acceleration = None;
        }
        edits.push(Edit::NoGl);
    }
    let old = numbers.is_some_and(|numbers| numbers.qemu < EMULATES_HYPERV);
    if let Some(features) = domain.features.as_mut().filter(|features| old && features.hyperv.is_some()) {
        features.hyperv = None;
        edits.push(Edit::NoHyperv);
    }
    edits
}
