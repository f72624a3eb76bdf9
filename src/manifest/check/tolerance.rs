//! Checks that a manifest may fail: what they find does not keep the rest from being understood.
//!
//! Old configurations are full of constraints on what was deleted long ago. Refusing them would keep
//! their owners from ever starting; accepting them everywhere would keep mistakes from being found.
//! So a manifest lists the checks that it may fail, where reviewers see the list and can make it
//! shorter.

use crate::manifest::findings::Findings;
use crate::manifest::suggest::listed;
use crate::manifest::typed::At;

/// The checks that can be tolerated, by code: the model is the same whether they pass or fail.
pub(crate) const TOLERABLE: &[&str] = &[
    "colocation-cycle",
    "duplicate-level",
    "duplicate-operation",
    "empty-group",
    "fencing-without-device",
    "guest-is-member",
    "invalid-address",
    "invalid-interval",
    "invalid-name",
    "invalid-on-fail",
    "invalid-pattern",
    "missing-parameter",
    "not-a-fence-device",
    "order-cycle",
    "self-reference",
    "unavailable-agent",
    "unknown-node",
    "unknown-resource",
    "unknown-role",
];

/// Those of them that only the nodes check: whether they come up is not known here.
const CHECKED_BY_NODES: [&str; 2] = ["missing-parameter", "unavailable-agent"];

/// Whether a manifest may fail the check of this code, if it says so by `tolerate`.
pub fn is_tolerable(code: &str) -> bool {
    TOLERABLE.contains(&code)
}

/// Takes the list of a manifest.
pub(crate) fn tolerate(codes: &[&At<String>], findings: &Findings<'_>) {
    for at in codes.iter().filter(|at| at.value.is_some()) {
        match TOLERABLE.iter().find(|code| **code == at.text()) {
            Some(code) => findings.tolerate(code),
            None => findings
                .error("unknown-check", at.place, format!("`{}` cannot be tolerated", at.text()))
                .here("not the code of a check that a manifest may fail")
                .suggest(at.text(), TOLERABLE.iter().copied())
                .help(format!("these can be tolerated: {}", listed(TOLERABLE.iter().copied())))
                .report(),
        }
    }
}

/// Reports what is tolerated and does not come up: a list that nobody needs hides new mistakes.
/// Some checks only run once there are no errors.
pub(crate) fn check_needed(codes: &[&At<String>], findings: &Findings<'_>) {
    if findings.has_errors() {
        return;
    }
    let checked_here = codes.iter().filter(|at| !CHECKED_BY_NODES.contains(&at.text()));
    for at in checked_here.filter(|at| !findings.has_tolerated(at.text())) {
        findings
            .warning("unneeded-tolerance", at.place, format!("nothing fails the check `{}`", at.text()))
            .here("without effect")
            .help("remove it, so that the next mistake is found")
            .report();
    }
}
