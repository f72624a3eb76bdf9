//! A saved plan on its way into force: what it wants, its secrets, and whether it still fits.

use std::path::Path;

use super::exit::Exit;
use super::failure::Failure;
use super::planning::Wanted;
use super::source;
use super::terminal::Terminal;
use crate::diagnostic::{Diagnostic, Sources};
use crate::engine::Engine;
use crate::model::Cluster;
use crate::plan::secrecy::{Sealed, Unsealable};
use crate::plan::{Plan, Staleness};
use crate::{manifest, view};

/// Puts back the secrets that a saved plan does not hold: the manifest it was made from knows them,
/// or what is in force does.
pub(super) async fn unseal(sealed: &Sealed, engine: &mut dyn Engine) -> Result<Plan, Failure> {
    if sealed.seal.is_none() {
        return Ok(sealed.plan.clone());
    }
    let manifest = source::read(Path::new(&sealed.plan.origin)).ok();
    let manifest =
        manifest.and_then(|sources| manifest::read(&sources).manifest).map(|manifest| manifest.cluster);
    let in_force = engine.observe().await?.in_force;
    let known: Vec<&Cluster> = manifest.iter().chain([&in_force]).collect();
    let backwards: Vec<&Cluster> = known.iter().rev().copied().collect();
    sealed.unseal(&known).or_else(|_| sealed.unseal(&backwards)).map_err(|error| {
        let help = match error {
            Unsealable::Unknown { .. } => {
                "apply it where the manifest is that it was made from; or write `{secret: NAME}` there"
            }
            Unsealable::Changed => "nothing was changed; plan again, and have the new plan reviewed",
        };
        Failure::new(Exit::Stale, error.to_string()).help(help)
    })
}

/// A saved plan wants exactly what it says: nothing is merged once more.
pub(super) fn wanted(plan: &Plan) -> Wanted {
    Wanted {
        cluster: plan.desired.clone(),
        renames: plan.renames.clone(),
        prune: crate::plan::Prune::Yes,
        origin: plan.origin.clone(),
        reconcile: manifest::Reconcile::default(),
    }
}

pub(super) fn check_fresh(saved: &Plan, now: &Plan) -> Result<(), Failure> {
    let why = match saved.basis.staleness(&now.basis) {
        None => return Ok(()),
        Some(Staleness::Generation { planned, actual }) => {
            format!("it was made on generation {planned}, and generation {actual} is in force")
        }
        Some(Staleness::InForce) => "it was made for another cluster".to_owned(),
        Some(Staleness::Seats) => "nodes or resources are not where they were when it was made".to_owned(),
        Some(Staleness::Steps) => format!(
            "the cluster has changed, and other actions are needed now ({})",
            view::plan::disruption_summary(&now.disruption).trim_end_matches('.')
        ),
    };
    Err(Failure::new(Exit::Stale, format!("the saved plan is stale: {why}"))
        .help("nothing was changed; plan again, and have the new plan reviewed"))
}

/// A plan that cannot be applied any more; machines are told so by a document, as of any other finding.
pub(super) fn refused(failure: Failure, terminal: Terminal) -> Failure {
    if let (Some(message), Exit::Stale, true) = (&failure.message, failure.exit, terminal.is_for_machines()) {
        let finding = Diagnostic::error("stale-plan", message.clone());
        let finding = failure.help.iter().cloned().fold(finding, Diagnostic::help);
        if let Err(unwritten) = terminal.findings(&[finding], &Sources::default()) {
            return unwritten;
        }
    }
    failure
}
