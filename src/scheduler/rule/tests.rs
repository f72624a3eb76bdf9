use super::*;

fn attribute(name: &str, comparison: Comparison, value: Option<&str>) -> Condition {
    Condition::Attribute(AttributeCondition {
        attribute: name.into(),
        comparison,
        value: value.map(Into::into),
        value_type: None,
        value_source: ValueSource::Literal,
    })
}

fn rule(combine: Combine, conditions: Vec<Condition>) -> Rule {
    Rule { id: None, combine, conditions }
}

fn table(pairs: &[(&str, &str)]) -> Table {
    pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

fn judge(condition: Condition, attributes: &Table) -> bool {
    let input = RuleInput { attributes: Some(attributes), ..RuleInput::default() };
    passes(&rule(Combine::And, vec![condition]), &input, &Recheck::new(0))
}

#[test]
fn an_empty_rule_passes() {
    let recheck = Recheck::new(0);
    assert!(passes(&rule(Combine::Or, vec![]), &RuleInput::default(), &recheck));
    assert!(passes(&rule(Combine::And, vec![]), &RuleInput::default(), &recheck));
}

#[test]
fn absent_differs_from_every_value_but_is_not_less() {
    let none = Table::new();
    assert!(judge(attribute("a", Comparison::Ne, Some("x")), &none));
    assert!(!judge(attribute("a", Comparison::Eq, Some("x")), &none));
    assert!(!judge(attribute("a", Comparison::Lt, Some("1")), &none));
    assert!(judge(attribute("a", Comparison::NotDefined, None), &none));
}

#[test]
fn text_is_equal_in_any_case_and_numbers_by_value() {
    let node = table(&[("site", "Paris"), ("load", "10"), ("share", "9.5")]);
    assert!(judge(attribute("site", Comparison::Eq, Some("paris")), &node));
    assert!(judge(attribute("load", Comparison::Gt, Some("9")), &node));
    assert!(judge(attribute("share", Comparison::Lt, Some("10")), &node));
    assert!(judge(attribute("load", Comparison::Gte, Some("10")), &node));
}

#[test]
fn versions_compare_part_by_part() {
    assert_eq!(compare_versions("1.10", "1.9"), Ordering::Greater);
    assert_eq!(compare_versions("1.0.0", "1"), Ordering::Equal);
    assert_eq!(compare_versions("3.2rc1", "3.2"), Ordering::Equal);
}

#[test]
fn submatches_of_a_pattern_stand_in_attribute_names() {
    let node = table(&[("wants-db", "1")]);
    let captures: [Arc<str>; 2] = ["vm-db".into(), "db".into()];
    let input = RuleInput { attributes: Some(&node), captures: &captures, ..RuleInput::default() };
    let rule = rule(Combine::And, vec![attribute("wants-%1", Comparison::Defined, None)]);
    assert!(passes(&rule, &input, &Recheck::new(0)));
}

#[test]
fn conditions_after_a_clear_answer_contribute_no_moment() {
    let later = Condition::Date(DateCondition::Lt("1970-01-02".into()));
    let never = attribute("a", Comparison::Defined, None);
    let recheck = Recheck::new(0);
    passes(&rule(Combine::And, vec![never.clone(), later.clone()]), &RuleInput::default(), &recheck);
    assert_eq!(recheck.earliest(), None);
    passes(&rule(Combine::Or, vec![never, later]), &RuleInput::default(), &recheck);
    assert_eq!(recheck.earliest(), Some(86_400));
}

#[test]
fn a_range_says_when_it_begins_and_ends() {
    let range = |start: Option<&str>, end: Option<&str>| {
        let condition =
            DateCondition::InRange { start: start.map(Into::into), end: end.map(Into::into), duration: None };
        let recheck = Recheck::new(100_000);
        let input = RuleInput { now: 100_000, ..RuleInput::default() };
        (passes(&rule(Combine::And, vec![Condition::Date(condition)]), &input, &recheck), recheck.earliest())
    };
    assert_eq!(range(Some("1970-01-03"), None), (false, Some(172_800)));
    assert_eq!(range(Some("1970-01-01"), Some("1970-01-03")), (true, Some(172_801)));
    assert_eq!(range(None, Some("1970-01-02")), (false, None));
    assert_eq!(range(None, None), (false, None));
}
