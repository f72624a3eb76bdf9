//! Constraints of every kind between the resources that there are.

use super::resources::{Resources, Top};
use super::{Dice, Feature, Flavour, Places, Xml};

const SCORES: &[&str] = &["INFINITY", "-INFINITY", "100", "-100", "10", "0"];

pub(super) fn constraints(dice: &mut Dice, flavour: &Flavour, resources: &Resources, places: &Places) -> Xml {
    let mut section = Xml::new("constraints");
    let mut number = 0;
    let mut id = |kind: &str| {
        number += 1;
        format!("{kind}-{number}")
    };
    let tops = &resources.tops;
    if flavour.has(Feature::Locations) {
        for _ in 0..1 + dice.roll(3) {
            section.push(location(dice, flavour, &id("location"), tops, places));
        }
    }
    if flavour.has(Feature::Colocations) && tops.len() > 1 {
        for _ in 0..1 + dice.roll(2) {
            section.push(colocation(dice, flavour, &id("colocation"), tops));
        }
    }
    if flavour.has(Feature::Orders) && tops.len() > 1 {
        for _ in 0..1 + dice.roll(2) {
            section.push(order(dice, flavour, &id("order"), tops));
        }
    }
    if flavour.has(Feature::Tickets) {
        let top = any(dice, tops);
        let mut ticket =
            Xml::new("rsc_ticket").with("id", &id("ticket")).with("rsc", &top.id).with("ticket", "T1");
        ticket = ticket.with("loss-policy", dice.pick(&["stop", "demote", "fence", "freeze"]));
        if top.is_promotable && dice.one_in(2) {
            ticket = ticket.with("rsc-role", "Promoted");
        }
        section.push(ticket);
    }
    section
}

pub(super) fn tags(dice: &mut Dice, resources: &Resources) -> Xml {
    let mut section = Xml::new("tags");
    let mut tag = Xml::new("tag").with("id", "Tag");
    for top in &resources.tops {
        if dice.one_in(2) || tag.children.is_empty() {
            tag.push(Xml::new("obj_ref").with("id", &top.id));
        }
    }
    section.push(tag);
    section
}

fn any<'t>(dice: &mut Dice, tops: &'t [Top]) -> &'t Top {
    &tops[dice.roll(tops.len())]
}

/// The name of a resource: mostly of the top level, sometimes a member or child.
fn name(dice: &mut Dice, top: &Top) -> String {
    let leaf = top.leaves.get(dice.roll(top.leaves.len().max(1)));
    let leaf = leaf.filter(|leaf| !leaf.is_cloned && !top.brings.contains(&leaf.id));
    leaf.filter(|_| dice.one_in(4)).map_or_else(|| top.id.clone(), |leaf| leaf.id.clone())
}

/// Two different resources of the top level.
fn two<'t>(dice: &mut Dice, tops: &'t [Top]) -> (&'t Top, &'t Top) {
    let first = dice.roll(tops.len());
    let second = (first + 1 + dice.roll(tops.len() - 1)) % tops.len();
    (&tops[first], &tops[second])
}

fn location(dice: &mut Dice, flavour: &Flavour, id: &str, tops: &[Top], places: &Places) -> Xml {
    let top = any(dice, tops);
    let mut location = Xml::new("rsc_location").with("id", id);
    location = match dice.roll(8) {
        0 => location.with("rsc-pattern", dice.pick(&["A", "^[AB]", "B-clone", ".*"])),
        1 if flavour.has(Feature::Tags) => location.with("rsc", "Tag"),
        _ => location.with("rsc", &name(dice, top)),
    };
    if flavour.has(Feature::Probing) && dice.one_in(2) {
        location = location.with("resource-discovery", dice.pick(&["always", "never", "exclusive"]));
    }
    let score = dice.pick(SCORES);
    if flavour.has(Feature::Rules) && dice.one_in(2) {
        location.push(rule(dice, flavour, id, score, top.is_promotable));
        return location;
    }
    if top.is_promotable && dice.one_in(4) {
        location = location.with("role", "Promoted");
    }
    location.with("node", &places.names[dice.roll(places.names.len())]).with("score", score)
}

fn rule(dice: &mut Dice, flavour: &Flavour, id: &str, score: &str, is_promotable: bool) -> Xml {
    let mut rule = Xml::new("rule").with("id", &format!("{id}-rule")).with("score", score);
    if is_promotable && dice.one_in(2) {
        rule = rule.with("role", "Promoted");
    }
    if dice.one_in(2) {
        rule = rule.with("boolean-op", "or");
    }
    for number in 0..1 + dice.roll(2) {
        let mut expression = Xml::new("expression").with("id", &format!("{id}-e{number}"));
        let operation = dice.pick(&["eq", "ne", "lt", "gte", "defined", "not_defined"]);
        expression = expression.with("attribute", dice.pick(&["rack", "#uname", "missing"]));
        expression = expression.with("operation", operation);
        if !operation.ends_with("defined") {
            expression = expression.with("value", dice.pick(&["1", "2", "n1", "n2"]));
        }
        rule.push(expression);
    }
    if flavour.has(Feature::Dates) {
        rule.push(date(dice, id));
    }
    rule
}

/// A date expression around the moment of planning.
fn date(dice: &mut Dice, id: &str) -> Xml {
    let date = Xml::new("date_expression").with("id", &format!("{id}-date"));
    let moments = ["2020-01-01", "2023-11-14 22:13:20Z", "2030-01-01"];
    match dice.roll(4) {
        0 => date.with("operation", "gt").with("start", dice.pick(&moments)),
        1 => date.with("operation", "lt").with("end", dice.pick(&moments)),
        2 => date.with("operation", "in_range").with("start", "2020-01-01").with("end", dice.pick(&moments)),
        _ => {
            let spec = Xml::new("date_spec").with("id", &format!("{id}-spec"));
            let mut date = date.with("operation", "date_spec");
            date.push(
                spec.with("hours", dice.pick(&["0-12", "20-23"]))
                    .with("weekdays", dice.pick(&["1-5", "6-7"])),
            );
            date
        }
    }
}

fn set(dice: &mut Dice, id: &str, tops: &[Top], is_order: bool) -> Xml {
    let mut set = Xml::new("resource_set").with("id", id);
    if dice.one_in(3) {
        set = set.with("sequential", dice.pick(&["true", "false"]));
    }
    if is_order && dice.one_in(4) {
        set = set.with("require-all", dice.pick(&["true", "false"]));
    }
    for top in tops {
        set.push(Xml::new("resource_ref").with("id", &top.id));
    }
    set
}

/// The top level cut in two, for two sets that share nothing.
fn halves<'t>(dice: &mut Dice, tops: &'t [Top]) -> (&'t [Top], &'t [Top]) {
    tops.split_at(1 + dice.roll(tops.len() - 1))
}

fn colocation(dice: &mut Dice, flavour: &Flavour, id: &str, tops: &[Top]) -> Xml {
    let mut colocation = Xml::new("rsc_colocation").with("id", id).with("score", dice.pick(SCORES));
    if flavour.has(Feature::Sets) && dice.one_in(2) {
        let (first, second) = halves(dice, tops);
        colocation.push(set(dice, &format!("{id}-set1"), first, false));
        if dice.one_in(2) {
            colocation.push(set(dice, &format!("{id}-set2"), second, false));
        }
        return colocation;
    }
    let (dependent, primary) = two(dice, tops);
    colocation = colocation.with("rsc", &name(dice, dependent)).with("with-rsc", &name(dice, primary));
    if dependent.is_promotable && dice.one_in(3) {
        colocation = colocation.with("rsc-role", dice.pick(&["Promoted", "Unpromoted", "Started"]));
    }
    if primary.is_promotable && dice.one_in(2) {
        colocation = colocation.with("with-rsc-role", dice.pick(&["Promoted", "Unpromoted", "Started"]));
    }
    if dice.one_in(8) {
        colocation = colocation.with("influence", dice.pick(&["true", "false"]));
    }
    if flavour.has(Feature::Rules) && dice.one_in(4) {
        colocation = colocation.with("node-attribute", "rack");
    }
    colocation
}

fn order(dice: &mut Dice, flavour: &Flavour, id: &str, tops: &[Top]) -> Xml {
    let mut order = Xml::new("rsc_order").with("id", id);
    if dice.one_in(2) {
        order = order.with("kind", dice.pick(&["Mandatory", "Optional", "Serialize"]));
    }
    let is_serialized = order.attributes.iter().any(|(_, value)| value == "Serialize");
    if dice.one_in(5) && !is_serialized {
        order = order.with("symmetrical", "false");
    }
    if flavour.has(Feature::Sets) && dice.one_in(2) {
        let (first, second) = halves(dice, tops);
        order.push(set(dice, &format!("{id}-set1"), first, true));
        if dice.one_in(2) {
            order.push(set(dice, &format!("{id}-set2"), second, true));
        }
        return order;
    }
    let (first, then) = two(dice, tops);
    order = order.with("first", &name(dice, first)).with("then", &name(dice, then));
    if dice.one_in(3) {
        let action = if first.is_promotable { dice.pick(&["promote", "demote", "start"]) } else { "start" };
        order = order.with("first-action", action);
    }
    if dice.one_in(4) {
        let action =
            if then.is_promotable { dice.pick(&["promote", "start"]) } else { dice.pick(&["start", "stop"]) };
        order = order.with("then-action", action);
    }
    order
}
