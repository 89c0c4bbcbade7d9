//! libxml2's `RelaxNG` validator, which is the one libvirt itself uses, behind a safe interface.
//!
//! The libxml crate has bindings for these functions but no safe wrapper, so this module has unsafe code. It relies on this:
//!
//! - Every pointer is made, used and freed by the one value that owns it, and never leaves it.
//! - libxml2 reports errors through a callback that is set for the current thread; `collect_errors` sets it, runs one
//!   call and takes it back, also when that call panics. Values hold raw pointers and so stay on their thread.

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::ptr;
use std::sync::Once;

use libxml::bindings as xml;

/// Something libxml2 has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Line, from 1; 0 if libxml2 does not know.
    pub line: u32,
    /// Column, from 1; 0 if libxml2 does not know. Only a parser does.
    pub column: u32,
    /// What it says.
    pub text: String,
}

impl Message {
    /// Something to say of a line.
    #[must_use]
    pub fn at(line: u32, text: impl Into<String>) -> Message {
        Message { line, column: 0, text: text.into() }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A parsed document.
#[derive(Debug)]
pub struct Document(xml::xmlDocPtr);

impl Document {
    /// Parses a text without a byte order mark, without network and without resolving entities. As for libvirt, it is UTF-8
    /// whatever it says of itself.
    ///
    /// # Errors
    ///
    /// What libxml2 says when the text is not well-formed XML.
    pub fn parse(text: &str) -> Result<Document, Vec<Message>> {
        let Ok(size) = c_int::try_from(text.len()) else {
            return Err(vec![Message::at(0, "the file is larger than libxml2 reads")]);
        };
        // Where it is told the encoding, libxml2 takes this for one more mark of it. libvirt does not tell it.
        if text.starts_with('\u{feff}') {
            return Err(vec![Message::at(1, "Start tag expected, '<' not found")]);
        }
        let (document, messages) = collect_errors(|| Parser::of_this_thread(|parser| parser.read(text, size)));
        if document.is_null() { Err(messages) } else { Ok(Document(document)) }
    }

    /// The name of the root element, without a prefix.
    #[must_use]
    pub fn root(&self) -> String {
        // SAFETY: the pointer is a live document's; an element's name is a C string that lives as long.
        unsafe {
            let root = xml::xmlDocGetRootElement(self.0);
            if root.is_null() {
                return String::new();
            }
            CStr::from_ptr((*root).name.cast::<c_char>()).to_string_lossy().into_owned()
        }
    }

    /// Whether it has a document type declaration, external or internal.
    #[must_use]
    pub fn has_doctype(&self) -> bool {
        // SAFETY: the pointer is a live document's; the function only reads.
        unsafe { !xml::xmlGetIntSubset(self.0).is_null() }
    }
}

impl Drop for Document {
    fn drop(&mut self) {
        // SAFETY: the pointer came from xmlReadMemory, is not null and has not been freed.
        unsafe { xml::xmlFreeDoc(self.0) }
    }
}

/// A parser, with the names that it has met.
struct Parser {
    context: xml::xmlParserCtxtPtr,
    /// How many documents it may still read.
    left: u32,
}

/// How many documents one parser reads. The names of all that it has read stay in memory.
const READS: u32 = 1_000;

impl Parser {
    fn new() -> Parser {
        // SAFETY: the context may be null, and is looked at only if it is not; its handlers are its own. Without one for
        // comments, which no schema looks at, there are none in the documents.
        let context = unsafe {
            let context = xml::xmlNewParserCtxt();
            if !context.is_null() {
                (*(*context).sax).comment = None;
            }
            context
        };
        Parser { context, left: READS }
    }

    /// The document that is `size` bytes of text, or null.
    fn read(&mut self, text: &str, size: c_int) -> xml::xmlDocPtr {
        let options = xml::xmlParserOption_XML_PARSE_NONET
            | xml::xmlParserOption_XML_PARSE_BIG_LINES
            | xml::xmlParserOption_XML_PARSE_COMPACT;
        if self.context.is_null() {
            return ptr::null_mut();
        }
        self.left = self.left.saturating_sub(1);
        let text = text.as_ptr().cast::<c_char>();
        // SAFETY: the context is not null; `text` is `size` bytes long and outlives the call, as the name of the encoding does; the
        // address of the document may be null by contract. The call forgets what the context read before, but for names, which a
        // document keeps alive as long as it lives.
        unsafe {
            xml::xmlCtxtReadMemory(self.context, text, size, ptr::null(), c"UTF-8".as_ptr(), options.cast_signed())
        }
    }

    /// Runs something with the parser that this thread keeps.
    fn of_this_thread<T>(read: impl FnOnce(&mut Parser) -> T) -> T {
        thread_local! {
            static PARSER: RefCell<Option<Parser>> = const { RefCell::new(None) };
        }
        PARSER.with_borrow_mut(|kept| {
            let kept = match kept {
                Some(parser) if parser.left > 0 => parser,
                _ => kept.insert(Parser::new()),
            };
            read(kept)
        })
    }
}

impl Drop for Parser {
    fn drop(&mut self) {
        // SAFETY: the pointer came from xmlNewParserCtxt and has not been freed; null is ignored.
        unsafe { xml::xmlFreeParserCtxt(self.context) }
    }
}

/// A compiled schema.
pub struct Schema(xml::xmlRelaxNGPtr);

impl Schema {
    /// Compiles the schema in a file, with everything it includes.
    ///
    /// # Errors
    ///
    /// What libxml2 says when the file cannot be read or is no schema.
    pub fn compile(path: &Path) -> Result<Schema, Vec<Message>> {
        // libxml2 prints past its error callback when the file is not there.
        if let Err(error) = std::fs::File::open(path) {
            return Err(vec![Message::at(0, error.to_string())]);
        }
        let Ok(name) = CString::new(path.as_os_str().as_bytes()) else {
            return Err(vec![Message::at(0, "the path contains a NUL byte")]);
        };
        // SAFETY: `name` is a C string that outlives the call.
        Schema::from_parser(|| unsafe { xml::xmlRelaxNGNewParserCtxt(name.as_ptr()) })
    }

    /// Compiles a schema that includes nothing.
    ///
    /// # Errors
    ///
    /// What libxml2 says when the text is no schema.
    pub fn compile_text(text: &str) -> Result<Schema, Vec<Message>> {
        let Ok(size) = c_int::try_from(text.len()) else {
            return Err(vec![Message::at(0, "the schema is larger than libxml2 reads")]);
        };
        // SAFETY: `text` is `size` bytes long and outlives `from_parser`, which frees the context.
        Schema::from_parser(|| unsafe { xml::xmlRelaxNGNewMemParserCtxt(text.as_ptr().cast::<c_char>(), size) })
    }

    /// Runs a parser that `new` makes.
    fn from_parser(new: impl FnOnce() -> xml::xmlRelaxNGParserCtxtPtr) -> Result<Schema, Vec<Message>> {
        // SAFETY: the parser context is freed before it is forgotten.
        let (schema, messages) = collect_errors(|| unsafe {
            let context = new();
            if context.is_null() {
                return ptr::null_mut();
            }
            let schema = xml::xmlRelaxNGParse(context);
            xml::xmlRelaxNGFreeParserCtxt(context);
            schema
        });
        if schema.is_null() { Err(messages) } else { Ok(Schema(schema)) }
    }

    /// Judges a document. `Ok` with no messages is the verdict "valid".
    ///
    /// # Errors
    ///
    /// When libxml2 itself fails, and there is no verdict.
    pub fn validate(&self, document: &Document) -> Result<Vec<Message>, Vec<Message>> {
        // SAFETY: both pointers are owned by live values; the validation context is freed before it is forgotten.
        let (verdict, messages) = collect_errors(|| unsafe {
            let context = xml::xmlRelaxNGNewValidCtxt(self.0);
            if context.is_null() {
                return -1;
            }
            let verdict = xml::xmlRelaxNGValidateDoc(context, document.0);
            xml::xmlRelaxNGFreeValidCtxt(context);
            verdict
        });
        match verdict {
            0 => Ok(Vec::new()),
            1.. if messages.is_empty() => Ok(vec![Message::at(0, "libxml2 rejects it without a reason")]),
            1.. => Ok(messages),
            _ => Err(messages),
        }
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        // SAFETY: the pointer came from xmlRelaxNGParse, is not null and has not been freed.
        unsafe { xml::xmlRelaxNGFree(self.0) }
    }
}

static INIT: Once = Once::new();

/// Takes the error callback back when it goes, also in a panic.
struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        // SAFETY: null restores the default.
        unsafe { xml::xmlSetStructuredErrorFunc(ptr::null_mut(), None) }
    }
}

/// Runs `call` and collects what libxml2 reports meanwhile.
fn collect_errors<T>(call: impl FnOnce() -> T) -> (T, Vec<Message>) {
    // SAFETY: initialization, once, before any other use.
    INIT.call_once(|| unsafe {
        xml::xmlInitParser();
        // Of themselves these run when the first schema is compiled, which several threads may do at the same time.
        xml::xmlSchemaInitTypes();
        xml::xmlRelaxNGInitTypes();
    });

    let mut messages: Vec<Message> = Vec::new();
    let result = {
        // SAFETY: `messages` outlives the guard, which takes the pointer back, and is not touched in between but by
        // the callback.
        unsafe { xml::xmlSetStructuredErrorFunc((&raw mut messages).cast::<c_void>(), Some(on_error)) };
        let _guard = Guard;
        call()
    };
    (result, messages)
}

/// libxml2 2.12 made the error that a callback gets `const`; this fits both.
trait ErrorPointer {
    fn get(self) -> *const xml::xmlError;
}

impl ErrorPointer for *mut xml::xmlError {
    fn get(self) -> *const xml::xmlError {
        self.cast_const()
    }
}

impl ErrorPointer for *const xml::xmlError {
    fn get(self) -> *const xml::xmlError {
        self
    }
}

unsafe extern "C" fn on_error<P: ErrorPointer>(messages: *mut c_void, error: P) {
    // SAFETY: `messages` is what `collect_errors` set; libxml2 passes an error that lives during the call.
    let (messages, error) = unsafe { (&mut *messages.cast::<Vec<Message>>(), &*error.get()) };
    let text = if error.message.is_null() {
        String::new()
    } else {
        // SAFETY: a message that is not null is a C string.
        unsafe { CStr::from_ptr(error.message) }.to_string_lossy().trim().replace('\n', "; ")
    };
    // What a parser says has its column in the second number; elsewhere that number is something else.
    let is_parser_s = error.domain.cast_unsigned() == xml::xmlErrorDomain_XML_FROM_PARSER;
    let column = if is_parser_s { u32::try_from(error.int2).unwrap_or(0) } else { 0 };
    messages.push(Message { line: u32::try_from(error.line).unwrap_or(0), column, text });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_its_line_however_long_the_document_is() {
        let schema = "<element name='a' xmlns='http://relaxng.org/ns/structure/1.0'><empty/></element>";
        let schema = Schema::compile_text(schema).unwrap();
        let messages = |lines: usize| {
            let document = Document::parse(&format!("<a>{}<b/></a>", "\n".repeat(lines))).unwrap();
            schema.validate(&document).unwrap()
        };
        assert_eq!(
            [2, 70_000].map(|lines| messages(lines).last().map(|message| message.line)),
            [Some(3), Some(70_001)]
        );
        assert!(messages(0).iter().all(|message| message.to_string() == message.text && !message.text.is_empty()));
    }
}
