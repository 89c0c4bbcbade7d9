//! The TPM: its version, what it measured, and a key that only it can make.

use std::fs::OpenOptions;
use std::io::{self, Read as _, Write as _};

use crate::files;
use crate::report::hexadecimal;

/// `TPM2_CreatePrimary` in the endorsement hierarchy with empty passwords. The template is fixed, so the key follows from the
/// TPM's secret seed: the same key means the same TPM state.
const CREATE_PRIMARY: [u8; 67] = [
    0x80, 0x02, // with a session
    0, 0, 0, 67, // this many bytes
    0, 0, 0x01, 0x31, // TPM_CC_CreatePrimary
    0x40, 0, 0, 0x0B, // TPM_RH_ENDORSEMENT
    0, 0, 0, 9, 0x40, 0, 0, 0x09, 0, 0, 0, 0,
    0, // a session: TPM_RS_PW, no nonce, no attributes, an empty password
    0, 4, 0, 0, 0, 0, // the key: an empty password, no data
    0, 26, // its template of this many bytes:
    0, 0x23, 0, 0x0B, // ECC, named by SHA-256
    0, 0x03, 0x04, 0x72, // fixed, made by the TPM, restricted decryption, no lockout
    0, 0, // no policy
    0, 6, 0, 128, 0, 0x43, // AES, 128 bits, CFB
    0, 0x10, 0, 3, 0, 0x10, // no scheme, P-256, no KDF
    0, 0, 0, 0, // no point of its own
    0, 0, // nothing else from outside
    0, 0, 0, 0, // no PCRs
];

/// What the report says about the TPM; nothing if there is none.
pub fn report() -> Vec<(&'static str, String)> {
    let known = [
        ("tpm/version", files::text("/sys/class/tpm/tpm0/tpm_version_major")),
        ("tpm/interface", files::link("/sys/class/tpm/tpm0/device/driver")),
        ("tpm/pcr0", files::text("/sys/class/tpm/tpm0/pcr-sha256/0").map(|digits| digits.to_lowercase())),
    ];
    known.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The name of the key that the TPM makes from the template, which is the SHA-256 of its public area.
pub fn key() -> Option<String> {
    let response = send(&CREATE_PRIMARY).ok()?;
    let number = |at: usize| Some(u32::from_be_bytes(response.get(at..at + 4)?.try_into().ok()?));
    // Tag, size, code, handle, and the size of the parameters after it, of which the name is the last: its own size, the
    // number of SHA-256, and the hash.
    if number(6)? != 0 {
        return None;
    }
    let end = 18 + usize::try_from(number(14)?).ok()?;
    let name = response.get(end.checked_sub(36)?..end)?;
    Some(hexadecimal(name.strip_prefix(&[0, 34, 0, 0x0B])?))
}

/// Sends a command. The kernel's resource manager forgets the key when the file is closed.
fn send(command: &[u8]) -> io::Result<Vec<u8>> {
    let mut device = OpenOptions::new().read(true).write(true).open("/dev/tpmrm0")?;
    device.write_all(command)?;
    let mut response = vec![0; 4096];
    let size = device.read(&mut response)?;
    response.truncate(size);
    Ok(response)
}
