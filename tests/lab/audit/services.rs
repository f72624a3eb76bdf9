//! What services must be: as often and where they should be, as the hosts themselves show it.

use std::collections::BTreeSet;
use std::fs;

use quorate::model::constraint::{ColocationScope, Constraint};
use quorate::model::resource::Origin;
use quorate::model::{Cluster, Primitive, Resource};
use serde_json::Value;

use crate::host::Host;
use crate::lab::Lab;

/// All that runs too often, not at all, apart or unknown.
pub(super) fn faults(lab: &Lab, members: &[&Host]) -> Vec<String> {
    let Some(desired) = members.iter().find_map(|host| host.sight()).map(|sight| sight.desired) else {
        return Vec::new();
    };
    let mut faults = counts(lab, &desired, members);
    faults.extend(groups(lab, &desired));
    faults.extend(colocations(lab, &desired));
    for host in members {
        faults.extend(told(lab, &desired, host));
    }
    faults
}

/// The services of the lab's own agent that are active on a host.
pub(super) fn marked(host: &Host) -> Vec<String> {
    let files = fs::read_dir(host.path("/run/marker")).into_iter().flatten().flatten();
    let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
    names.filter(|name| !name.contains('.')).collect()
}

/// Whether a service is active on a host, by what the host shows; none where that cannot be seen.
fn is_active(host: &Host, primitive: &Primitive) -> Option<bool> {
    let Origin::Agent(agent) = &primitive.origin else { return None };
    let name = primitive.id.as_str();
    match agent.to_string().as_str() {
        "ocf:lab:marker" => Some(host.path("/run/marker").join(name).exists()),
        "ocf:pacemaker:Dummy" | "ocf:pacemaker:Stateful" | "ocf:heartbeat:Dummy" => {
            // Beside its name it may have a number.
            let (plain, numbered) =
                (format!("{}-{name}.state", agent.kind), format!("{}-{name}:", agent.kind));
            let run = host.path("/run");
            let folders = fs::read_dir(&run).into_iter().flatten().flatten().map(|entry| entry.path());
            let files =
                folders.chain([run]).filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
            let mut names = files.map(|file| file.file_name().to_string_lossy().into_owned());
            Some(names.any(|name| name == plain || name.starts_with(&numbered)))
        }
        "ocf:heartbeat:IPaddr2" => {
            let mut pairs = primitive.params.iter().flat_map(|set| &set.pairs);
            let address = pairs.find(|pair| &*pair.name == "ip")?.value.to_text();
            Some(host.has_address(&address))
        }
        "ocf:heartbeat:apache" => Some(!host.processes("apache2").is_empty()),
        _ => None,
    }
}

/// The hosts where a service is active; none where that cannot be seen.
fn places(lab: &Lab, primitive: &Primitive) -> Option<BTreeSet<String>> {
    let seen: Option<Vec<(String, bool)>> =
        lab.hosts_on().map(|host| Some((host.name.clone(), is_active(host, primitive)?))).collect();
    Some(seen?.into_iter().filter(|(_, is_active)| *is_active).map(|(name, _)| name).collect())
}

/// One of each, and one on every member of what is cloned.
fn counts(lab: &Lab, desired: &Cluster, members: &[&Host]) -> Vec<String> {
    let mut faults = Vec::new();
    for resource in &desired.resources {
        let wanted = match resource {
            Resource::Primitive(_) | Resource::Group(_) => 1,
            Resource::Clone(_) => members.len(),
            Resource::Bundle(_) => continue,
        };
        for primitive in resource.primitives() {
            if let Some(places) = places(lab, primitive)
                && places.len() != wanted
            {
                faults.push(format!("{} is active at {places:?}, wanted are {wanted}", primitive.id));
            }
        }
    }
    faults
}

/// Members of a group are together, and none is active behind one that is not.
fn groups(lab: &Lab, desired: &Cluster) -> Vec<String> {
    let mut faults = Vec::new();
    for resource in &desired.resources {
        let Resource::Group(group) = resource else { continue };
        for pair in group.members.windows(2) {
            if let (Some(first), Some(then)) = (places(lab, &pair[0]), places(lab, &pair[1]))
                && !then.is_subset(&first)
            {
                faults.push(format!("{} is at {then:?}, {} before it at {first:?}", pair[1].id, pair[0].id));
            }
        }
    }
    faults
}

/// Who must be with another is there, and who must not is not.
fn colocations(lab: &Lab, desired: &Cluster) -> Vec<String> {
    let primitives: Vec<&Primitive> =
        desired.resources.iter().flat_map(|resource| resource.primitives()).collect();
    let at = |name: &str| places(lab, primitives.iter().find(|primitive| primitive.id.as_str() == name)?);
    let mut faults = Vec::new();
    for constraint in &desired.constraints {
        let Constraint::Colocation(colocation) = constraint else { continue };
        let ColocationScope::Pair { dependent, primary, dependent_role: None, primary_role: None, .. } =
            &colocation.scope
        else {
            continue;
        };
        let score = colocation.score.map(|score| score.to_string()).unwrap_or_default();
        let (Some(one), Some(other)) = (at(dependent.as_str()), at(primary.as_str())) else { continue };
        let is_kept = match score.as_str() {
            "INFINITY" => one.is_subset(&other),
            "-INFINITY" => one.is_disjoint(&other),
            _ => true,
        };
        if !is_kept {
            faults.push(format!(
                "{dependent} is at {one:?}, {primary} at {other:?}: against {}",
                colocation.id
            ));
        }
    }
    faults
}

/// What a member tells of services is what hosts show.
fn told(lab: &Lab, desired: &Cluster, host: &Host) -> Vec<String> {
    let said = host.attempt("quorate status -o json --engine corosync").stdout;
    let status: Value = serde_json::from_slice(&said).unwrap_or_default();
    let Some(rows) = status["resources"].as_array() else {
        return vec![format!("{}: no status", host.name)];
    };
    let mut faults = Vec::new();
    for primitive in desired.resources.iter().flat_map(|resource| resource.primitives()) {
        let Some(places) = places(lab, primitive) else { continue };
        let own = rows.iter().filter(|row| {
            let name = row["id"].as_str().unwrap_or_default();
            name.split(':').next() == Some(primitive.id.as_str())
        });
        let told: BTreeSet<String> = own
            .flat_map(|row| row["nodes"].as_array().cloned().unwrap_or_default())
            .filter_map(|node| Some(node.as_str()?.to_owned()))
            .collect();
        if told != places {
            faults.push(format!("{}: says {} is at {told:?}, it is at {places:?}", host.name, primitive.id));
        }
    }
    faults
}
