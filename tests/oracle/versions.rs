//! What the installed version does differently from the one that the specification describes.
//!
//! One function for each rule; `docs/conformance.md` says in words what each means.

/// The rule that explains all of the differences, if there is one.
pub(crate) fn explain(_cib: &str, _differences: &[String]) -> Option<&'static str> {
    None
}
