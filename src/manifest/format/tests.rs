use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[test]
fn what_people_write_is_already_in_form() {
    for text in [
        include_str!("../../../tests/manifest/good/two-node.yaml"),
        "a:\n  b: [1, 2]\n\n  # before c\n  c: {d: e}  # behind c\n# at the end\n",
        "a:\n  - {name: monitor, interval: 30s}\n  - name: x\n    # why\n    y: z\n",
        "text: |\n  one\n    two\n\n  three\nfolded: >-\n  one\n  two\nnext: 1\n",
    ] {
        assert_eq!(format(text).text, text);
    }
}

#[test]
fn spacing_quotes_and_indentation_become_one() {
    let text = "a :   {b: 1, \"c\" :   'd',e: [ 1,2 , 3 ] }   # why\nf:\n      g:    \"h i\"\n      j:\n      - k\n      -   l: 1\n          m: 2\n\n\n\nn: 'yes'\n";
    assert_eq!(
        format(text).text,
        "a: {b: 1, c: d, e: [1, 2, 3]}  # why\nf:\n  g: h i\n  j:\n    - k\n    - {l: 1, m: 2}\n\nn: 'yes'\n"
    );
}

#[test]
fn long_collections_are_broken_and_comments_stay_with_their_lines() {
    let long = "x".repeat(60);
    let text = std::format!("a: {{b: {long}, c: {long}}}\nd: [1, # one\n  2]\n");
    assert_eq!(format(&text).text, std::format!("a:\n  b: {long}\n  c: {long}\nd:\n  - 1  # one\n  - 2\n"));
}

#[test]
fn a_comment_deeper_than_what_follows_belongs_to_what_came_before() {
    let text = "resources:\n    a: 1\n    # b: 2\nnodes: 3\n";
    assert_eq!(format(text).text, "resources:\n  a: 1\n  # b: 2\nnodes: 3\n");
}

#[test]
fn what_is_not_plain_yaml_only_loses_its_trailing_blanks() {
    let text = "a: &x {b: 1}   \nc:   *x\n\n";
    assert_eq!(format(text).text, "a: &x {b: 1}\nc:   *x\n");
    assert!(!format(text).is_whole);
    assert_eq!(format("a: [1").text, "a: [1");
}

#[test]
fn advertised_operations_are_written_out_once() {
    let advertised = BTreeMap::from([(
        "ocf:heartbeat:Dummy".to_owned(),
        vec![
            AdvertisedOperation {
                name: "start".to_owned(),
                options: vec![("timeout".to_owned(), "20s".to_owned())],
            },
            AdvertisedOperation {
                name: "monitor".to_owned(),
                options: vec![("interval".to_owned(), "10s".to_owned())],
            },
        ],
    )]);
    let text = "resources:\n  a: {agent: ocf:heartbeat:Dummy}\n  b:\n    agent: ocf:heartbeat:Dummy\n    ops:\n      - {name: monitor, interval: 30s}  # often\n  c:\n    agent: ocf:heartbeat:Dummy\n  d: {agent: systemd:x}\n";
    let expected = "resources:\n  a:\n    agent: ocf:heartbeat:Dummy\n    ops: [{name: start, timeout: 20s}, {name: monitor, interval: 10s}]\n  b:\n    agent: ocf:heartbeat:Dummy\n    ops:\n      - {name: monitor, interval: 30s}  # often\n      - {name: start, timeout: 20s}\n  c:\n    agent: ocf:heartbeat:Dummy\n    ops:\n      - {name: start, timeout: 20s}\n      - {name: monitor, interval: 10s}\n  d: {agent: systemd:x}\n";
    let expanded = expand_ops(text, &advertised);
    assert_eq!(expanded.text, expected);
    assert_eq!(expand_ops(&expanded.text, &advertised).text, expected);
}

/// Pieces of YAML, more often well-formed than not.
fn yaml() -> impl Strategy<Value = String> {
    let scalar = prop::sample::select(vec![
        "a",
        "1",
        "yes",
        "'q'",
        "\"d\\n\"",
        "~",
        "",
        "x y",
        "a:b",
        "2026-01-01",
        "'#'",
    ]);
    let line =
        (0..4_usize, prop::sample::select(vec!["k", "l", "m", "- n", "- ", "\"o\""]), scalar, 0..12_u8)
            .prop_map(|(depth, key, value, kind)| {
                let pad = "  ".repeat(depth);
                match kind {
                    0 => format!("{pad}# comment {value}"),
                    1 => String::new(),
                    2 => format!("{pad}{key}: [{value}, b,{value}]"),
                    3 => format!("{pad}{key}: {{a: {value},  b: [c]}}   # why"),
                    4 => format!("{pad}{key}:"),
                    5 => format!("{pad}{key}: |\n{pad}  text {value}\n\n{pad}   more"),
                    6 => format!("{pad}- {value}"),
                    7 => format!("{pad}{key}: [{value}, # in\n{pad}   c]"),
                    8 => format!("{pad}{key}: >-  # head\n{pad}    folded\n{pad}    text"),
                    _ => format!("{pad}{key}:  {value}"),
                }
            });
    prop::collection::vec(line, 1..8).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn formatting_keeps_meaning_and_is_done_once(text in yaml()) {
        let formatted = format(&text).text;
        prop_assert_eq!(&format(&formatted).text, &formatted);
        match (parse(&text), parse(&formatted)) {
            (Some(before), Some(after)) => prop_assert!(same::is_same(&before, &after)),
            (before, _) => prop_assert!(before.is_none() && formatted == text),
        }
    }
}
