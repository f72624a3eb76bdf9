#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::Value;

use super::*;
use crate::diagnostic::{SourceId, Sources};
use crate::view::Ink;

fn example() -> (Vec<Diagnostic>, Sources) {
    let mut sources = Sources::default();
    let text = "resources:\n  WebSite: {}\nconstraints:\n  colocation:\n    - {resource: WebSit}\n";
    let source = sources.add("m, x.yaml", text);
    let at = text.find("WebSit}").unwrap();
    let found = Diagnostic::error("unknown-resource", "unknown resource `WebSit`")
        .at(source, at..at + 6, "no resource has this name")
        .at(source, 13..20, "a similar name is defined here")
        .help("100% sure?")
        .suggest("did you mean `WebSite`?", source, at..at + 6, "WebSite");
    (vec![found], sources)
}

#[test]
fn text_underlines_the_place_and_shows_the_mended_line() {
    let (found, sources) = example();
    let expected = "\
error[unknown-resource]: unknown resource `WebSit`
 --> m, x.yaml:5:18
  |
2 |   WebSite: {}
  |   ------- a similar name is defined here
...
5 |     - {resource: WebSit}
  |                  ^^^^^^ no resource has this name
  |
  = help: 100% sure?
help: did you mean `WebSite`?
  |
5 |     - {resource: WebSite}
  |                        +

";
    assert_eq!(text(&found, &sources, Ink::Plain), expected);
}

#[test]
fn colour_is_there_only_when_asked_for() {
    let (found, sources) = example();
    assert!(!text(&found, &sources, Ink::Plain).contains('\u{1b}'));
    assert!(text(&found, &sources, Ink::Colour).contains('\u{1b}'));
}

#[test]
fn json_is_one_document_with_a_version() {
    let (found, sources) = example();
    let document: Value = serde_json::from_str(&json(&found, &sources)).unwrap();
    assert_eq!(document["format_version"], "1.0");
    assert_eq!(document["diagnostics"][0]["labels"][0]["line"], 5);
    assert_eq!(document["diagnostics"][0]["labels"][0]["column"], 18);
}

#[test]
fn github_annotations_escape_what_would_end_them() {
    let (found, sources) = example();
    let line = github(&found, &sources);
    assert!(line.starts_with(
        "::error file=m%2C x.yaml,line=5,endLine=5,col=18,endColumn=24,title=unknown-resource::"
    ));
    assert!(line.contains("%0A100%25 sure?"));
    assert_eq!(line.lines().count(), 1);
}

#[test]
fn sarif_names_rule_place_and_fix() {
    let (found, sources) = example();
    let log: Value = serde_json::from_str(&sarif(&found, &sources)).unwrap();
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "unknown-resource");
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "m%2C%20x.yaml");
    assert_eq!(
        result["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"],
        "WebSite"
    );
}

#[test]
fn a_diagnostic_without_place_or_text_is_drawn_all_the_same() {
    let mut sources = Sources::default();
    let source = sources.add("empty.yaml", "");
    let found = [
        Diagnostic::error("a", "b"),
        Diagnostic::note("c", "d").at(source, 0..0, "e"),
        Diagnostic::note("f", "g").at(SourceId(7), 3..9, ""),
    ];
    assert!(text(&found, &sources, Ink::Plain).contains("error[a]: b"));
    json(&found, &sources);
    github(&found, &sources);
    sarif(&found, &sources);
}
