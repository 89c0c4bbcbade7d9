//! Definitions as they are tried on machines that lack what they are made for.

use domain_definitions::domain::{CpuMode, Domain};
use domain_definitions::size::Size;
use domain_definitions::version::v;
use domain_definitions::{Definition, RenderError, Since, needs, render};

/// A definition as it is tried.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Its text.
    pub text: String,
    /// What was changed in it, if anything.
    pub edits: Vec<&'static str>,
}

/// In the place of KVM.
pub const EMULATED: &str = "emulated instead of under KVM";
/// In the place of the host's CPU.
pub const MODEL: &str = "host-model in the place of host-passthrough, which emulation has not";
/// Without a GPU.
pub const NO_GL: &str = "without GL and 3D, for want of a GPU";
/// In the place of all the memory, each page of which a machine that is saved would have to have.
pub const SMALL: &str = "with 1 GiB of memory";
/// With an old QEMU.
pub const NO_HYPERV: &str = "without Hyper-V's enlightenments, which this QEMU cannot emulate";

impl Tried {
    /// The elements that are not as the definition has them.
    #[must_use]
    pub fn left_out(&self) -> Vec<&'static str> {
        let elements = |edit: &&str| match *edit {
            NO_GL => ["devices/graphics/gl", "devices/video/model/acceleration"].as_slice(),
            NO_HYPERV => &["features/hyperv"],
            _ => &[],
        };
        self.edits.iter().flat_map(elements).copied().collect()
    }
}

/// A definition as it can be tried with a release, without KVM and without a GPU.
///
/// # Errors
///
/// When a record in `defs/` is wrong.
pub fn emulated(definition: &Definition, numbers: Option<Since>) -> Result<Tried, RenderError> {
    let mut domain = definition.domain();
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
    domain.memory = Some(Size::gib(1));
    edits.push(SMALL);
    written(&domain, edits)
}

fn written(domain: &Domain, edits: Vec<&'static str>) -> Result<Tried, RenderError> {
    let text = render::element(domain)?;
    Ok(Tried { text: text.replacen("<domain type=\"kvm\">", "<domain type=\"qemu\">", 1), edits })
}

fn emulate(definition: &Definition, domain: &mut Domain, numbers: Option<Since>) -> Vec<&'static str> {
    let mut edits = vec![EMULATED];
    if let Some(cpu) = domain.cpu.as_mut().filter(|cpu| cpu.mode == CpuMode::HostPassthrough) {
        cpu.mode = CpuMode::HostModel;
        edits.push(MODEL);
    }
    if definition.needs().contains(&&needs::RENDER_NODE) {
        if let Some(graphics) = &mut domain.devices.graphics {
            graphics.gl = None;
        }
        if let Some(video) = &mut domain.devices.video {
            video.model.acceleration = None;
        }
        edits.push(NO_GL);
    }
    // Without KVM, QEMU before 8.0 at least has none of Hyper-V's virtual processors, on which most enlightenments depend.
    let old = numbers.is_some_and(|numbers| numbers.qemu < v(8, 0, 0));
    if let Some(features) = domain.features.as_mut().filter(|features| old && features.hyperv.is_some()) {
        features.hyperv = None;
        edits.push(NO_HYPERV);
    }
    edits
}
