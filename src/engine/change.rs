//! Changes on top of the desired state, for the engines that keep it themselves.

use std::sync::Arc;

use super::{EngineError, Ledger};
use crate::cluster::{Change, Lifetime};
use crate::model::{Cluster, Moment, NodeName, Overlay, Override};

/// Changes the overlay of a cluster, or what is remembered of failures.
///
/// # Errors
/// [`EngineError::Refused`] when it makes no sense for this cluster, or only for a real one.
pub(super) fn apply(
    change: &Change,
    cluster: &Cluster,
    overlay: &mut Overlay,
    ledger: &mut Ledger,
    now: Moment,
) -> Result<(), EngineError> {
    overlay.drop_lapsed(now);
    match change {
        Change::Override(wanted) => {
            check(wanted, cluster)?;
            overlay.put(wanted.clone());
        }
        Change::Restore(id) => {
            if !overlay.take_away(id) {
                return refuse(format!("there is no override `{}`", id.0));
            }
        }
        Change::Pause(pause) => overlay.pause = Some(pause.clone()),
        Change::Resume => overlay.pause = None,
        Change::Cleanup { resource, node } | Change::Refresh { resource, node } => {
            check_node(node.as_ref(), cluster)?;
            let meant = ledger
                .meant(cluster, resource.as_ref())
                .map_err(|missing| EngineError::Refused(format!("there is no resource `{}`", missing.0)))?;
            let here = ledger.nodes_up();
            if matches!(change, Change::Cleanup { .. }) {
                ledger.clean_up(node.as_ref(), &here, |name| meant.includes(name));
            } else {
                ledger.refresh(node.as_ref(), &here, |name| meant.includes(name));
            }
        }
        Change::Attribute { node, name, value, lifetime } => {
            check_node(Some(node), cluster)?;
            match lifetime {
                Lifetime::UntilLeave => ledger.set_attribute(node, name, value.as_deref()),
                Lifetime::Forever => set_lasting(overlay, node, name, value.as_ref()),
            }
        }
        Change::Ticket { id, granted, standby } => {
            ledger.status.set_ticket(id, *granted, *standby, now.seconds());
        }
        Change::Propose(_) | Change::Forsake(_) | Change::ConfirmDown(_) => {
            return refuse("only the daemons of a real cluster can do this (engine `corosync`)".to_owned());
        }
    }
    Ok(())
}

fn set_lasting(overlay: &mut Overlay, node: &NodeName, name: &Arc<str>, value: Option<&Arc<str>>) {
    let own = overlay.attributes.entry(node.clone()).or_default();
    match value {
        Some(value) => own.insert(Arc::clone(name), Arc::clone(value)),
        None => own.remove(name),
    };
    overlay.attributes.retain(|_, own| !own.is_empty());
}

fn check(wanted: &Override, cluster: &Cluster) -> Result<(), EngineError> {
    check_node(wanted.what.node(), cluster)?;
    match wanted.what.resource() {
        Some(resource) if !cluster.resource_ids().contains(&resource) => {
            refuse(format!("there is no resource `{resource}`"))
        }
        Some(_) | None => Ok(()),
    }
}

fn check_node(node: Option<&NodeName>, cluster: &Cluster) -> Result<(), EngineError> {
    match node {
        Some(node) if !cluster.nodes.iter().any(|known| known.name.is(node.as_str())) => {
            refuse(format!("there is no node `{node}`"))
        }
        Some(_) | None => Ok(()),
    }
}

fn refuse(why: String) -> Result<(), EngineError> {
    Err(EngineError::Refused(why))
}
