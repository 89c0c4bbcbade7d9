//! Whether a text is a path: what the compiler runs over those in a `static`.

/// Why a text is not a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a path: expected {expected} at byte {byte}")]
pub struct PathError {
    /// Where the text stops being a path, counted from 0.
    pub byte: usize,
    /// What should stand there.
    pub expected: &'static str,
}

/// Checks a whole path.
pub(super) const fn path(bytes: &[u8]) -> Result<(), PathError> {
    let mut at = if has(bytes, 0, b'/') && has(bytes, 1, b'/') { 2 } else { 0 };
    loop {
        at = if has(bytes, at, b'*') {
            at + 1
        } else {
            match name(bytes, at, "the name of an element") {
                Ok(end) => end,
                Err(error) => return Err(error),
            }
        };
        while has(bytes, at, b'[') {
            at = match condition(bytes, at + 1) {
                Ok(end) => end,
                Err(error) => return Err(error),
            };
        }
        if at == bytes.len() {
            return Ok(());
        }
        if bytes[at] != b'/' {
            return Err(PathError { byte: at, expected: "`/` or `[`" });
        }
        at += 1;
        if has(bytes, at, b'@') || has(bytes, at, b'.') {
            return tail(bytes, at);
        }
    }
}

const fn has(bytes: &[u8], at: usize, byte: u8) -> bool {
    at < bytes.len() && bytes[at] == byte
}

/// Where a name ends that begins here.
const fn name(bytes: &[u8], begin: usize, expected: &'static str) -> Result<usize, PathError> {
    let mut at = begin;
    while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || matches!(bytes[at], b'_' | b'-')) {
        at += 1;
    }
    if at == begin || bytes[begin].is_ascii_digit() || bytes[begin] == b'-' {
        return Err(PathError { byte: begin, expected });
    }
    Ok(at)
}

/// Where a condition ends whose `[` is before this.
const fn condition(bytes: &[u8], begin: usize) -> Result<usize, PathError> {
    let mut at = begin;
    if has(bytes, at, b'@') {
        at = match name(bytes, at + 1, "the name of an attribute") {
            Ok(end) => end,
            Err(error) => return Err(error),
        };
        if !has(bytes, at, b'=') {
            return Err(PathError { byte: at, expected: "`=` and a value" });
        }
        at += 1;
        let value = at;
        while at < bytes.len() && bytes[at] != b']' {
            at += 1;
        }
        if at == value {
            return Err(PathError { byte: at, expected: "a value" });
        }
    } else {
        while at < bytes.len() && bytes[at].is_ascii_digit() {
            at += 1;
        }
        if at == begin || bytes[begin] == b'0' {
            return Err(PathError { byte: begin, expected: "`@` or a number from 1" });
        }
    }
    if has(bytes, at, b']') { Ok(at + 1) } else { Err(PathError { byte: at, expected: "`]`" }) }
}

/// Checks what follows the last element.
const fn tail(bytes: &[u8], begin: usize) -> Result<(), PathError> {
    let end = if bytes[begin] == b'@' {
        match name(bytes, begin + 1, "the name of an attribute") {
            Ok(end) => end,
            Err(error) => return Err(error),
        }
    } else {
        begin + 1
    };
    if end == bytes.len() && bytes[begin] == b'@' {
        return Ok(());
    }
    if !has(bytes, end, b'=') || end + 1 == bytes.len() {
        return Err(PathError { byte: end, expected: "`=` and a value" });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::path::XmlPath;

    #[test]
    fn a_mistake_is_an_error_at_its_byte() {
        let errors = [
            ("", 0),
            ("/a", 0),
            ("///a", 2),
            ("a/", 2),
            ("a//b", 2),
            ("a/b]", 3),
            ("a[0]", 2),
            ("a[01]", 2),
            ("a[1x]", 3),
            ("a[x]", 2),
            ("a[]", 2),
            ("a[1", 3),
            ("a[@b]", 4),
            ("a[@b=]", 5),
            ("a[@=c]", 3),
            ("a[@b=c", 6),
            ("a[1]b", 4),
            ("a b", 1),
            ("1a", 0),
            ("**", 1),
            ("@a", 0),
            ("a/@", 3),
            ("a/@b/c", 4),
            ("a/@b=", 4),
            ("a/.", 3),
            ("a/.b", 3),
            ("a/.=", 3),
        ];
        for (text, byte) in errors {
            assert_eq!(XmlPath::parse(text).map_err(|error| error.byte), Err(byte), "{text:?}");
        }
    }
}
