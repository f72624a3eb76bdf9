#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::*;

fn parse(text: &str) -> (Document, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let document = compose(SourceId(0), &text.into(), 0, &mut Budget::default(), &mut found);
    (document, found)
}

fn scalar(document: &Document, text: &str) -> NodeIndex {
    let is_it = |node: &Node| matches!(&node.content, Content::Scalar(scalar) if &*scalar.text == text);
    NodeIndex(u32::try_from(document.nodes.iter().position(is_it).unwrap()).unwrap())
}

#[test]
fn places_are_bytes_even_behind_letters_of_several_bytes() {
    let text = format!("# {}\nschlüssel: [größe, wert]\n", "ä".repeat(100));
    let (document, found) = parse(&text);
    assert!(found.is_empty());
    for word in ["schlüssel", "größe", "wert"] {
        let span = document.mark(scalar(&document, word));
        assert_eq!(&text[span], word);
    }
}

#[test]
fn bytes_of_a_value_lead_to_bytes_of_the_text() {
    for (text, value, part) in [
        ("a: one two", "one two", "two"),
        ("a: 'it''s two'", "it's two", "two"),
        ("a: \"x\\ty\\u00e9 two\"", "x\tyé two", "two"),
    ] {
        let (document, _) = parse(text);
        let at = value.find(part).unwrap();
        let span = document.inner(scalar(&document, value), at..at + part.len());
        assert_eq!(&text[span], part, "{text}");
    }
}

#[test]
fn merged_keys_give_way_to_written_ones() {
    let (document, found) = parse("a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  k: 3\n");
    assert!(found.is_empty());
    let Content::Mapping(entries) = &document.node(document.root.unwrap()).content else { panic!() };
    let Content::Mapping(merged) = &document.node(entries[1].1).content else { panic!() };
    let text = |index: NodeIndex| match &document.node(index).content {
        Content::Scalar(scalar) => scalar.text.to_string(),
        Content::Sequence(_) | Content::Mapping(_) | Content::Alias(_) => String::new(),
    };
    let pairs: Vec<_> = merged.iter().map(|(key, value)| (text(*key), text(*value))).collect();
    assert_eq!(pairs, [("k".into(), "3".into()), ("l".into(), "2".into())]);
}

#[test]
fn a_bomb_of_aliases_costs_no_more_than_its_text() {
    let mut text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (before, name) in ('a'..='y').zip('b'..='z') {
        let list = vec![format!("*{before}"); 10].join(", ");
        text.push_str(&format!("{name}: &{name} [{list}]\n"));
    }
    let (document, found) = parse(&text);
    assert_eq!(found.first().unwrap().code, "alias-bomb");
    assert!(document.nodes.len() < 1000);
}

#[test]
fn deep_nesting_is_refused_at_once() {
    for text in ["[".repeat(400_000), "- ".repeat(400_000), "{a: ".repeat(100_000)] {
        let (document, found) = parse(&text);
        assert_eq!(found.first().unwrap().code, "nested-too-deep");
        assert!(document.root.is_none());
    }
}
