//! What the test guest and its host say to each other. The guest (`tests/guest`) is built with this file as well.

/// The port on which the host echoes each line that a guest sends.
pub const PORT: u16 = 4242;
/// Asks the guest, on its console, for a report.
pub const TELL: &str = "report";
/// Asks the guest to install itself on the disk.
pub const INSTALL: &str = "install";
/// Begins the guest's report.
pub const REPORT: &str = "REPORT ";
/// The guest has installed itself.
pub const INSTALLED: &str = "INSTALLED";
