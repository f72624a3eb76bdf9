//! Claims about reading a whole CIB.

mod mutation;

use super::*;
use crate::model::constraint::{ColocationScope, Constraint, LocationPreference, OrderScope};
use crate::model::resource::{CloneChild, Origin};
use crate::model::rule::{Condition, ValueType};
use crate::model::{OptionSet, Resource, Score, Value};
use crate::status::{JoinState, Presence, ProcessState, ResultCode, ResultStatus};

/// Reads a CIB with this in its configuration and this in its status.
fn read_parts(configuration: &str, status: &str) -> Cib {
    read_text(&format!(
        "<cib have-quorum='1' validate-with='pacemaker-4.0'>
           <configuration>{configuration}</configuration><status>{status}</status>
         </cib>"
    ))
}

fn read_text(text: &str) -> Cib {
    let mut sources = Sources::default();
    sources.add("cib.xml", text);
    read(&sources).unwrap()
}

fn refuse(text: &str) -> String {
    let mut sources = Sources::default();
    sources.add("cib.xml", text);
    read(&sources).unwrap_err().message
}

fn codes(cib: &Cib) -> Vec<&str> {
    cib.diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

fn resource_ids(cib: &Cib) -> Vec<&str> {
    cib.cluster.resources.iter().map(|resource| resource.id().as_str()).collect()
}

/// A CIB with one of everything.
const FULL: &str = include_str!("full.xml");

const DUMMY: &str = "class='ocf' provider='pacemaker' type='Dummy'";

#[test]
fn only_cibs_are_read() {
    assert_eq!(refuse("<crm_mon/>"), "the root element is not `cib`");
    assert_eq!(refuse("<cib crm_feature_set='3.21.0'/>"), "written under feature set 3.21.0");
    assert!(!read_text("<cib crm_feature_set='3.20.5'/>").status.has_quorum);
}

#[test]
fn a_section_that_is_there_twice_does_not_count() {
    let cib = read_parts("<nodes><node id='1' uname='a'/></nodes><nodes/>", "");
    assert!(cib.cluster.nodes.is_empty());
    assert_eq!(codes(&cib), ["dropped-element"]);
}

#[test]
fn nodes_after_one_of_unknown_type_are_not_read() {
    let cib = read_parts("<nodes><node id='1' uname='a'/><node id='2' type='x'/><node id='3'/></nodes>", "");
    assert_eq!(cib.cluster.nodes.len(), 1);
}

#[test]
fn what_is_not_kept_is_told() {
    let cib = read_parts(
        "<nodes><node id='1' uname='a' description='by the door'/></nodes>
         <resources><primitive id='p' class='ocf' provider='x' type='y'><instance_attributes id='i'>
           <nvpair id='v' name='empty' value=''/><nvpair id='n' name='none'/></instance_attributes>
         </primitive></resources>",
        "",
    );
    assert_eq!(codes(&cib), ["dropped-attribute", "dropped-element"]);
}

#[test]
fn what_an_option_cannot_be_is_told_once_and_kept() {
    let cib = read_parts(
        "<crm_config><cluster_property_set id='o'><nvpair id='o1' name='no-quorum-policy' value='foo'/>
           <nvpair id='o2' name='stop-all-resources' value='off'/><nvpair id='o3' name='of-ours' value='x'/>
         </cluster_property_set></crm_config>
         <resources>
           <primitive id='p' class='ocf' provider='x' type='y'><meta_attributes id='m'>
             <nvpair id='m1' name='is-managed' value='perhaps'/></meta_attributes></primitive>
           <primitive id='q' class='ocf' provider='x' type='y'><meta_attributes id-ref='m'/></primitive>
         </resources>",
        "",
    );
    assert_eq!(codes(&cib), ["invalid-value", "invalid-value"]);
    assert_eq!(OptionSet::unruled(&cib.cluster.properties, "no-quorum-policy"), Some("foo".into()));
}

#[test]
fn a_type_that_goes_without_saying_is_not_kept() {
    let expressions =
        [("lt", "1", "number"), ("gte", "1.5", "number"), ("lt", "1e3", "number"), ("gt", "1", "integer")];
    let mut parts: Vec<String> = expressions
        .iter()
        .enumerate()
        .map(|(number, (operation, value, kind))| format!(
            "<expression id='e{number}' attribute='pingd' operation='{operation}' value='{value}' type='{kind}'/>"
        ))
        .collect();
    parts.push("<expression id='f' attribute='pingd' operation='eq' value='1' type='number'/>".to_owned());
    let rule = format!("<rule id='r' score='1'>{}</rule>", parts.concat());
    let cib = read_parts(
        &format!("<constraints><rsc_location id='l' rsc='a'>{rule}</rsc_location></constraints>"),
        "",
    );
    let Constraint::Location(location) = &cib.cluster.constraints[0] else { panic!() };
    let LocationPreference::Rule(preference) = &location.preference else { panic!() };
    let types = preference.rule.conditions.iter().map(|condition| {
        let Condition::Attribute(condition) = condition else { panic!("{condition:?}") };
        condition.value_type
    });
    let (number, integer) = (Some(ValueType::Number), Some(ValueType::Integer));
    assert_eq!(types.collect::<Vec<_>>(), [None, None, number, integer, number]);
}

#[test]
fn a_date_that_is_a_list_never_comes() {
    let cib = read_parts(
        "<constraints><rsc_location id='l' rsc='a'><rule id='r' score='1'>
           <date_expression id='d' operation='date_spec'><date_spec id='s' months='1,3'/></date_expression>
           <date_expression id='e' operation='date_spec'><date_spec id='t' months='1-3' hours='9-'/></date_expression>
         </rule></rsc_location></constraints>",
        "",
    );
    let Constraint::Location(location) = &cib.cluster.constraints[0] else { panic!() };
    let LocationPreference::Rule(preference) = &location.preference else { panic!() };
    assert!(matches!(preference.rule.conditions[..], [Condition::Invalid { .. }, Condition::Date(_)]));
    assert_eq!(codes(&cib), ["invalid-rule"]);
}

#[test]
fn option_sets_keep_order_score_and_rule() {
    let cib = read_parts(
        "<rsc_defaults>
           <meta_attributes id='m1' score='5'><nvpair id='p' name='a' value='1'/><nvpair id='q' name='b'/></meta_attributes>
           <meta_attributes id='m2'><rule id='r' boolean-op='or'><rsc_expression id='e' class='ocf'/></rule></meta_attributes>
         </rsc_defaults>",
        "",
    );
    let [first, second] = &*cib.cluster.resource_defaults else { panic!() };
    assert_eq!((first.score, first.pairs.len()), (Score::new(5), 1));
    assert_eq!(second.rule.as_ref().unwrap().conditions.len(), 1);
}

#[test]
fn references_work_only_when_they_name_exactly_one() {
    let primitive = |id: &str, inside: &str| format!("<primitive id='{id}' {DUMMY}>{inside}</primitive>");
    let sets = "<instance_attributes id='s1'><nvpair id='n1' name='a' value='1'/></instance_attributes>
                <instance_attributes id='s2'/><instance_attributes id='s2'/>";
    let uses = "<instance_attributes id-ref='s1'/><instance_attributes id-ref='s2'/>
                <instance_attributes id='s3'><nvpair id-ref='n1' name='b'/></instance_attributes>";
    let cib =
        read_parts(&format!("<resources>{}{}</resources>", primitive("x", sets), primitive("y", uses)), "");
    let Resource::Primitive(y) = &cib.cluster.resources[1] else { panic!() };
    assert_eq!(y.params.len(), 2);
    assert_eq!(&*y.params[1].pairs[0].name, "b");
    assert_eq!(y.params[1].pairs[0].value, Value::Text("1".into()));
    assert_eq!(codes(&cib), ["dropped-element"]);
}

#[test]
fn a_broken_part_drops_the_whole_resource_but_only_the_member_of_a_group() {
    let cib = read_parts(
        &format!(
            "<resources>
               <clone id='c'><primitive id='c1'/></clone>
               <group id='g'><primitive id='g1'/><primitive id='g2' {DUMMY}/></group>
               <bundle id='b'><rkt image='i'/></bundle>
               <bundle id='b2'><podman image='i'/><primitive id='b2p' {DUMMY}/></bundle>
               <primitive id='t' template='none'/>
             </resources>"
        ),
        "",
    );
    assert_eq!(resource_ids(&cib), ["g"]);
    assert_eq!(cib.cluster.resources[0].primitives().len(), 1);
}

#[test]
fn a_master_is_a_promotable_clone() {
    let cib = read_parts(
        &format!(
            "<resources><master id='m'><group id='g'><primitive id='p' {DUMMY}/></group></master></resources>"
        ),
        "",
    );
    let Resource::Clone(clone) = &cib.cluster.resources[0] else { panic!() };
    assert_eq!(clone.meta[0].score, Score::INFINITY);
    assert!(matches!(clone.child, CloneChild::Group(_)));
}

#[test]
fn a_primitive_may_come_from_a_template() {
    let cib = read_parts(
        &format!(
            "<resources><primitive id='p' template='t'/><template id='t' {DUMMY}><operations><op id='o' name='monitor' interval='10s' timeout='5'/></operations></template></resources>"
        ),
        "",
    );
    let Resource::Primitive(primitive) = &cib.cluster.resources[0] else { panic!() };
    assert_eq!(primitive.origin, Origin::Template("t".into()));
    assert_eq!(cib.cluster.templates[0].ops[0].option("timeout"), Some("5"));
}

#[test]
fn constraints_keep_their_order_and_kinds() {
    let cib = read_parts(
        "<constraints>
           <rsc_order id='o' first='a' then='b' first-action='promote' kind='optional'/>
           <rsc_location id='l' rsc='a' node='n' score='-INFINITY'/>
           <rsc_location id='r' rsc='a'><rule id='rr' score-attribute='x'><expression id='e' attribute='q' operation='defined' value='no'/></rule></rsc_location>
           <rsc_colocation id='s' score='10'><resource_set id='s1' sequential='false'><resource_ref id='a'/></resource_set></rsc_colocation>
           <rsc_ticket id='t' rsc='a' ticket='T' loss-policy='fence'/>
           <rsc_order id='bad' first='a' then='b' first-action='jump'/>
           <rsc_location id='bad2' rsc='a' node='n'/>
         </constraints>",
        "",
    );
    let ids: Vec<_> = cib.cluster.constraints.iter().map(|constraint| constraint.id().as_str()).collect();
    assert_eq!(ids, ["o", "l", "r", "s", "t"]);
    let Constraint::Location(rule) = &cib.cluster.constraints[2] else { panic!() };
    let LocationPreference::Rule(preference) = &rule.preference else { panic!() };
    assert!(matches!(preference.rule.conditions[..], [Condition::Invalid { .. }]));
    let Constraint::Colocation(sets) = &cib.cluster.constraints[3] else { panic!() };
    assert!(matches!(&sets.scope, ColocationScope::Sets(sets) if sets[0].sequential == Some(false)));
    let Constraint::Order(order) = &cib.cluster.constraints[0] else { panic!() };
    assert!(matches!(order.scope, OrderScope::Pair { require_all: None, .. }));
}

#[test]
fn membership_is_a_word_or_a_moment() {
    let cib = read_parts(
        "",
        "<node_state id='1' uname='a' in_ccm='true' crmd='online' join='member' expected='member'/>
         <node_state id='2' uname='b' in_ccm='1700000000' crmd='1700000001' join='pending'/>
         <node_state id='3' uname='c' in_ccm='-1' crmd='true' join='lost'/>
         <node_state uname='d'/>",
    );
    let [a, b, c] = &*cib.status.nodes else { panic!() };
    assert_eq!((a.member, a.process, a.expected_up), (Presence::Present, ProcessState::Online, true));
    assert_eq!((b.member, b.process), (Presence::Since(1_700_000_000), ProcessState::Since(1_700_000_001)));
    assert_eq!((c.member, c.process), (Presence::Unknown, ProcessState::Offline));
    assert_eq!(c.join, JoinState::Other("lost".to_owned()));
}

#[test]
fn history_keeps_numbers_that_can_be_read() {
    let cib = read_parts(
        "",
        "<node_state id='1' uname='a'><lrm id='1'><lrm_resources>
           <lrm_resource id='r' class='ocf' provider='p' type='t'>
             <lrm_rsc_op id='r_last_0' operation='start' call-id='7' rc-code='0' op-status='0' interval='0' exit-reason=''/>
             <lrm_rsc_op id='r_monitor_10000' operation='monitor' call-id='-1' rc-code='x' op-status='99' interval='10000'/>
           </lrm_resource>
         </lrm_resources></lrm></node_state>",
    );
    let [start, monitor] = &*cib.status.nodes[0].resources[0].entries else { panic!() };
    assert_eq!(
        (start.call_id, start.rc, start.status),
        (Some(7), Some(ResultCode::OK), Some(ResultStatus::Done))
    );
    assert_eq!(start.exit_reason, None);
    assert_eq!((monitor.call_id, monitor.rc, monitor.status), (None, None, None));
    assert_eq!(monitor.interval.as_secs(), 10);
}

#[test]
fn old_properties_move_to_where_they_belong_now() {
    let text = "<cib validate-with='pacemaker-1.2'><configuration><crm_config><cluster_property_set id='s'>
        <nvpair id='1' name='no_quorum_policy' value='freeze'/><nvpair id='2' name='default-resource-stickiness' value='7'/>
        </cluster_property_set></crm_config></configuration></cib>";
    let cib = read_text(text);
    assert_eq!(&*cib.cluster.properties[0].pairs[0].name, "no-quorum-policy");
    assert_eq!(&*cib.cluster.resource_defaults[0].pairs[0].name, "resource-stickiness");
    let newer = read_text(&text.replace("1.2", "3.0"));
    assert_eq!(newer.cluster.properties[0].pairs.len(), 2);
}

#[test]
fn everything_a_cib_can_hold_is_read_without_a_finding() {
    let cib = read_text(FULL);
    assert_eq!(cib.diagnostics, []);
    assert_eq!(cib.root_attribute("epoch"), Some("20"));
    let cluster = &cib.cluster;
    assert_eq!(resource_ids(&cib), ["fence", "gamma-link", "site", "database", "proxy"]);
    assert_eq!((cluster.nodes.len(), cluster.constraints.len(), cluster.fencing_levels.len()), (3, 8, 3));
    assert_eq!(cluster.tags["front"].len(), 2);
    assert_eq!((cluster.alerts[0].select.len(), cluster.acls.roles[0].permissions.len()), (4, 3));
    assert_eq!(cluster.acls.subjects.len(), 2);
    let Resource::Bundle(proxy) = &cluster.resources[4] else { panic!() };
    assert_eq!((proxy.mounts.len(), proxy.network.as_ref().unwrap().ports.len()), (2, 2));
    let status = &cib.status;
    assert!(status.has_quorum && status.has_quorum_panic);
    assert_eq!(status.observed_at, Some(1_700_000_000));
    assert_eq!(&*status.tickets[0].attributes[0].0, "owner");
    assert_eq!((status.nodes[0].attributes.len(), status.nodes[0].utilization.len()), (1, 1));
    assert!(status.nodes[2].is_fenced && status.nodes[2].in_maintenance);
    assert_eq!(status.nodes[0].resources[0].shutdown_lock, Some(1_699_990_002));
}
