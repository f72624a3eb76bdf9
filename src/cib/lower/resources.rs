//! Resources, templates and tags. What is wrong inside a resource drops the whole top-level
//! resource, except that a group only loses the member.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{Lowering, bundle, description, operations, options};
use crate::cib::xml::Element;
use crate::model::resource::{CloneChild, Origin};
use crate::model::{
    Agent, AgentClass, Clone, Group, NameValue, OptionSet, Primitive, Resource, ResourceId, Score, TagId,
    Template, TemplateId,
};

/// Lowers the templates of the section, in order.
pub(super) fn lower_templates<'t>(lowering: &mut Lowering<'t>, section: Element<'t>) -> Vec<Template> {
    section.children_named("template").filter_map(|element| lower_template(lowering, element)).collect()
}

fn lower_template<'t>(lowering: &mut Lowering<'t>, element: Element<'t>) -> Option<Template> {
    let id = lowering.required(element, "id")?;
    Some(Template {
        id: TemplateId::from(id),
        agent: lower_agent(lowering, element)?,
        description: description(element),
        params: options::lower_sets(lowering, element, "instance_attributes"),
        meta: options::lower_meta(lowering, element),
        utilization: options::lower_sets(lowering, element, "utilization"),
        ops: operations::lower_operations(lowering, element),
    })
}

/// Lowers the top-level resources, in order.
pub(super) fn lower_resources<'t>(lowering: &mut Lowering<'t>, section: Element<'t>) -> Vec<Resource> {
    section.children().filter_map(|element| lower_resource(lowering, section, element)).collect()
}

fn lower_resource<'t>(
    lowering: &mut Lowering<'t>,
    section: Element<'t>,
    element: Element<'t>,
) -> Option<Resource> {
    match element.name() {
        "primitive" => lower_primitive(lowering, section, element).map(Resource::Primitive),
        "group" => lower_group(lowering, section, element).map(Resource::Group),
        "clone" | "master" => lower_clone(lowering, section, element).map(Resource::Clone),
        "bundle" => bundle::lower_bundle(lowering, section, element).map(Resource::Bundle),
        "template" => None,
        _ => {
            lowering.dropped(element, "it is not a kind of resource");
            None
        }
    }
}

/// Lowers a primitive; `section` is where its template would be.
pub(super) fn lower_primitive<'t>(
    lowering: &mut Lowering<'t>,
    section: Element<'t>,
    element: Element<'t>,
) -> Option<Primitive> {
    let id = lowering.required(element, "id")?;
    let origin = match element.attribute("template") {
        Some(template) => Origin::Template(find_template(lowering, section, element, template)?),
        None => Origin::Agent(lower_agent(lowering, element)?),
    };
    Some(Primitive {
        id: ResourceId::from(id),
        origin,
        description: description(element),
        params: options::lower_sets(lowering, element, "instance_attributes"),
        meta: options::lower_meta(lowering, element),
        utilization: options::lower_sets(lowering, element, "utilization"),
        ops: operations::lower_operations(lowering, element),
    })
}

fn find_template(
    lowering: &mut Lowering<'_>,
    section: Element<'_>,
    element: Element<'_>,
    name: &str,
) -> Option<TemplateId> {
    let is_template = |candidate: Element<'_>| candidate.attribute("id") == Some(name);
    if element.attribute("id") == Some(name) || !section.children_named("template").any(is_template) {
        lowering.dropped(element, &format!("there is no template `{name}`"));
        return None;
    }
    Some(TemplateId::from(name))
}

fn lower_agent(lowering: &mut Lowering<'_>, element: Element<'_>) -> Option<Agent> {
    let (Some(class), Some(kind)) = (element.attribute("class"), element.attribute("type")) else {
        lowering.dropped(element, "it does not name an agent by class and type");
        return None;
    };
    Some(Agent {
        class: AgentClass::parse(class),
        provider: element.attribute("provider").map(Into::into),
        kind: kind.into(),
    })
}

fn lower_group<'t>(lowering: &mut Lowering<'t>, section: Element<'t>, element: Element<'t>) -> Option<Group> {
    let id = lowering.required(element, "id")?;
    Some(Group {
        id: ResourceId::from(id),
        description: description(element),
        meta: options::lower_meta(lowering, element),
        params: options::lower_sets(lowering, element, "instance_attributes"),
        members: element
            .children_named("primitive")
            .filter_map(|member| lower_primitive(lowering, section, member))
            .collect(),
    })
}

/// Lowers a clone, or what was called a master before clones could be promotable.
fn lower_clone<'t>(lowering: &mut Lowering<'t>, section: Element<'t>, element: Element<'t>) -> Option<Clone> {
    let id = lowering.required(element, "id")?;
    let child = element.children().find(|child| child.is("primitive") || child.is("group"));
    let Some(child) = child else {
        lowering.dropped(element, "there is nothing in it to clone");
        return None;
    };
    let child = if child.is("group") {
        CloneChild::Group(lower_group(lowering, section, child)?)
    } else {
        CloneChild::Primitive(lower_primitive(lowering, section, child)?)
    };
    let mut meta = options::lower_meta(lowering, element);
    if element.is("master") {
        let pairs = vec![NameValue::text("promotable", "true")];
        meta.push(OptionSet { score: Score::INFINITY, pairs, ..OptionSet::default() });
    }
    Some(Clone {
        id: ResourceId::from(id),
        description: description(element),
        meta,
        params: options::lower_sets(lowering, element, "instance_attributes"),
        child,
    })
}

/// Lowers tags: each with its references in the order first seen.
pub(super) fn lower_tags<'t>(
    lowering: &mut Lowering<'t>,
    section: Element<'t>,
) -> IndexMap<TagId, Vec<ResourceId>> {
    let mut tags: IndexMap<TagId, Vec<ResourceId>> = IndexMap::new();
    for element in section.children_named("tag") {
        let Some(id) = lowering.required(element, "id") else { continue };
        let members = tags.entry(TagId::from(id)).or_default();
        for reference in element.children_named("obj_ref").filter_map(|reference| reference.attribute("id")) {
            if !members.iter().any(|known| *known == reference) {
                members.push(ResourceId::new(Arc::from(reference)));
            }
        }
    }
    tags
}
