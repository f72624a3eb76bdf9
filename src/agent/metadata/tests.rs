#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

const EXAMPLE: &str = r#"<?xml version="1.0"?>
<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd">
<resource-agent name="example" version="1.2">
<version>1.1</version>
<longdesc lang="en">
Keeps &lt;things&gt; &amp; more.

  Indented.
</longdesc>
<longdesc lang="de">Hält Dinge am Laufen.</longdesc>
<shortdesc lang="en">Keeps things</shortdesc>
<parameters>
  <parameter name="state" unique="1" required="1">
    <shortdesc lang="en">State</shortdesc>
    <content type="string"/>
  </parameter>
  <parameter name="level" reloadable="1">
    <content type="select" default="low"><option value="low"/><option value="high"/></content>
  </parameter>
  <parameter name="old">
    <deprecated><replaced-with>level</replaced-with></deprecated>
    <content type="integer" default=""/>
  </parameter>
  <parameter name="debug"/>
  <parameter name="debug_file" obsoletes="debug" unique-group="files"/>
</parameters>
<actions>
  <action name="start" timeout="40s"/>
  <action name="monitor" timeout="20" interval="10s" depth="0" role="Promoted"/>
  <action name="monitor" timeout="30s" interval="11s" start-delay="0" role="Slave"/>
  <action name="reload-agent" timeout="P0"/>
</actions>
<unknown><parameter name="not-one"/></unknown>
</resource-agent>
"#;

#[test]
fn descriptions_keep_their_paragraphs_and_languages() {
    let metadata = Metadata::parse(EXAMPLE).unwrap();
    assert_eq!(metadata.longdesc.as_str(), "Keeps <things> & more.\n\n  Indented.");
    assert_eq!(metadata.longdesc.in_language("de"), Some("Hält Dinge am Laufen."));
    assert_eq!(metadata.shortdesc.in_language("fr"), Some("Keeps things"));
    assert_eq!(metadata.version.as_deref(), Some("1.2"));
}

#[test]
fn parameters_tell_all_that_is_said_of_them() {
    let metadata = Metadata::parse(EXAMPLE).unwrap();
    let names: Vec<_> = metadata.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    assert_eq!(names, ["state", "level", "old", "debug", "debug_file"]);
    let state = metadata.parameter("state").unwrap();
    assert!(state.is_required && !state.is_reloadable);
    assert_eq!(state.unique_group.as_deref(), Some("state"));
    assert_eq!(metadata.parameter("debug_file").unwrap().unique_group.as_deref(), Some("files"));
    let level = metadata.parameter("level").unwrap();
    assert_eq!(level.kind, ParameterKind::Select(vec!["low".to_owned(), "high".to_owned()]));
    assert_eq!(level.default.as_deref(), Some("low"));
}

#[test]
fn both_ways_to_deprecate_a_parameter_are_understood() {
    let metadata = Metadata::parse(EXAMPLE).unwrap();
    let old = metadata.parameter("old").unwrap();
    assert!(old.is_deprecated);
    assert_eq!(old.replaced_with, ["level"]);
    let debug = metadata.parameter("debug").unwrap();
    assert!(debug.is_deprecated);
    assert_eq!(debug.replaced_with, ["debug_file"]);
}

#[test]
fn advice_is_given_by_role() {
    let metadata = Metadata::parse(EXAMPLE).unwrap();
    let seconds =
        |advice: Option<&ActionAdvice>| advice.and_then(|advice| advice.timeout).map(|limit| limit.as_secs());
    assert_eq!(seconds(metadata.advice("start", None)), Some(40));
    assert_eq!(seconds(metadata.advice("monitor", Some(Role::Unpromoted))), Some(30));
    assert_eq!(seconds(metadata.advice("monitor", None)), Some(20));
    assert_eq!(metadata.advice("promote", None), None);
}

#[test]
fn only_reloadable_parameters_of_agents_that_reload_are_taken_up_in_place() {
    let metadata = Metadata::parse(EXAMPLE).unwrap();
    assert!(metadata.can_reload("level") && !metadata.can_reload("state") && !metadata.can_reload("none"));
    assert_eq!(metadata.restart_parameters().unwrap(), ["state", "old", "debug", "debug_file"]);
    let fixed = Metadata::parse(&EXAMPLE.replace("reload-agent", "reload")).unwrap();
    assert!(!fixed.can_reload("level"));
    assert_eq!(fixed.restart_parameters(), None);
}

#[test]
fn broken_metadata_is_a_clear_error() {
    let message = |text: &str| Metadata::parse(text).unwrap_err().to_string();
    assert_eq!(message(" \n"), "metadata is empty");
    assert_eq!(message("<a/>"), "metadata has no `resource-agent` element");
    assert!(message("<resource-agent><a></resource-agent>").starts_with("metadata is not XML at byte"));
    assert!(message("<resource-agent>").ends_with("`resource-agent` is not closed"));
    assert!(message("<resource-agent a=1 b></resource-agent>").starts_with("metadata is not XML"));
    assert!(message(&"<a>".repeat(100)).ends_with("nested more than 32 deep"));
    assert!(message(&"x".repeat(2_000_000)).ends_with("is longer than 1048576 bytes"));
}

#[test]
fn values_are_checked_by_kind() {
    let select = ParameterKind::Select(vec!["a".to_owned(), "b".to_owned()]);
    assert_eq!(select.mismatch("c").as_deref(), Some("one of a, b"));
    assert_eq!(select.mismatch("a"), None);
    assert_eq!(ParameterKind::Integer.mismatch("x").as_deref(), Some("a whole number"));
    assert_eq!(ParameterKind::Integer.mismatch("-3"), None);
    assert_eq!(ParameterKind::Boolean.mismatch("maybe").as_deref(), Some("yes or no"));
    assert_eq!(ParameterKind::Time.mismatch("10s"), None);
}
