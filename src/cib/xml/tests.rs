//! Claims about what is well-formed, and what is within bounds.

use super::*;

fn refuse(text: &str) -> String {
    parse(text, &Limits::default()).unwrap_err().message
}

fn attribute_of_root(text: &str) -> String {
    let tree = parse(text, &Limits::default()).unwrap();
    tree.root().unwrap().attribute("a").unwrap().to_owned()
}

#[test]
fn children_are_found_in_order_and_not_deeper() {
    let tree = parse("<a><b><c/></b> <!-- x --> <c n='1'/><c n='2'/></a>", &Limits::default()).unwrap();
    let root = tree.root().unwrap();
    let names: Vec<_> = root.children().map(Element::name).collect();
    assert_eq!(names, ["b", "c", "c"]);
    assert_eq!(root.child("c").unwrap().attribute("n"), Some("1"));
    assert_eq!(root.children_named("c").count(), 2);
    assert_eq!(root.child("b").unwrap().span(), 3..5);
}

#[test]
fn values_are_normalized_and_unescaped() {
    assert_eq!(attribute_of_root("<x a='1&lt;2 &amp;&#x20AC;&#65;'/>"), "1<2 &\u{20ac}A");
    assert_eq!(attribute_of_root("<x a = \"p\tq\r\nr\ns\"/>"), "p q r s");
    assert_eq!(attribute_of_root("<x a='&#10;é'/>"), "\né");
}

#[test]
fn prologue_and_epilogue_may_hold_comments() {
    assert!(parse("\u{feff}<?xml version='1.0'?>\n<!-- x --><a/>\n<!-- y -->\n", &Limits::default()).is_ok());
}

#[test]
fn what_is_not_well_formed_is_refused() {
    let faults = [
        ("", "no element at all"),
        ("<a/><b/>", "second root element"),
        ("<a/>text", "text outside the root element"),
        ("<a/><![CDATA[x]]>", "text outside the root element"),
        ("&amp;<a/>", "text outside the root element"),
        ("<a>", "element `a` is not closed"),
        ("<a b='<'/>", "`<` in the value of an attribute"),
        ("<a b='&x;'/>", "unknown entity `x`"),
        ("<a b='&#0;'/>", "unknown entity `#0`"),
        ("<a b='&#x+41;'/>", "unknown entity `#x+41`"),
        ("<a b='& '/>", "`&` without `;`"),
        ("<a>&x;</a>", "unknown entity `x`"),
        ("<a>]]></a>", "`]]>` in text"),
        ("<a b='1' b='2'/>", "attribute `b` given twice"),
        ("<a b='1'c='2'/>", "blank missing before attribute"),
        ("<a b=1/>", "value of attribute `b` is not quoted"),
        ("<a b/>", "attribute `b` has no value"),
        ("<a 1='x'/>", "a name was expected"),
        ("<a>\u{1}</a>", "character U+0001 is not allowed in XML"),
        ("<a>\u{fffe}</a>", "character U+FFFE is not allowed in XML"),
        ("<a n:b='1'/>", "namespace prefix `n` is not declared"),
        ("<a><b xmlns:n='u'/><n:c/></a>", "namespace prefix `n` is not declared"),
        ("<!DOCTYPE a [<!ENTITY e 'x'>]><a/>", "document types are not accepted"),
        (" <?xml version='1.0'?><a/>", "XML declaration is not at the start"),
    ];
    for (text, message) in faults {
        assert_eq!(refuse(text), message, "{text}");
    }
    assert!(parse("<a></b>", &Limits::default()).is_err());
    assert!(parse("<a xmlns:n='u'><n:b n:c='1'/></a>", &Limits::default()).is_ok());
}

#[test]
fn limits_hold() {
    let limits = Limits { bytes: 40, depth: 2, attributes: 2 };
    assert!(parse("<a><b x='1' y='2'/></a>", &limits).is_ok());
    assert!(parse("<a><b><c/></b></a>", &limits).is_err());
    assert!(parse("<a x='1' y='2' z='3'/>", &limits).is_err());
    assert!(parse(&format!("<a>{}</a>", " ".repeat(40)), &limits).is_err());
}
