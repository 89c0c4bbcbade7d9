//! Reading the variables of a machine's firmware, as OVMF keeps them in its flash memory or QEMU in a file of JSON.
//!
//! The crate `virtfw-libefi` knows what is in a variable, and no crate reads the flash memory; its format is edk2's
//! (`MdeModulePkg/Include/Guid/VariableFormat.h` and `MdePkg/Include/Pi/PiFirmwareVolume.h`): a volume, in it a store, in that
//! one variable after the other. A variable that is replaced stays, marked, until the store is full.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;
use uguid::{Guid, guid};
use virtfw_libefi::efivar::ids::ConstVarId;
use virtfw_libefi::guids::{NvData, RawGuid};
use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::reading;

/// The largest file that is read. OVMF's have half a megabyte, and those for other processors 64.
const LARGEST: u64 = 64 << 20;

/// A variable's name, and whose name that is.
type Id = (String, Guid);

/// The variables of a firmware, and what each holds.
#[derive(Debug, Default)]
pub struct Variables(HashMap<Id, Vec<u8>>);

impl Variables {
    /// What a variable holds.
    #[must_use]
    pub fn get(&self, id: &ConstVarId) -> Option<&[u8]> {
        self.0.get(&(id.name.to_owned(), *id.guid)).map(Vec::as_slice)
    }
}

/// Why variables could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Unread(#[from] reading::Error),
    #[error("is empty; `virsh start --reset-nvram` makes it anew")]
    Empty,
    #[error("is a qcow2 image; `qemu-img convert -O raw FILE COPY` makes a copy that --nvram can read")]
    Qcow2,
    #[error("is JSON, but not as QEMU writes a firmware's variables: {0}")]
    Json(#[from] serde_json::Error),
    #[error("has no UEFI variables; `virsh dumpxml` names the file that has, in <nvram>")]
    NoStore,
    #[error("is damaged at byte {0}, where a variable should be; `virsh start --reset-nvram` makes it anew")]
    Damaged(usize),
}

/// Reads a file.
///
/// # Errors
///
/// When it cannot be read, or is none of a firmware's variables.
pub fn read(path: &Path) -> Result<Variables, Error> {
    parse(&reading::file(path, LARGEST, "file of a firmware's variables")?)
}

/// Takes the bytes of a file apart.
fn parse(bytes: &[u8]) -> Result<Variables, Error> {
    match bytes {
        [] => Err(Error::Empty),
        [b'Q', b'F', b'I', 0xfb, ..] => Err(Error::Qcow2),
        [b'{', ..] => json(bytes),
        _ => flash(bytes),
    }
}

/// The variables in QEMU's file (`qapi/uefi.json`).
fn json(bytes: &[u8]) -> Result<Variables, Error> {
    #[derive(Deserialize)]
    struct All {
        variables: Vec<One>,
    }
    #[derive(Deserialize)]
    struct One {
        name: String,
        guid: Guid,
        #[serde(with = "hex::serde")]
        data: Vec<u8>,
    }
    let all: All = serde_json::from_slice(bytes)?;
    Ok(Variables(all.variables.into_iter().map(|one| ((one.name, one.guid), one.data)).collect()))
}

/// The beginning of `EFI_FIRMWARE_VOLUME_HEADER`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Volume {
    _zero: [u8; 16],
    format: RawGuid,
    _length: [u8; 8],
    signature: [u8; 4],
    _attributes: U32,
    header: U16,
}

/// `VARIABLE_STORE_HEADER`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Store {
    format: RawGuid,
    size: U32,
    _state: [u8; 8],
}

/// `gEfiAuthenticatedVariableGuid`, the only format that Secure Boot's keys can be in.
const AUTHENTICATED: Guid = guid!("aaf32c78-947b-439a-a180-2e144ec37792");

/// `AUTHENTICATED_VARIABLE_HEADER`.
#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Header {
    start: U16,
    state: u8,
    _reserved: u8,
    _attributes: U32,
    _count: [u8; 8],
    _time: [u8; 16],
    _key: U32,
    name: U32,
    data: U32,
    guid: RawGuid,
}

/// What a variable begins with, and what nothing was written to.
const START: u16 = 0x55aa;
const FREE: u16 = 0xffff;

/// `VAR_ADDED`, and the same when another is about to take its place.
const VALID: u8 = 0x3f;
const LEAVING: u8 = 0x3e;

/// The variables in flash memory.
fn flash(bytes: &[u8]) -> Result<Variables, Error> {
    let (volume, _) = Volume::read_from_prefix(bytes).map_err(|_| Error::NoStore)?;
    if Guid::from(volume.format) != NvData || volume.signature != *b"_FVH" {
        return Err(Error::NoStore);
    }
    let start = usize::from(volume.header.get());
    let store = bytes.get(start..).unwrap_or_default();
    let (head, _) = Store::read_from_prefix(store).map_err(|_| Error::NoStore)?;
    if Guid::from(head.format) != AUTHENTICATED {
        return Err(Error::NoStore);
    }
    let store = store.get(..size(head.size)).ok_or(Error::Damaged(bytes.len()))?;
    let mut variables = Variables::default();
    let mut at = size_of::<Store>();
    while let Some((header, _)) = store.get(at..).and_then(|rest| Header::read_from_prefix(rest).ok()) {
        if header.start == FREE {
            break;
        }
        let (id, data, end) = variable(store, at, &header).ok_or(Error::Damaged(start + at))?;
        match header.state {
            VALID => drop(variables.0.insert(id, data)),
            LEAVING => drop(variables.0.entry(id).or_insert(data)),
            _ => {}
        }
        at = end.next_multiple_of(4);
    }
    Ok(variables)
}

/// A variable in a store, and where it ends; nothing if there is none.
fn variable(store: &[u8], at: usize, header: &Header) -> Option<(Id, Vec<u8>, usize)> {
    // What was being written when the machine lost its power has no sizes yet.
    let length = |of: U32| if of == u32::MAX { 0 } else { size(of) };
    let name = at + size_of::<Header>();
    let data = name.checked_add(length(header.name))?;
    let end = data.checked_add(length(header.data))?;
    let units = store.get(name..data)?.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    let content = store.get(data..end)?.to_vec();
    (header.start == START).then(|| ((text.trim_end_matches('\0').to_owned(), header.guid.into()), content, end))
}

fn size(of: U32) -> usize {
    usize::try_from(of.get()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A store with these variables: the state, the name and the data of each.
    fn store(variables: &[(u8, &str, &[u8])]) -> Vec<u8> {
        let mut inside = Vec::new();
        for (state, name, data) in variables {
            let name: Vec<u8> = format!("{name}\0").encode_utf16().flat_map(u16::to_le_bytes).collect();
            inside.extend([0xaa, 0x55, *state, 0]);
            inside.extend([0; 32]);
            inside.extend(u32::try_from(name.len()).unwrap().to_le_bytes());
            inside.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
            inside.extend(NvData.to_bytes());
            inside.extend(name);
            inside.extend(*data);
            inside.resize(inside.len().next_multiple_of(4), 0xff);
        }
        inside.extend([0xff; 64]);
        let mut bytes = [[0; 16], NvData.to_bytes()].concat();
        bytes.extend([0; 8]);
        bytes.extend(b"_FVH");
        bytes.extend([0, 0, 0, 0, 72, 0]);
        bytes.resize(72, 0);
        bytes.extend(AUTHENTICATED.to_bytes());
        bytes.extend(u32::try_from(28 + inside.len()).unwrap().to_le_bytes());
        bytes.extend([0x5a, 0xfe, 0, 0, 0, 0, 0, 0]);
        bytes.extend(inside);
        bytes
    }

    fn of<'a>(variables: &'a Variables, name: &'static str) -> Option<&'a [u8]> {
        variables.get(&ConstVarId::new(name, &NvData))
    }

    #[test]
    fn of_variables_that_were_replaced_the_newest_counts() {
        let all: &[(u8, &str, &[u8])] = &[
            (VALID, "odd", b"three"),
            (LEAVING, "both", b"old"),
            (VALID, "both", b"new"),
            (0x3d, "deleted", b"x"),
            (0x7f, "begun", b"x"),
            (LEAVING, "only", b"here"),
        ];
        let variables = parse(&store(all)).unwrap();
        assert_eq!(of(&variables, "odd"), Some(&b"three"[..]));
        assert_eq!(of(&variables, "both"), Some(&b"new"[..]));
        assert_eq!(of(&variables, "only"), Some(&b"here"[..]));
        assert_eq!((of(&variables, "deleted"), of(&variables, "begun")), (None, None));
    }

    #[test]
    fn variables_that_qemu_keeps_are_read() {
        let json =
            br#"{"version": 2, "variables": [{"name": "PK", "guid": "8be4df61-93ca-11d2-aa0d-00e098032b8c", "attr": 39,
            "data": "0aff", "time": "00"}]}"#;
        assert_eq!(parse(json).unwrap().get(&virtfw_libefi::efivar::ids::PK), Some(&[0x0a, 0xff][..]));
    }

    #[test]
    fn what_cannot_be_read_is_refused_wherever_it_is_damaged() {
        let says = |bytes: &[u8]| parse(bytes).err().map(|error| error.to_string()).unwrap_or_default();
        let good = store(&[(VALID, "PK", b"key"), (VALID, "KEK", b"keys")]);
        for (bytes, wanted) in [
            (&b""[..], "is empty"),
            (b"QFI\xfb\0\0\0\x03", "is a qcow2 image"),
            (b"{}", "is JSON, but not as QEMU writes"),
            (br#"{"variables": [{"name": "PK", "guid": "?", "data": ""}]}"#, "is JSON, but not as QEMU writes"),
            (b"<domain/>", "has no UEFI variables"),
            (&[0; 6000], "has no UEFI variables"),
            (&good[..90], "has no UEFI variables"),
            (&good[..150], "is damaged at byte 150"),
        ] {
            assert!(says(bytes).starts_with(wanted), "{wanted}: {}", says(bytes));
        }
        let second = 72 + 28 + 60 + 6 + 3 + 3;
        for (place, byte) in [(second, 0), (second + 36, 0x7f), (second + 43, 0x7f)] {
            let mut bytes = good.clone();
            bytes[place] = byte;
            assert!(says(&bytes).starts_with(&format!("is damaged at byte {second}, ")), "{}", says(&bytes));
        }
        // Whatever a byte is, there is an answer.
        for place in 0..good.len() {
            for byte in [0, 0x7f, 0xff] {
                let mut bytes = good.clone();
                bytes[place] = byte;
                let _ = (parse(&bytes), parse(&bytes[..place]));
            }
        }
    }
}
