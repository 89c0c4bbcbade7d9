//! What the guest and its host say to each other. `cargo xtask prove`, on the host, is built with this file as well.

/// The port on which the host gives back what it is sent.
pub const PORT: u16 = 4242;
/// What the host asks on the console to hear what the guest sees.
pub const TELL: &str = "report";
/// What it asks to have the guest install itself.
pub const INSTALL: &str = "install";
/// What the guest puts before what it saw.
pub const REPORT: &str = "REPORT ";
/// What it says when it has installed itself.
pub const INSTALLED: &str = "INSTALLED";
