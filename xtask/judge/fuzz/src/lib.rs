//! What must hold for any bytes at all: one function a target.
//!
//! `fuzz_targets/` has a target for each, and `tests/fuzz_corpus.rs` replays what is checked in under `corpus/` with a
//! stable compiler; it includes this file. To fuzz, in `xtask/judge/`:
//!
//! ```sh
//! cargo +nightly fuzz run --fuzz-dir fuzz explain fuzz/corpus/explain tests/broken -- -dict=fuzz/xml.dict -timeout=20
//! ```
//!
//! An input that was worth a fix goes to `corpus/` under a name that says what it was; the rest that libFuzzer finds
//! stays out of git. A new target is a function here, four lines in `fuzz_targets/`, a `[[bin]]` and a corpus.

use std::cell::Cell;
use std::ops::Range;

use domain_definitions::Connection;
use domain_definitions::rules::{self, Target};
use domain_definitions::version::{since, v};
use judge::explain::{self, QUESTIONS};
use judge::input::{self, Input};
use judge::report::{Format, Located, Report, Verdict};
use judge::schemas::{self, Compiler};

/// What is read is well-formed for both parsers, but for namespaces; what is refused has a line and a reason of one line.
pub fn input(bytes: &[u8]) {
    use roxmltree::Error as E;
    match input::parse(bytes) {
        Ok(input) => match roxmltree::Document::parse(&input.text) {
            Ok(document) => {
                // libxml2 leaves an undeclared prefix in the name.
                let root = input.document.root();
                assert_eq!(Some(document.root_element().tag_name().name()), root.rsplit(':').next());
            }
            // libvirt takes such names, and with them the document; so it is read, though explained with less.
            Err(
                E::InvalidName(_)
                | E::InvalidElementNamePrefix(_)
                | E::UnknownNamespace(..)
                | E::DuplicatedNamespace(..)
                | E::DuplicatedAttribute(..)
                | E::InvalidXmlPrefixUri(_)
                | E::UnexpectedXmlUri(_)
                | E::UnexpectedXmlnsUri(_),
            ) => {}
            Err(error) => panic!("{error}: {:?}", input.text),
        },
        Err(error) => {
            assert!(!error.to_string().contains('\n'), "{error:?}");
            let report = Report::refused("fuzz.xml".to_owned(), error);
            for finding in &report.findings {
                assert!(finding.line >= 1);
                has_a_place(&report.text, &finding.span, finding.context.as_ref());
            }
            shown(&report);
        }
    }
}

/// What is rejected is explained: with places that exist, without many questions, in every format.
pub fn explain(bytes: &[u8]) {
    thread_local! {
        static COMPILER: Compiler = schemas::load(&[]).expect("libvirt's schemas are installed")[0].compiler();
    }
    let Ok(Input { document, text, .. }) = input::parse(bytes) else { return };
    COMPILER.with(|compiler| {
        let Some(compiled) = compiler.schema(&document.root()) else { return };
        let compiled = compiled.expect("libvirt's schemas can be used");
        let Ok(messages) = compiled.schema.validate(&document) else { return };
        if messages.is_empty() {
            return;
        }
        let questions = Cell::new(0);
        let judge = explain::judge(&compiled.schema);
        let counted = |variant: &str| {
            questions.set(questions.get() + 1);
            judge(variant)
        };
        let rejections = explain::explain(&text, compiled.grammar(), &messages, &counted);
        assert!(questions.get() <= QUESTIONS);
        assert!(!rejections.is_empty());
        for rejection in &rejections {
            has_a_place(&text, &rejection.span, rejection.context.as_ref());
        }
        let located = |rejection| Located::by_schema(&text, rejection, String::new());
        let findings = rejections.into_iter().map(located).collect();
        let path = "fuzz.xml".to_owned();
        let verdict = Verdict::Invalid;
        let (schemas, unjudged, libvirt, piece) = (Vec::new(), None, None, None);
        shown(&Report { path, verdict, schemas, unjudged, libvirt, piece, findings, text });
    });
}

/// Whatever a domain is, the rules judge it, with places that exist, in every format.
pub fn rules(bytes: &[u8]) {
    let Ok(Input { text, .. }) = input::parse(bytes) else { return };
    let Ok(document) = roxmltree::Document::parse(&text) else { return };
    let stated = Target::stated(&document);
    let newest = since(v(99, 0, 0), v(99, 0, 0)).on_linux(99, 0);
    for target in [stated, Target { floor: newest, connection: Some(Connection::Session), hypervisor: None }] {
        let findings = domain_definitions::rules::judge(&document, target);
        for finding in &findings {
            has_a_place(&text, &finding.violation.span, finding.violation.context.as_ref());
        }
        let located = |finding: rules::Finding| {
            let severity = finding.severity;
            Located::by_rule(&text, finding, severity)
        };
        let findings: Vec<_> = findings.into_iter().map(located).collect();
        if !findings.is_empty() {
            let path = "fuzz.xml".to_owned();
            let (verdict, text) = (Verdict::Valid, text.clone());
            let (schemas, unjudged, libvirt, piece) = (Vec::new(), None, None, None);
            shown(&Report { path, verdict, schemas, unjudged, libvirt, piece, findings, text });
        }
    }
}

fn has_a_place(text: &str, span: &Range<usize>, context: Option<&(Range<usize>, String)>) {
    let context = context.map(|(span, _)| span);
    for span in context.into_iter().chain([span]) {
        assert!(text.get(span.clone()).is_some(), "{span:?} in {text:?}");
    }
}

fn shown(report: &Report) {
    for format in [Format::Human, Format::Json, Format::Github] {
        let shown = report.shown(format);
        assert!(!shown.trim().is_empty());
        if format != Format::Human {
            let lines = if format == Format::Json { 1 } else { report.findings.len() };
            assert_eq!(shown.lines().count(), lines, "{shown}");
        }
    }
}
