//! Runs real libvirt and QEMU, for tests and for `cargo xtask prove`.
//!
//! - [`User`] is somebody who runs virsh: an ordinary user, or root. [`command`] runs any program.
//! - [`Dialogue`] is one virsh that is asked many things; [`capabilities`] makes the next one faster.
//! - [`Release`] is a libvirt with its QEMU: this machine's own, or another one whose root folder `.ci/roots` makes.
//! - [`PrivateHost`] is a host inside this one, which only root can have; [`prepare`] makes its network, pool and disks.
//! - [`too_old`], [`runs_under_kvm`] and [`lacking`] say what a host cannot be asked.
//! - [`processor`] says whether KVM takes this host's processor from QEMU.
//! - [`orders`] has machines of people's own.
//! - [`theirs`] has machines that other programs have made.
//! - [`tried`] adapts a definition to what a machine lacks, [`kept`] compares it with what libvirt keeps of it.
//! - [`recipe`] has commands of the pages, [`words`] what the test guest and its host say to each other, [`work`] what it is
//!   measured by.

mod able;
mod answers;
pub mod capabilities;
pub mod command;
mod dialogue;
mod fault;
mod here;
mod home;
pub mod kept;
pub mod orders;
pub mod prepare;
mod private;
pub mod processor;
pub mod recipe;
mod release;
pub mod theirs;
pub mod tried;
mod user;
pub mod words;
pub mod work;

use domain_definitions::{Definition, Hypervisor, needs};

pub use able::{lacking, runs_under_kvm, too_old};
pub use dialogue::{Answer, Dialogue};
pub use fault::Fault;
pub use here::{MOCK, PREFIX, in_ci, is_root, kernel, target};
pub use home::Home;
pub use private::{PrivateHost, ZONE_HOURS};
pub use release::Release;
pub use user::User;

/// The definitions for QEMU. Debian, on which they are tried, has no package of libvirt's other drivers.
pub fn definitions() -> impl Iterator<Item = Definition> {
    Definition::all().filter(|definition| definition.platform.hypervisor == Hypervisor::Qemu)
}

/// Whether a definition is started where it is tried. Those that draw with Vulkan are only defined: there is no GPU for that, and
/// without it, nothing would be left of what sets them apart.
#[must_use]
pub fn is_started(definition: &Definition) -> bool {
    !definition.needs().contains(&&needs::vulkan::VENUS)
}
