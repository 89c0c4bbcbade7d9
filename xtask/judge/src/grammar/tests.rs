//! What small schemas ask for.

use std::fs;

use super::*;

fn grammar() -> Grammar {
    read(
        r#"<grammar xmlns="http://relaxng.org/ns/structure/1.0">
        <start><ref name="top"/></start>
        <define name="top"><element name="top"><interleave>
            <element name="must"><attribute name="kind"><choice><value>a</value><value>b</value></choice></attribute></element>
            <optional><ref name="may"/></optional>
        </interleave></element></define>
        <define name="may"><element name="may"><data type="unsignedInt"/><zeroOrMore><ref name="may"/></zeroOrMore></element></define>
    </grammar>"#,
    )
}

fn read(schema: &str) -> Grammar {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("schema.rng");
    fs::write(&path, schema).unwrap();
    Grammar::read(&path)
}

#[test]
fn what_is_enough_is_found_through_choices_and_circles() {
    let grammar = read(
        r#"<grammar xmlns="http://relaxng.org/ns/structure/1.0">
        <start><element name="top"><ref name="circle"/></element></start>
        <define name="circle"><choice><ref name="circle"/><element name="one"><text/></element><element name="two"/></choice></define>
    </grammar>"#,
    );
    let ways = grammar.skeletons(&grammar.describe(&["top"]));
    let children = ways.iter().map(|way| way.children.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    assert_eq!(children.collect::<Vec<_>>(), [["one"], ["two"]]);
    assert!(ways.iter().all(|way| way.text.is_none() && way.attributes.is_empty()));
    let texts = |name| grammar.texts(&grammar.describe(&["top", name]));
    assert!(texts("one").datatypes.iter().map(|datatype| datatype.name.as_str()).eq(["text"]));
    assert!(texts("two").is_empty());
}

#[test]
fn names_elements_attributes_and_values() {
    let grammar = read(
        r#"<grammar xmlns="http://relaxng.org/ns/structure/1.0"><start><element name="top"><element name="one">
        <attribute name="kind"><value>a</value></attribute><value>x</value>
    </element></element></start></grammar>"#,
    );
    assert!(grammar.names().iter().eq(["one", "one/.=x", "one/@kind", "one/@kind=a"]), "{:?}", grammar.names());
}

#[test]
fn knows_what_is_allowed_where() {
    let (grammar, set) = (grammar(), |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<BTreeSet<_>>());
    let top = grammar.describe(&["top"]);
    assert_eq!(grammar.children(&top), (set(&["may", "must"]), set(&["must"])));
    let must = grammar.describe(&["top", "must"]);
    assert_eq!(grammar.attributes(&must), (set(&["kind"]), set(&["kind"])));
    assert_eq!(grammar.attribute_values(&must, "kind").literals, set(&["a", "b"]));
    let may = grammar.describe(&["top", "may", "may"]);
    assert!(grammar.texts(&may).datatypes.iter().map(|datatype| datatype.name.as_str()).eq(["unsignedInt"]));
    assert!(grammar.describe(&["top", "none"]).is_empty());
    assert_eq!(grammar.parents_of("may", &[]), set(&["may", "top"]));
    assert_eq!(grammar.parents_of("must", &["kind"]), set(&["top"]));
    assert!(grammar.parents_of("must", &["other"]).is_empty());
    assert_eq!(grammar.elements_with("kind"), set(&["must"]));
    let smallest = grammar.skeletons(&top);
    assert!(matches!(&smallest[..], [only] if only.children.len() == 1 && only.attributes.is_empty()));
}

#[test]
fn what_others_depend_on_may_not_simply_be_absent() {
    let grammar = read(
        r#"<grammar xmlns="http://relaxng.org/ns/structure/1.0">
        <start><element name="top"><interleave>
            <ref name="must"/>
            <optional><ref name="may"/></optional>
            <zeroOrMore><choice><element name="one"/><group><ref name="other"/></group></choice></zeroOrMore>
            <optional><attribute name="alone"/></optional>
            <optional><attribute name="pair"/><element name="with"/></optional>
            <choice>
                <attribute name="either"/>
                <group><element name="or"/><optional><attribute name="extra"/></optional></group>
            </choice>
            <oneOrMore><choice><element name="some"/><element name="others"/></choice></oneOrMore>
            <optional><element name="here"/></optional><element name="twice"><element name="deep"/></element>
            <optional><element name="twice"/></optional>
        </interleave></element></start>
        <define name="must"><element name="must"/></define>
        <define name="may"><element name="may"/></define>
        <define name="other"><element name="other"/></define>
    </grammar>"#,
    );
    let bound = grammar.bound(&grammar.describe(&["top"]));
    assert!(bound.attributes.into_iter().eq(["either", "pair"]));
    assert!(bound.elements.into_iter().eq(["must", "or", "others", "some", "twice", "with"]));
}

#[test]
fn a_value_decides_where_it_is_one_of_several_ways() {
    let grammar = read(
        r#"<grammar xmlns="http://relaxng.org/ns/structure/1.0">
        <start><element name="top"><interleave>
            <attribute name="kind"><choice><value>a</value><value>b</value></choice></attribute>
            <optional><ref name="mode"/></optional>
            <choice>
                <group><attribute name="type"><value>a</value></attribute><element name="one"/></group>
                <group><attribute name="type"><value>b</value></attribute><element name="two"/></group>
            </choice>
        </interleave></element></start>
        <define name="mode"><attribute name="mode"><value>a</value></attribute></define>
    </grammar>"#,
    );
    let decides = |attribute, value| grammar.decides(&grammar.describe(&["top"]), attribute, value);
    assert!(decides("type", "a") && decides("kind", "c") && decides("mode", "b"));
    assert!(!decides("kind", "a") && !decides("kind", "b") && !decides("mode", "a") && !decides("other", "a"));
}
