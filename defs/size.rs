//! Amounts of memory and disk, as libvirt writes them: a whole number and its unit (`scaledInteger` in its schemas).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An amount of memory or disk: the content of an element, with its `unit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Unit of `value`.
    #[serde(rename = "@unit")]
    pub unit: Unit,
    /// Amount, in `unit`s.
    #[serde(rename = "$text")]
    pub value: u64,
}

/// A unit, by the name that libvirt prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Unit {
    #[serde(rename = "bytes")]
    Bytes,
    KiB,
    MiB,
    GiB,
    TiB,
}

impl Unit {
    const ALL: [Unit; 5] = [Unit::Bytes, Unit::KiB, Unit::MiB, Unit::GiB, Unit::TiB];

    /// The name that libvirt prints.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Unit::Bytes => "bytes",
            Unit::KiB => "KiB",
            Unit::MiB => "MiB",
            Unit::GiB => "GiB",
            Unit::TiB => "TiB",
        }
    }

    /// How many bytes it has, as a power of two.
    const fn shift(self) -> u32 {
        match self {
            Unit::Bytes => 0,
            Unit::KiB => 10,
            Unit::MiB => 20,
            Unit::GiB => 30,
            Unit::TiB => 40,
        }
    }
}

impl Size {
    /// Whole GiB.
    #[must_use]
    pub const fn gib(value: u64) -> Size {
        Size { unit: Unit::GiB, value }
    }

    /// In bytes. Wider than libvirt's own numbers, so that no size is too large to be compared.
    #[must_use]
    pub const fn bytes(self) -> u128 {
        (self.value as u128) << self.unit.shift()
    }
}

/// `4 GiB`.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.value, self.unit.name())
    }
}

/// Why a text is no size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no size; write a whole number and its unit (bytes, KiB, MiB, GiB or TiB), like 4GiB or 512 MiB")]
pub struct SizeError(String);

/// `4GiB` or `4 GiB`. A number alone is refused: libvirt would take KiB for memory and bytes for disks.
impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Size, SizeError> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (value, name) = (text[..digits].parse(), text[digits..].trim());
        let unit = Unit::ALL.into_iter().find(|unit| unit.name() == name);
        match (value, unit) {
            // libvirt counts bytes in 64 bits.
            (Ok(value), Some(unit)) if u64::try_from(Size { unit, value }.bytes()).is_ok() => Ok(Size { unit, value }),
            _ => Err(SizeError(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_read_as_it_is_written() {
        for size in [Size::gib(4), Size { unit: Unit::MiB, value: 1536 }, Size { unit: Unit::Bytes, value: 1 }] {
            assert_eq!(size.to_string().parse(), Ok(size));
        }
        assert_eq!("6GiB".parse(), Ok(Size::gib(6)));
        assert_eq!(Size { unit: Unit::KiB, value: 3 }.bytes(), 3072);
        for wrong in
            ["", "4", "GiB", "4 GB", "-1 GiB", "1.5 GiB", "4 gib", "16777216 TiB", "99999999999999999999 bytes"]
        {
            assert_eq!(wrong.parse::<Size>(), Err(SizeError(wrong.to_owned())));
        }
    }
}
