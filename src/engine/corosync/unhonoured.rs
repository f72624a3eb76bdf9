//! What of a desired cluster the node daemons do not do, said by name instead of being passed over.

use crate::diagnostic::{Diagnostic, Subject};
use crate::manifest::Settings;
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

/// What the node daemons do not do of what is said beside the cluster.
pub fn unhonoured_settings(settings: &Settings) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if settings.reconcile.self_heal == Some(false) {
        let message =
            "the node daemons put right whatever deviates: `reconcile.self-heal: false` cannot be had";
        found.push(
            Diagnostic::error("unsuitable-engine", message)
                .about(Subject::Section("reconcile.self-heal".to_owned()))
                .help("take it away; `quorate pause` keeps the cluster from deciding anything for a while"),
        );
    }
    found.extend(settings.secrets.keys().map(|name| {
        let message = format!("the node daemons cannot look for the secret `{name}` elsewhere");
        Diagnostic::error("unsuitable-engine", message)
            .about(Subject::Section(format!("secrets.{name}")))
            .help(format!(
                "take it away, and put the value into the file `{name}` in the folder of secrets of each node"
            ))
    }));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Reconcile, SecretSource};
    use crate::model::{Isolation, SecretName};

    #[test]
    fn settings_that_daemons_cannot_keep_are_errors_by_name() {
        assert_eq!(unhonoured_settings(&Settings::default()), []);
        let reconcile = Reconcile { self_heal: Some(false), ..Reconcile::default() };
        let source = SecretSource::Environment("DB".into());
        let secrets = [(SecretName::new("db"), source)].into_iter().collect();
        let found = unhonoured_settings(&Settings { reconcile, secrets, ..Settings::default() });
        assert_eq!(found.iter().filter(|finding| finding.is_error()).count(), 2);
    }

    #[test]
    fn isolation_is_refused_rather_than_believed() {
        assert_eq!(unhonoured(&Cluster::default()), []);
        let cluster = Cluster { isolation: Some(Isolation::default()), ..Cluster::default() };
        assert!(unhonoured(&cluster).iter().any(Diagnostic::is_error));
    }
}
