//! From what was written to the model: the only gate. Past it, a `Cluster` is valid.

mod collective;
mod constraint;
mod corosync;
mod gather;
mod isolation;
mod moved;
mod node;
mod operation;
mod options;
mod resource;
mod rest;
mod settings;
mod votes;

use super::check::name::Names;
use super::document::Place;
use super::findings::Findings;
use super::rule;
use super::settings::Settings;
use super::typed::{At, Field};
use crate::model::option;
use crate::model::{Cluster, ConstraintId, Role, Rule, Score};

pub(super) use constraint::derived_id;
pub(super) use gather::{Gathered, Named, gather};

use super::vocabulary::resource::RoleName;
use super::vocabulary::scalar::{PeriodText, ScoreText};

/// What lowering gives; only of use when nothing was found to be an error.
#[derive(Debug)]
pub(super) struct Lowered {
    pub(super) cluster: Cluster,
    pub(super) settings: Settings,
    /// Places of the constraints, in their order.
    pub(super) constraint_places: Vec<(ConstraintId, Place)>,
}

/// Everything that lowering a part needs to know.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lower<'a, 'd> {
    pub(super) gathered: &'a Gathered<'a>,
    pub(super) names: &'a Names<'a>,
    pub(super) findings: &'a Findings<'d>,
}

impl Lower<'_, '_> {
    /// Lowers everything.
    pub(super) fn run(self) -> Lowered {
        let gathered = self.gathered;
        let (constraints, constraint_places) = self.constraints();
        let cluster = Cluster {
            name: gathered.name.and_then(At::get).cloned(),
            properties: self.properties(),
            nodes: self.nodes(),
            resources: self.resources(),
            templates: self.templates(),
            resource_defaults: self.all_options(&gathered.resource_defaults),
            operation_defaults: self.all_options(&gathered.operation_defaults),
            constraints,
            fencing_levels: self.fencing(),
            tags: self.tags(),
            alerts: self.alerts(),
            acls: self.acls(),
            corosync: gathered.corosync.and_then(At::get).map(|entry| self.corosync(entry)),
            isolation: gathered.isolation.and_then(|at| Some(self.isolation(at.place, at.get()?))),
        };
        let settings = self.settings(&constraint_places);
        Lowered { cluster, settings, constraint_places }
    }

    /// Reads a rule expression; a bad one is reported.
    fn rule(self, field: &Field<String>) -> Option<Rule> {
        let at = field.as_ref()?;
        match rule::parse(at.get()?) {
            Ok(rule) => Some(rule),
            Err(error) => {
                let mut draft = self
                    .findings
                    .error("rule-syntax", at.place, error.message.clone())
                    .within(error.span, "here");
                if let Some(help) = error.help {
                    draft = draft.help(help);
                }
                draft.report();
                None
            }
        }
    }
}

/// The text of a field, for the model.
fn text<T: for<'t> From<&'t str>>(field: &Field<String>) -> Option<T> {
    field.as_ref().and_then(At::get).map(|text| T::from(text.as_str()))
}

/// The value of a field.
fn copy<T: Copy>(field: &Field<T>) -> Option<T> {
    field.as_ref().and_then(At::get).copied()
}

/// Whether a field was written and could not be read.
fn is_hole<T>(field: &Field<T>) -> bool {
    field.as_ref().is_some_and(|at| at.value.is_none())
}

/// Items of a list field.
fn items<T>(field: &Field<Vec<At<T>>>) -> impl Iterator<Item = &At<T>> {
    field.as_ref().and_then(At::get).into_iter().flatten()
}

fn score(field: &Field<ScoreText>) -> Option<Score> {
    Score::parse(&field.as_ref()?.get()?.0)
}

fn period(field: &Field<PeriodText>) -> Option<std::time::Duration> {
    option::parse_period(&field.as_ref()?.get()?.0).ok()
}

fn role(field: &Field<RoleName>) -> Option<Role> {
    copy(field).map(RoleName::to_role)
}

impl RoleName {
    pub(super) const fn to_role(self) -> Role {
        match self {
            Self::Stopped => Role::Stopped,
            Self::Started => Role::Started,
            Self::Unpromoted => Role::Unpromoted,
            Self::Promoted => Role::Promoted,
        }
    }
}
