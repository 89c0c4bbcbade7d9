//! `<devices>`: what is attached to the machine, in the order in which libvirt prints it.
//!
//! `type`, `device`, `bus` and `model` say what an element is, so they are always written; any other attribute is there
//! because a tunable decided it.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::connections::{Channel, Console, Interface, Serial};
use super::desktop::{Graphics, Input, Redirdev, Sound, Video};
use super::services::{Memballoon, Rng, Tpm};
use super::storage::{Controller, ControllerType, Disk, DiskDevice, Filesystem};

/// `<devices>`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "libvirt's element names, each explained by its type")]
pub struct Devices {
    #[serde(rename = "disk")]
    pub disks: Vec<Disk>,
    #[serde(rename = "controller")]
    pub controllers: Vec<Controller>,
    #[serde(rename = "filesystem")]
    pub filesystems: Vec<Filesystem>,
    #[serde(rename = "interface")]
    pub interfaces: Vec<Interface>,
    #[serde(rename = "serial")]
    pub serials: Vec<Serial>,
    #[serde(rename = "console")]
    pub consoles: Vec<Console>,
    #[serde(rename = "channel")]
    pub channels: Vec<Channel>,
    #[serde(rename = "input")]
    pub inputs: Vec<Input>,
    pub tpm: Option<Tpm>,
    pub graphics: Option<Graphics>,
    pub sound: Option<Sound>,
    pub video: Option<Video>,
    #[serde(rename = "redirdev")]
    pub redirdevs: Vec<Redirdev>,
    pub memballoon: Option<Memballoon>,
    pub rng: Option<Rng>,
}

impl Devices {
    /// The hard disk, if there is one.
    pub fn hard_disk(&mut self) -> Option<&mut Disk> {
        self.disks.iter_mut().find(|disk| disk.device == DiskDevice::Disk)
    }

    /// The SCSI controller, if there is one.
    pub fn scsi_controller(&mut self) -> Option<&mut Controller> {
        self.controllers.iter_mut().find(|controller| controller.kind == ControllerType::Scsi)
    }
}
