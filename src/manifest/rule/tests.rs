#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::model::rule::{Combine, Condition};

fn round(text: &str) -> String {
    write(&parse(text).unwrap())
}

#[test]
fn what_is_written_in_canonical_form_comes_back() {
    for text in [
        "pingd gt 0",
        "defined pingd and pingd gt 0",
        "not defined pingd or pingd lte number 0.5",
        "(#uname eq node1 or #uname eq node2) and date-spec hours=9-16 weekdays=1-5",
        "date in 2026-12-24..2026-12-26",
        "date in ..2026-12-26 or date in 2027-01-01..",
        "date in 2026-12-24 for months=1 days=2",
        "date in \"2026-12-24 10:00:00 +01:00\"..\"2026-12-24 12:00\"",
        "date gt 2026-12-24 and date lt 2026-W53-1",
        "op monitor interval=10s and agent class=ocf provider=heartbeat type=IPaddr2",
        "site eq string param site or rack eq meta rack",
        "\"and\" eq \"node 1\"",
        "version gte version 1.2.3",
        "always",
        "((defined a))",
        "invalid \"unknown operation \\\"foo\\\"\"",
    ] {
        assert_eq!(round(text), text);
    }
}

#[test]
fn and_binds_closer_than_or() {
    let rule = parse("a eq 1 and b eq 2 or c eq 3").unwrap();
    assert_eq!(rule.combine, Combine::Or);
    assert!(matches!(rule.conditions.first(), Some(Condition::Rule(inner)) if inner.combine == Combine::And));
    assert_eq!(round("a eq 1 and b eq 2 or c eq 3"), "(a eq 1 and b eq 2) or c eq 3");
}

#[test]
fn not_is_worked_into_the_conditions() {
    assert_eq!(round("not defined a"), "not defined a");
    assert_eq!(round("not a eq 1"), "a ne 1");
    assert_eq!(round("not a gt 1"), "(a lte 1 or not defined a)");
    assert_eq!(round("not (a eq 1 or b ne 2)"), "(a ne 1 and b eq 2)");
    assert_eq!(
        round("pingd gt 0 and not date in 2026-12-24..2026-12-26"),
        "pingd gt 0 and (date lt 2026-12-24 or date gt 2026-12-26)"
    );
    assert_eq!(round("not date gt 2026-12-24"), "date in ..2026-12-24");
    assert_eq!(round("not date-spec hours=9-16"), "(date-spec hours=-8 or date-spec hours=17-)");
    assert_eq!(round("not date-spec hours=0-16"), "date-spec hours=17-");
    assert_eq!(round("not date-spec weekdays=1-5"), "date-spec weekdays=6-");
    assert!(parse("not date-spec hours=0-23").is_err());
}

#[test]
fn not_is_refused_where_it_has_no_exact_form() {
    for text in
        ["not op monitor", "not agent class=ocf", "not a gt param x", "not date in 2026-01-01 for days=1"]
    {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn errors_stand_at_the_word_that_is_wrong() {
    for (text, part) in [
        ("pingd > 0", ">"),
        ("pingd gt 0 AND defined b", "AND"),
        ("pingd gt", "gt"),
        ("(a eq 1", "("),
        ("a eq 1)", ")"),
        ("date in 2026-13-24..", "2026-13-24"),
        ("date-spec hours=9-25", "hours=9-25"),
        ("date-spec hour=9", "hour"),
        ("a eq \"x", "\"x"),
        ("op monitor interval=5x", "interval=5x"),
        ("and", "and"),
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!(text.get(error.span.clone()), Some(part), "{text}: {error}");
    }
}

#[test]
fn a_type_word_at_the_end_is_the_value() {
    assert_eq!(round("a eq integer"), "a eq \"integer\"");
    assert_eq!(round("a eq integer and b eq 1"), "a eq \"integer\" and b eq 1");
}

#[test]
fn nesting_is_bounded() {
    let text = format!("{}a eq 1{}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(parse(&text).unwrap_err().message.contains("deep"));
}

mod property {
    use proptest::prelude::*;

    use super::super::{parse, write};

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn any_text_is_read_or_refused_at_a_place_within_it(text in "\\PC{0,60}") {
            match parse(&text) {
                Ok(rule) => prop_assert_eq!(parse(&write(&rule)).unwrap(), rule),
                Err(error) => prop_assert!(text.get(error.span).is_some()),
            }
        }

        #[test]
        fn words_of_the_language_in_any_order_are_read_or_refused(
            words in proptest::collection::vec(
                prop::sample::select(vec!["and", "or", "not", "(", ")", "defined", "a", "b", "eq", "gt", "1", "date",
                    "in", "..", "2026-01-01", "date-spec", "hours=1-2", "for", "days=1", "op", "agent", "class=ocf",
                    "always", "\"x y\"", "integer", "param"]), 0..12)
        ) {
            if let Ok(rule) = parse(&words.join(" ")) {
                prop_assert_eq!(parse(&write(&rule)).unwrap(), rule);
            }
        }
    }
}
