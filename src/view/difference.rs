//! What differs between two texts.

use similar::{ChangeTag, TextDiff};

use crate::manifest::without_secrets;

/// What differs between two texts of a manifest called `name`, as a patch without the secrets of either.
pub fn difference(name: &str, before: &str, after: &str) -> String {
    let (old, new) = (without_secrets(before), without_secrets(after));
    let (old, new): (Vec<&str>, Vec<&str>) =
        (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let mut told = format!("--- {name}\n+++ {name}\n");
    for hunk in TextDiff::from_lines(before, after).unified_diff().iter_hunks() {
        told.push_str(&format!("{}\n", hunk.header()));
        for change in hunk.iter_changes() {
            let line = match change.tag() {
                ChangeTag::Insert => change.new_index().and_then(|at| new.get(at)),
                ChangeTag::Delete | ChangeTag::Equal => change.old_index().and_then(|at| old.get(at)),
            };
            told.push_str(&format!("{}{}", change.tag(), line.copied().unwrap_or_default()));
            if change.missing_newline() {
                told.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn a_difference_shows_no_secret() {
        let told = difference("m", "a:   1\npassword:   X\nb: 1", "a: 1\npassword: X\nb: 1\n");
        let shown = "--- m\n+++ m\n@@ -1,3 +1,3 @@\n-a:   1\n-password:   (hidden)\n-b: 1\n\
                     \\ No newline at end of file\n+a: 1\n+password: (hidden)\n+b: 1\n";
        assert_eq!(told, shown);
    }
}
