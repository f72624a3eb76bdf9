//! Manifests as people write them, right and wrong: what is said about each stands beside it.
//!
//! `UPDATE=1 cargo test --test manifest` writes the texts anew; read what changes.

#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "this test reads and writes its cases")]

#[path = "manifest/company.rs"]
mod company;

use std::fs;
use std::path::{Path, PathBuf};

use quorate::diagnostic::{Diagnostic, Sources};
use quorate::manifest::{Reading, decode, format, read, schema};
use quorate::view::{Ink, diagnostic};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifest").join(name)
}

/// Cases of a folder: files, and folders of files that are read together.
fn cases(name: &str) -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> =
        fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.is_dir() || path.extension().is_some_and(|extension| extension == "yaml"));
    cases.sort();
    cases
}

fn sources(case: &Path) -> Result<Sources, Diagnostic> {
    let mut files = vec![case.to_owned()];
    if case.is_dir() {
        files = fs::read_dir(case).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
    }
    let mut sources = Sources::default();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        sources.add(name.clone(), decode(&name, &fs::read(&file).unwrap())?);
    }
    Ok(sources)
}

fn reading(case: &Path) -> (Reading, String) {
    match sources(case) {
        Ok(sources) => {
            let reading = read(&sources);
            let text = diagnostic::text(&reading.diagnostics, &sources, Ink::Plain);
            (reading, text)
        }
        Err(found) => {
            let text = diagnostic::text(std::slice::from_ref(&found), &Sources::default(), Ink::Plain);
            (Reading { manifest: None, diagnostics: vec![found] }, text)
        }
    }
}

/// Compares with the text that stands beside the case, or writes it.
fn compare(case: &Path, text: &str, faults: &mut Vec<String>) {
    let expected = case.with_extension("txt");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&expected, text).unwrap();
    }
    let known = fs::read_to_string(&expected).unwrap_or_default();
    if known != text {
        let diff = similar::TextDiff::from_lines(&known, text).unified_diff().to_string();
        faults.push(format!("{}:\n{diff}", case.display()));
    }
}

#[test]
fn broken_manifests_are_refused_with_these_words() {
    let mut faults = Vec::new();
    let cases = cases("broken");
    for case in &cases {
        let (reading, text) = reading(case);
        if reading.manifest.is_some() || !reading.diagnostics.iter().any(Diagnostic::is_error) {
            faults.push(format!("{}: was accepted", case.display()));
        }
        compare(case, &text, &mut faults);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(cases.len() >= 60);
}

#[test]
fn habits_that_bite_are_named_but_allowed() {
    let mut faults = Vec::new();
    for case in cases("lint") {
        let (reading, text) = reading(&case);
        if reading.manifest.is_none() {
            faults.push(format!("{}: was refused", case.display()));
        }
        compare(&case, &text, &mut faults);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn good_manifests_are_accepted() {
    for case in cases("good") {
        let (reading, text) = reading(&case);
        assert!(reading.manifest.is_some(), "{}:\n{text}", case.display());
    }
}

#[test]
fn what_is_not_utf_8_is_said_with_its_line() {
    let found = decode("m.yaml", b"apiVersion: quorate/v1\nname: \xe4\n").unwrap_err();
    assert_eq!(found.code, "not-utf-8");
    assert!(found.message.contains("byte 0xe4 in line 2"), "{}", found.message);
    let utf_16 = decode("m.yaml", b"\xff\xfea\0p\0").unwrap_err();
    assert!(utf_16.help.iter().any(|help| help.contains("UTF-16")));
    assert_eq!(&*decode("m.yaml", b"\xef\xbb\xbfname: x").unwrap(), "name: x");
}

/// A file of YAML as JSON, read by another reader than ours.
fn json(path: &Path) -> serde_json::Value {
    let mut value: serde_yaml::Value = serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    value.apply_merge().unwrap();
    serde_json::to_value(value).unwrap()
}

#[test]
fn the_schema_on_disk_is_the_one_that_the_types_give() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/cluster.v1.json");
    let text = format!("{:#}\n", schema());
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &text).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap() == text, "the schema is stale: run the tests with UPDATE=1");
    assert!(jsonschema::draft7::meta::is_valid(&schema()));
}

#[test]
fn the_schema_accepts_what_the_reader_accepts() {
    let validator = jsonschema::draft7::new(&schema()).unwrap();
    for case in cases("good").into_iter().chain(cases("lint")) {
        let errors: Vec<_> = validator
            .iter_errors(&json(&case))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", case.display());
    }
}

#[test]
fn the_schema_refuses_wrong_shapes_while_they_are_typed() {
    let validator = jsonschema::draft7::new(&schema()).unwrap();
    for name in [
        "unknown-top-level-field",
        "underscore-field",
        "head-missing",
        "head-wrong-kind",
        "list-expected",
        "mapping-expected",
        "text-expected",
        "unknown-property",
        "unknown-meta",
        "unknown-operation-option",
        "wrong-role",
        "wrong-score",
        "wrong-duration",
        "wrong-enumeration",
        "wrong-property-values",
        "corosync-conflict",
        "defaults-without-block",
    ] {
        let case = folder("broken").join(name).with_extension("yaml");
        assert!(!validator.is_valid(&json(&case)), "{name} is accepted");
    }
}

#[test]
fn among_thousands_of_mistakes_the_first_still_get_suggestions() {
    let mut text = String::from("apiVersion: quorate/v1\nkind: Cluster\nnodes: {n1: {}}\nresources:\n");
    (0..3000).for_each(|n| text.push_str(&format!("  service{n}: {{agent: ocf:pacemaker:Dummy}}\n")));
    text.push_str("constraints:\n  order:\n");
    (0..3000).for_each(|n| text.push_str(&format!("    - {{first: servcie{n}, then: service{n}}}\n")));
    let mut sources = Sources::default();
    sources.add("many.yaml", &*text);
    let reading = read(&sources);
    let (first, last) = (reading.diagnostics.first().unwrap(), reading.diagnostics.last().unwrap());
    assert_eq!((first.code, first.suggestion.is_some()), ("unknown-resource", true));
    assert_eq!(last.code, "more-findings");
}

#[test]
fn good_manifests_are_in_canonical_form() {
    for case in cases("good") {
        let text = fs::read_to_string(&case).unwrap();
        let formatted = format(&text).text;
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&case, &formatted).unwrap();
        }
        assert_eq!(formatted, fs::read_to_string(&case).unwrap(), "{}", case.display());
    }
}
