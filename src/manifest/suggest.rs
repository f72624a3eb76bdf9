//! "Did you mean": the name that a mistyped one most likely was.

use strsim::{damerau_levenshtein, jaro_winkler};

/// The most similar of some names, if one is similar enough: a third of the letters may differ.
pub(crate) fn similar<'n>(name: &str, among: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let lower = name.to_lowercase();
    let bound = (lower.chars().count() / 3).max(1);
    let distance = |candidate: &str| {
        // Names of very different length cannot be within the bound: skip the costly part.
        if candidate.len().abs_diff(lower.len()) > bound {
            return None;
        }
        let candidate = candidate.to_lowercase();
        let edits = damerau_levenshtein(&lower, &candidate);
        (edits <= bound).then(|| (edits, jaro_winkler(&lower, &candidate)))
    };
    among
        .into_iter()
        .filter(|candidate| *candidate != name)
        .filter_map(|candidate| distance(candidate).map(|(edits, likeness)| (edits, likeness, candidate)))
        .min_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(b.2)))
        .map(|(_, _, candidate)| candidate)
}

/// Names in a sentence: "`a`, `b` and `c`".
pub(crate) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swapped_letter_is_found_and_a_different_word_is_not() {
        assert_eq!(similar("WebSiet", ["ClusterIP", "WebSite"]), Some("WebSite"));
        assert_eq!(similar("database", ["ClusterIP", "WebSite"]), None);
        assert_eq!(similar("websiTe", ["WebSite"]), Some("WebSite"));
    }

    #[test]
    fn names_are_listed_as_in_a_sentence() {
        assert_eq!(listed(["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
