//! What is said of small documents against small schemas.

use std::fs;

use super::*;

/// What is said of a text that a pattern rejects.
fn explained(schema: &str, text: &str) -> Vec<String> {
    let rejections = rejections(schema, text).into_iter();
    rejections.map(|rejection| format!("{}: {}", rejection.message, rejection.help)).collect()
}

fn rejections(schema: &str, text: &str) -> Vec<Rejection> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schema.rng");
    let schema = format!("<grammar xmlns='http://relaxng.org/ns/structure/1.0'><start>{schema}</start></grammar>");
    fs::write(&path, &schema).unwrap();
    let compiled = relaxng::Schema::compile_text(&schema).unwrap();
    let judge = judge(&compiled);
    assert!(!judge(text), "{text} is valid");
    explain(text, &Grammar::read(&path), &[], &judge)
}

#[test]
fn a_text_that_does_not_go_with_an_attribute_is_not_said_to_be_unknown() {
    let pair = |kind, text| {
        format!("<group><attribute name='kind'><value>{kind}</value></attribute><value>{text}</value></group>")
    };
    let schema = format!("<element name='top'><choice>{}{}</choice></element>", pair("a", "one"), pair("b", "two"));
    assert_eq!(
        explained(&schema, "<top kind='a'>two</top>"),
        ["what is in this <top> does not go together: what is accepted here is for example <top kind=\"a\">one</top>"]
    );
}

#[test]
fn a_value_that_does_not_help_is_not_offered() {
    let schema = "<element name='top'><attribute name='kind'><choice><value>one</value><value>two</value></choice></attribute>\
                  <element name='must'><empty/></element></element>";
    assert_eq!(
        explained(schema, "<top kind='onee'><must/></top>"),
        ["`kind` of <top> cannot be `onee`: did you mean `one`?"]
    );
    // Something is missing as well, so that no value is accepted.
    let said = explained(schema, "<top kind='onee'/>");
    assert_eq!(said, ["`kind` of <top> cannot be `onee`: expected one of `one`, `two`"]);
}

#[test]
fn a_text_beside_another_fault_is_a_text() {
    let schema = "<element name='top'><zeroOrMore><element name='may'><empty/></element></zeroOrMore></element>";
    let said = [
        "<top> cannot contain \"text\": it has no text; write <!-- and --> around a comment",
        "<top> does not have an element <other>: <top> may contain <may>",
    ];
    assert_eq!(explained(schema, "<top>text<other/></top>"), said);
    assert_eq!(explained(schema, "<top>text</top>"), said[..1]);
}

#[test]
fn a_text_is_marked_as_it_is_written() {
    let schema = "<element name='top'><value>one</value></element>";
    for (text, marked) in [
        ("<top>\n two\n</top>", "two"),
        ("<top>t&#119;o</top>", "t&#119;o"),
        ("<top><![CDATA[two]]></top>", "<![CDATA[two]]>"),
        ("<top> </top>", "<top>"),
        ("<top/>", "<top/>"),
    ] {
        let spans = rejections(schema, text).into_iter().map(|rejection| &text[rejection.span]);
        assert_eq!(spans.collect::<Vec<_>>(), [marked], "{text}");
    }
}

#[test]
fn a_value_that_no_example_is_known_for_is_wrong_all_the_same() {
    let data = "<data type='string' datatypeLibrary='http://www.w3.org/2001/XMLSchema-datatypes'>\
                <param name='pattern'>qx[0-9]{3}zz</param></data>";
    let schema =
        format!("<element name='top'><optional><attribute name='kind'>{data}</attribute></optional></element>");
    let said = explained(&schema, "<top kind='no'/>").concat();
    assert!(said.starts_with("`kind` of <top> cannot be `no`: "), "{said}");
}

#[test]
fn what_libxml2_says_stands_at_its_line() {
    let text = "<a>\n  <b/>  \n<c/></a>\n";
    let at = |line| {
        let rejection = verbatim(text, &Message::at(line, "no"));
        (text[rejection.span].to_owned(), rejection.message)
    };
    assert_eq!([1, 2, 3].map(|line| at(line).0), ["<a>", "  <b/>", "<c/></a>"]);
    // It does not always know a line.
    assert_eq!((at(0).0, at(9)), ("<a>".to_owned(), (String::new(), "no".to_owned())));
}

#[test]
fn an_element_that_need_say_nothing_is_an_example_of_itself() {
    let schema = "<element name='top'><element name='must'><optional><element name='may'><empty/></element></optional>\
                  </element></element>";
    assert_eq!(explained(schema, "<top/>"), ["<top> lacks <must>: add for example <must/>"]);
}

const NUMBER: &str = "<data type='unsignedInt' datatypeLibrary='http://www.w3.org/2001/XMLSchema-datatypes'/>";

#[test]
fn a_word_and_a_number_that_would_do_are_both_offered() {
    let schema = format!(
        "<element name='top'><attribute name='port'><choice><value>auto</value>{NUMBER}</choice></attribute></element>"
    );
    let said = explained(&schema, "<top port='x'/>").concat();
    assert!(said.contains("`auto`") && said.contains("number"), "{said}");
}

#[test]
fn a_number_that_would_not_do_here_is_not_offered() {
    let pair = |kind, port| {
        format!(
            "<group><attribute name='kind'><value>{kind}</value></attribute><attribute name='port'>{port}</attribute></group>"
        )
    };
    let pairs = pair("a", NUMBER) + &pair("b", "<value>auto</value>");
    let schema = format!("<element name='top'><choice>{pairs}</choice></element>");
    let said = explained(&schema, "<top kind='b' port='x'/>").concat();
    assert!(said.contains("`auto`") && !said.contains("number"), "{said}");
}
