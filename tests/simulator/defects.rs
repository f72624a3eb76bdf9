//! Deliberate defects, as patches, that the checkers have to find (`defects.sh`): they must fit the code as
//! it is, or nobody knows whether they would be found.

#![expect(clippy::disallowed_methods, reason = "reads patches and the source that they change")]

use std::path::Path;

/// What a patch takes away and leaves as it is, in one place of a file.
fn places(patch: &str) -> Vec<(String, String)> {
    let mut places: Vec<(String, String)> = Vec::new();
    let mut file = String::new();
    for line in patch.lines() {
        if let Some(path) = line.strip_prefix("--- a/") {
            path.clone_into(&mut file);
        } else if line.starts_with("@@") {
            places.push((file.clone(), String::new()));
        } else if let Some((_, before)) = places.last_mut()
            && let Some(kept) = line.strip_prefix('-').or_else(|| line.strip_prefix(' '))
        {
            before.push_str(kept);
            before.push('\n');
        }
    }
    places
}

#[test]
fn every_deliberate_defect_fits_the_code() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut defects = 0;
    for entry in std::fs::read_dir(package.join("tests/simulator/defects")).unwrap() {
        let path = entry.unwrap().path();
        let patch = std::fs::read_to_string(&path).unwrap();
        defects += 1;
        assert!(
            patch.lines().any(|line| line.starts_with("found within ") && line.ends_with(" seeds")),
            "{} does not say within how many seeds it is found",
            path.display()
        );
        let places = places(&patch);
        assert!(!places.is_empty(), "{} changes nothing", path.display());
        for (file, before) in places {
            let source = std::fs::read_to_string(package.join(&file)).unwrap();
            assert_eq!(source.matches(&before).count(), 1, "{} does not fit {file}", path.display());
        }
    }
    assert!(defects >= 12, "only {defects} deliberate defects");
}
