//! Nothing is ever active twice that may be active once, and no two agents of one resource are at work
//! on one host. Judged by what was seen, and by nothing that daemons believe.

use std::collections::{BTreeMap, BTreeSet};

use quorate::model::Role;

use super::trace::{Seen, Stamped};

/// Who is active where.
#[derive(Default)]
pub(crate) struct Copies {
    active: BTreeMap<(String, usize), Role>,
    clones: BTreeSet<String>,
    at_work: BTreeMap<u64, (usize, String, String)>,
    /// Whom a lie made others take for inactive: all of a host, or a resource there.
    lied: BTreeSet<(usize, Option<String>)>,
    rings: Vec<Vec<usize>>,
}

impl Copies {
    /// Takes in what was seen next; what must not be.
    pub(crate) fn take(&mut self, stamped: &Stamped) -> Option<String> {
        match &stamped.seen {
            Seen::Begun(begun) => {
                if begun.is_clone || begun.resource == "fencer" {
                    self.clones.insert(begun.resource.clone());
                }
                // Who counts as off, as a fence device said so, may be told anything when it is seen again.
                let is_believed_off = self.lied.contains(&(begun.host, None));
                let rival =
                    self.at_work.values().filter(|_| !is_believed_off).find(|(host, resource, task)| {
                        let is_same = *host == begun.host && *resource == begun.resource;
                        let is_agent = |task: &str| task != "cancel" && !resource.is_empty();
                        is_same
                            && is_agent(task)
                            && is_agent(&begun.task)
                            && !(watches(task) && watches(&begun.task))
                    });
                let found = rival.map(|(host, resource, task)| {
                    format!(
                        "{} of {resource} began on n{} while {task} was at work there",
                        begun.task,
                        host + 1
                    )
                });
                let work = (begun.host, begun.resource.clone(), begun.task.clone());
                self.at_work.insert(begun.run, work);
                found
            }
            Seen::Ended { begun, .. } => {
                self.at_work.remove(&begun.run);
                None
            }
            Seen::Real { host, resource, role } => self.set(*host, resource, *role),
            Seen::Renamed { host, from, to } => {
                let role = self.active.remove(&(from.to_string(), *host))?;
                self.active.insert((to.to_string(), *host), role);
                None
            }
            Seen::PowerOff { host } => {
                self.active.retain(|(_, place), _| place != host);
                self.at_work.retain(|_, (place, _, _)| place != host);
                self.lied.retain(|(place, _)| place != host);
                None
            }
            Seen::Rings { rings, .. } => {
                self.rings.clone_from(rings);
                None
            }
            Seen::Lied { host, resource } => {
                self.lied.insert((*host, resource.as_deref().map(str::to_owned)));
                None
            }
            _ => None,
        }
    }

    fn set(&mut self, host: usize, resource: &str, role: Option<Role>) -> Option<String> {
        let Some(role) = role else {
            self.active.remove(&(resource.to_owned(), host));
            self.lied.remove(&(host, Some(resource.to_owned())));
            return None;
        };
        self.active.insert((resource.to_owned(), host), role);
        let is_clone = self.clones.contains(resource);
        // Nor does one that counted as off know what others started meanwhile.
        let ring = self.rings.iter().find(|ring| ring.contains(&host)).into_iter().flatten();
        if ring.into_iter().any(|company| self.lied.contains(&(*company, None))) {
            self.lied.insert((host, Some(resource.to_owned())));
        }
        let counts = |role: Role| !is_clone || role == Role::Promoted;
        let is_excused = |host: usize| {
            [None, Some(resource.to_owned())].iter().any(|what| self.lied.contains(&(host, what.clone())))
        };
        let mut others = self.active.iter().filter(|((name, place), other)| {
            name == resource && *place != host && counts(**other) && !is_excused(*place)
        });
        let ((_, other), _) = others.next().filter(|_| counts(role) && !is_excused(host))?;
        Some(format!("{resource} is active on n{} and n{}", other + 1, host + 1))
    }
}

fn watches(task: &str) -> bool {
    matches!(task, "monitor" | "probe" | "notify")
}
