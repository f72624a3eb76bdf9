//! What of a desired cluster the node daemons do not do, said by name instead of being passed over: the
//! daemon asks this of its manifest and of what comes through its door, commands ask it before they send.

use crate::diagnostic::{Diagnostic, Part, Subject, without_effect};
use crate::manifest::Settings;
use crate::model::Cluster;
use crate::model::alert::AlertEvent;
use crate::model::fencing::devices;

/// What is wanted of the node daemons and not done by them. An error is what would be dangerous to
/// rely on.
pub fn unhonoured(cluster: &Cluster) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let arbiter = cluster.isolation.as_ref().and_then(|isolation| isolation.arbiter.as_deref());
    if let Some(url) = arbiter.filter(|url| !url.starts_with("http://")) {
        found.push(
            Diagnostic::error(
                "unsuitable-engine",
                format!("the node daemons cannot ask the arbiter `{url}`"),
            )
            .about(Subject::Section("isolation".to_owned()))
            .help("they speak plain HTTP: an address that begins with `http://`"),
        );
    }
    for address in cluster.isolation.iter().flat_map(|isolation| &isolation.ping) {
        if address.parse::<std::net::IpAddr>().is_err() {
            let message = format!("the node daemons ping addresses, and `{address}` is none");
            found.push(
                Diagnostic::error("unsuitable-engine", message)
                    .about(Subject::Section("isolation".to_owned()))
                    .help("a node that is cut off cannot look up names: write the address itself"),
            );
        }
    }
    found.extend(unreadable_fencing(cluster));
    let selected = cluster.alerts.iter().flat_map(|alert| &alert.select);
    let selects_attributes = selected.into_iter().any(|event| matches!(event, AlertEvent::Attributes(_)));
    if selects_attributes {
        let message = "the node daemons tell alert agents of nodes, fencing and resources, not of attributes";
        found.push(
            Diagnostic::warning("without-effect", message).about(Subject::Section("alerts".to_owned())),
        );
    }
    let has_roles = !cluster.acls.roles.is_empty();
    found.extend(without_effect(&[(
        "acls",
        has_roles,
        "whoever may use the daemon's socket may do everything",
    )]));
    found
}

/// Fencing that cannot be read, however it came to be desired: whom it is for would stay alive.
fn unreadable_fencing(cluster: &Cluster) -> Vec<Diagnostic> {
    let of_devices = devices(cluster).into_iter().flat_map(|device| {
        let about = |fault| {
            Diagnostic::error("invalid-option", format!("`{}`: {fault}", device.id))
                .about_resource(device.id.as_str(), Part::Whole)
        };
        device.faults().map(about).collect::<Vec<_>>()
    });
    of_devices.collect()
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
    use crate::model::{Agent, AgentClass, Isolation, OptionSet, Primitive, Resource, SecretName};

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
    fn a_fence_device_whose_options_cannot_be_read_is_refused_by_name() {
        let desired = |value: &'static str| {
            let agent = Agent { class: AgentClass::Stonith, provider: None, kind: "fence_x".into() };
            let mut device = Primitive::new("ipmi", agent);
            device.params.push(OptionSet::of([("pcmk_delay_base", value)]));
            Cluster { resources: vec![Resource::Primitive(device)], ..Cluster::default() }
        };
        assert_eq!(unhonoured(&desired("n1:5s")), []);
        let found = unhonoured(&desired("n1:soon"));
        assert!(found.iter().all(Diagnostic::is_error) && found.len() == 1, "{found:?}");
        assert!(found[0].message.starts_with("`ipmi`: `pcmk_delay_base` is `n1:soon`"), "{found:?}");
    }

    #[test]
    fn evidence_that_the_daemons_cannot_look_at_is_refused_rather_than_believed() {
        let isolated = |ping: &[&str], arbiter: Option<&str>| {
            let isolation = Isolation {
                ping: ping.iter().map(|address| (*address).into()).collect(),
                arbiter: arbiter.map(Into::into),
                ..Isolation::default()
            };
            unhonoured(&Cluster { isolation: Some(isolation), ..Cluster::default() })
        };
        assert_eq!(isolated(&["192.0.2.1", "2001:db8::1"], Some("http://192.0.2.9/")), []);
        assert!(isolated(&["gateway"], None).iter().any(Diagnostic::is_error));
        assert!(isolated(&[], Some("https://192.0.2.9/")).iter().any(Diagnostic::is_error));
    }
}
