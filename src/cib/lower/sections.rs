//! The sections of the document. Most are looked up anywhere in it, and count only when there is
//! exactly one of that name.

use super::{Lowering, access, alerts, constraints, fencing, nodes, options, resources};
use crate::cib::xml::Element;
use crate::model::Cluster;

/// Where the sections are.
#[derive(Debug, Default)]
pub(super) struct Sections<'t> {
    crm_config: Option<Element<'t>>,
    nodes: Option<Element<'t>>,
    resources: Option<Element<'t>>,
    constraints: Option<Element<'t>>,
    rsc_defaults: Option<Element<'t>>,
    op_defaults: Option<Element<'t>>,
    fencing_topology: Option<Element<'t>>,
    tags: Option<Element<'t>>,
    alerts: Option<Element<'t>>,
    acls: Option<Element<'t>>,
    /// The status section.
    pub(super) status: Option<Element<'t>>,
}

impl<'t> Sections<'t> {
    /// Finds all sections, in one walk.
    pub(super) fn find(lowering: &mut Lowering<'t>, root: Element<'t>) -> Self {
        let mut sections = Self::default();
        let mut doubles = Vec::new();
        for element in lowering.tree.elements() {
            let slot = match element.name() {
                "crm_config" => &mut sections.crm_config,
                "nodes" => &mut sections.nodes,
                "rsc_defaults" => &mut sections.rsc_defaults,
                "op_defaults" => &mut sections.op_defaults,
                "fencing-topology" => &mut sections.fencing_topology,
                "tags" => &mut sections.tags,
                "status" => &mut sections.status,
                _ => continue,
            };
            if slot.replace(element).is_some() {
                doubles.push(element);
            }
        }
        for double in doubles {
            lowering.dropped(double, "there is another section of that name, so neither counts");
            sections.forget(double.name());
        }
        let configuration = root.child("configuration");
        let mut section = |name: &str| single_child(lowering, configuration?, name);
        sections.resources = section("resources");
        sections.constraints = section("constraints");
        sections.alerts = section("alerts");
        sections.acls = section("acls");
        sections
    }

    fn forget(&mut self, name: &str) {
        match name {
            "crm_config" => self.crm_config = None,
            "nodes" => self.nodes = None,
            "rsc_defaults" => self.rsc_defaults = None,
            "op_defaults" => self.op_defaults = None,
            "fencing-topology" => self.fencing_topology = None,
            "tags" => self.tags = None,
            "status" => self.status = None,
            _ => {}
        }
    }

    /// Lowers everything but the status.
    pub(super) fn lower_cluster(&self, lowering: &mut Lowering<'t>) -> Cluster {
        Cluster {
            name: None,
            // Corosync has its own file, and Pacemaker knows no isolation.
            corosync: None,
            isolation: None,
            properties: self
                .crm_config
                .map(|section| options::lower_properties(lowering, section))
                .unwrap_or_default(),
            nodes: self.nodes.map(|section| nodes::lower_nodes(lowering, section)).unwrap_or_default(),
            templates: self
                .resources
                .map(|section| resources::lower_templates(lowering, section))
                .unwrap_or_default(),
            resources: self
                .resources
                .map(|section| resources::lower_resources(lowering, section))
                .unwrap_or_default(),
            resource_defaults: self
                .rsc_defaults
                .map(|section| options::lower_meta(lowering, section))
                .unwrap_or_default(),
            operation_defaults: self
                .op_defaults
                .map(|section| options::lower_sets(lowering, section, "meta_attributes"))
                .unwrap_or_default(),
            constraints: self
                .constraints
                .map(|section| constraints::lower_constraints(lowering, section))
                .unwrap_or_default(),
            fencing_levels: self
                .fencing_topology
                .map(|section| fencing::lower_levels(lowering, section))
                .unwrap_or_default(),
            tags: self.tags.map(|section| resources::lower_tags(lowering, section)).unwrap_or_default(),
            alerts: self.alerts.map(|section| alerts::lower_alerts(lowering, section)).unwrap_or_default(),
            acls: self.acls.map(|section| access::lower_acls(lowering, section)).unwrap_or_default(),
        }
    }
}

fn single_child<'t>(lowering: &mut Lowering<'t>, parent: Element<'t>, name: &str) -> Option<Element<'t>> {
    let mut found = parent.children_named(name);
    let first = found.next()?;
    if let Some(second) = found.next() {
        lowering.dropped(second, "there is another section of that name, so neither counts");
        return None;
    }
    Some(first)
}
