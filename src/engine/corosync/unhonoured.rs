//! What of a desired cluster the node daemons do not do, said by name instead of being passed over.

use crate::diagnostic::{Diagnostic, Subject};
use crate::model::Cluster;

/// What is wanted of the node daemons and not done by them. An error is what would be dangerous to
/// rely on.
pub fn unhonoured(cluster: &Cluster) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if cluster.isolation.is_some() {
        let message = "the node daemons do not collect the evidence that `isolation` names: when the link \
                       between two nodes is cut, both would run everything";
        found.push(
            Diagnostic::error("unsuitable-engine", message)
                .about(Subject::Section("isolation".to_owned()))
                .help("use fencing, or a witness (`corosync: {quorum: {device: ...}}`), and take it away"),
        );
    }
    let passed_over = [
        ("alerts", !cluster.alerts.is_empty(), "the node daemons run no alert agents"),
        ("acls", !cluster.acls.roles.is_empty(), "whoever may use the daemon's socket may do everything"),
    ];
    for (section, _, why) in passed_over.into_iter().filter(|(_, is_written, _)| *is_written) {
        let message = format!("`{section}` has no effect: {why}");
        found
            .push(Diagnostic::warning("without-effect", message).about(Subject::Section(section.to_owned())));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Isolation;

    #[test]
    fn isolation_is_refused_rather_than_believed() {
        assert_eq!(unhonoured(&Cluster::default()), []);
        let cluster = Cluster { isolation: Some(Isolation::default()), ..Cluster::default() };
        assert!(unhonoured(&cluster).iter().any(Diagnostic::is_error));
    }
}
