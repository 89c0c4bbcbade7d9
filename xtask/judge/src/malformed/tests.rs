//! What is said of the mistakes that people make, and that the repair is one.

use super::*;

/// What is marked, what is said of it, what is to be done, and what it is then; the last is empty if nothing is certain.
fn explained(text: &str) -> [String; 4] {
    let messages = Document::parse(text).expect_err(text);
    let rejection = explain(text, &messages[0]);
    let repaired = rejection.repair.map(|repair| repair.applied(text)).unwrap_or_default();
    [text[rejection.span].to_owned(), rejection.message, rejection.help, repaired]
}

/// What is wrong, what is marked, what is said, what is to be done, and what it is then.
const REPAIRED: &[[&str; 5]] = &[
    [
        "<a><!-- x --y -- --></a>",
        "--",
        "a comment cannot contain `--`",
        "write `- -` in its place",
        "<a><!-- x - -y - - --></a>",
    ],
    ["<a><!-- x ---></a>", "--", "a comment cannot contain `--`", "write `- -` in its place", "<a><!-- x --></a>"],
    [
        "<a><!-- x <!-- y --> z --></a>",
        "<!--",
        "a comment cannot stand in a comment",
        "write the marks of the inner one as `<!- -` and `- ->`",
        "<a><!-- x <!- - y - -> z --></a>",
    ],
    ["<a b='x & y'/>", "&", "`&` begins an entity", "write `&amp;` for the character itself", "<a b='x &amp; y'/>"],
    ["<a>x&y</a>", "&", "`&` begins an entity", "write `&amp;` for the character itself", "<a>x&amp;y</a>"],
    ["<a>x&nbsp;y</a>", "&nbsp;", "XML has no entity `&nbsp;`, which is HTML's", "write a space", "<a>x y</a>"],
    [
        "<a>\n  <b>4\n  <c/>\n</a>",
        "</a>",
        "<b> is not closed before </a>",
        "write </b> behind \"4\"",
        "<a>\n  <b>4</b>\n  <c/>\n</a>",
    ],
    [
        "<a>\n  <b c='d'>\n  <c/>\n</a>",
        "</a>",
        "<b> is not closed before </a>",
        "write <b c='d'/>",
        "<a>\n  <b c='d'/>\n  <c/>\n</a>",
    ],
    [
        "<a>\n  <b>\n    <c/>\n</a>",
        "</a>",
        "<b> is not closed before </a>",
        "write </b> before it",
        "<a>\n  <b>\n    <c/>\n</b></a>",
    ],
    ["<a><b>x<b></a>", "</a>", "<b> is not closed before </a>", "write </b> to close the first", "<a><b>x</b></a>"],
    [
        "<a><name>x</nmae></a>",
        "</nmae>",
        "</nmae> closes nothing: <name> is open",
        "write </name>",
        "<a><name>x</name></a>",
    ],
    ["<a></b></a>", "</b>", "</b> closes nothing: <a> is open", "remove it", "<a></a>"],
    ["<a b=c d='e'/>", "c", "the value of `b` is not in quotes", "write b='c'", "<a b='c' d='e'/>"],
    ["<a b=c/>", "c", "the value of `b` is not in quotes", "write b='c'", "<a b='c'/>"],
    ["<a b=‘c’/>", "‘", "the value of `b` is in typographic quotes", "write b='c'", "<a b='c'/>"],
    ["<a b='c’/>", "'c’/>", "the value of `b` has no closing quote", "write b='c', with straight quotes", "<a b='c'/>"],
    ["<a b='c d='e'/>", "'c d='e'/>", "the value of `b` has no closing quote", "write b='c'", "<a b='c' d='e'/>"],
    ["<a b='c/>\n", "'c/>", "the value of `b` has no closing quote", "write b='c'", "<a b='c'/>\n"],
    ["<a b='c'd='e'/>", "d", "`d` has no space before it", "write a space", "<a b='c' d='e'/>"],
    [
        "\n<?xml version='1.0'?><a/>",
        "<?xml version='1.0'?>",
        "blanks or an empty line stand before the XML declaration",
        "make the declaration the first thing in the file",
        "<?xml version='1.0'?><a/>",
    ],
    [
        "<!-- x -->\n<?xml version='1.0'?>\n<a/>",
        "<?xml version='1.0'?>",
        "something stands before the XML declaration",
        "make the declaration the first thing in the file",
        "<?xml version='1.0'?>\n<!-- x -->\n<a/>",
    ],
    [
        "<a\u{a0}b='c'\u{a0}d='e'/>",
        "\u{a0}",
        "a no-break space (U+00A0) stands in the tag <a>",
        "write a plain space",
        "<a b='c' d='e'/>",
    ],
    ["<a \u{200b}b='c'/>", "\u{200b}", "a zero-width space (U+200B) stands in the tag <a>", "remove it", "<a b='c'/>"],
    ["\u{200b}\n<a/>", "\u{200b}", "a zero-width space (U+200B) stands before the first tag", "remove it", "<a/>"],
    ["\u{feff}<a/>", "\u{feff}", "a byte order mark (U+FEFF) stands before the first tag", "remove it", "<a/>"],
    ["<a/>\nEOF", "EOF", "text stands behind the last tag", "remove it, or make it a comment", "<a/>"],
    ["<a>x\u{1b}y</a>", "\u{1b}", "XML cannot have the control character U+001B", "remove it", "<a>xy</a>"],
    [
        "<a><b c='d' <e/></b></a>",
        "<b c='d'",
        "the tag <b> has no `>`",
        "write `>` at its end",
        "<a><b c='d'> <e/></b></a>",
    ],
    ["<a><b/><\n<c/></a>", "<", "`<` begins no tag here", "remove it", "<a><b/>\n<c/></a>"],
    ["<a>< b/></a>", "< ", "a space stands between `<` and the name of the tag", "remove the space", "<a><b/></a>"],
];

#[test]
fn the_commonest_mistakes_are_repaired() {
    for [text, marked, message, help, repaired] in REPAIRED {
        assert_eq!(explained(text), [*marked, message, help, repaired], "{text}");
    }
}

#[test]
fn what_nobody_can_be_sure_of_is_advice() {
    for (text, marked, message, help) in [
        (
            "<a>\n<b>",
            "<b>",
            "the document ends here, and <b> is not closed",
            "end it with </b></a>, if nothing else is missing",
        ),
        ("<a b='c' b='d'/>", "b", "<a> has the attribute `b` twice", "keep one of them"),
        ("virsh\n", "virsh", "this is no XML: no tag begins here", "give a file with XML, such as <domain>…</domain>"),
        ("<a b/>", "b", "the attribute `b` of <a> has no value", "write b='…', or remove it"),
        ("<a/><a/>", "<a/>", "a second document begins here: <a> is closed already", "make it a file of its own"),
        ("<a><!-- x </a>", "<!--", "this comment is not closed", "write --> where it ends"),
        ("<a>1 <2</a>", "<", "`<` begins no tag here", "write `&lt;` for the character itself, or remove it"),
        // A repair that leads nowhere is none: what is open is not known after a tag that ends nowhere.
        ("<a b=", "", "the value of `b` is not in quotes", ""),
    ] {
        assert_eq!(explained(text), [marked, message, help, ""], "{text}");
    }
}

#[test]
fn what_is_no_mistake_of_people_has_libxml2_s_words_at_its_place() {
    let [marked, message, help, _] = explained("<a>é\n  <b>é<?é</b></a>");
    assert_eq!((help.as_str(), message.starts_with("libxml2 cannot read on here: ")), ("", true), "{marked} {message}");
    assert_eq!(place("ä\nbc\nd", &Message { line: 2, column: 2, text: String::new() }), 4);
    assert_eq!(place("ä\nbc\nd", &Message::at(0, "")), 0);
    assert_eq!(place("ä\nbc\nd", &Message { line: 9, column: 9, text: String::new() }), 7);
}
