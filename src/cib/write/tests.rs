use crate::cib;
use crate::diagnostic::Sources;
use crate::model::{Agent, Cluster, Constraint, OptionSet, Primitive, Resource, Score};

fn cluster_of(text: &str) -> Cluster {
    let mut sources = Sources::default();
    sources.add("cib.xml", text);
    cib::read(&sources).unwrap().cluster
}

fn web() -> Cluster {
    let agent = Agent::parse("ocf:heartbeat:apache").unwrap();
    let web = Primitive {
        params: vec![OptionSet::of([("greeting", "\"<a> & 'b'\"\n\ttwo")]), OptionSet::of([("port", "80")])],
        ..Primitive::new("web", agent)
    };
    Cluster {
        properties: vec![OptionSet::of([("stonith-enabled", "false")])],
        resources: vec![Resource::Primitive(web)],
        ..Cluster::default()
    }
}

#[test]
fn values_survive_xml() {
    let read = cluster_of(&super::write(&web()));
    let (Resource::Primitive(before), Resource::Primitive(after)) =
        (&web().resources[0].clone(), &read.resources[0].clone())
    else {
        return;
    };
    assert_eq!(before.params[0].pairs, after.params[0].pairs);
}

#[test]
fn every_set_gets_a_name_of_its_own_and_properties_the_expected_one() {
    let read = cluster_of(&super::write(&web()));
    assert_eq!(read.properties[0].id.as_ref().unwrap(), "cib-bootstrap-options");
    let Resource::Primitive(web) = &read.resources[0] else { return };
    assert_eq!(web.params[0].id.as_ref().unwrap(), "web-instance_attributes");
    assert_eq!(web.params[1].id.as_ref().unwrap(), "web-instance_attributes-1");
}

#[test]
fn a_set_used_twice_is_written_once() {
    let text = r#"<cib><configuration><resources>
        <primitive id="a" class="lsb" type="x"><meta_attributes id="m"><nvpair id="n" name="priority" value="1"/></meta_attributes></primitive>
        <primitive id="b" class="lsb" type="x"><meta_attributes id-ref="m"/></primitive>
        </resources></configuration></cib>"#;
    let cluster = cluster_of(text);
    let written = super::write(&cluster);
    assert!(written.contains("<meta_attributes id-ref=\"m\"/>"), "{written}");
    assert_eq!(cluster_of(&written), cluster);
}

#[test]
fn rules_without_conditions_still_pass() {
    let text = r#"<cib><configuration><constraints><rsc_location id="l" rsc="web">
        <rule id="r" score="5"/></rsc_location></constraints></configuration></cib>"#;
    let written = super::write(&cluster_of(text));
    assert!(written.contains("operation=\"gt\" start=\"1970-01-01\""), "{written}");
}

#[test]
fn constraints_keep_their_names() {
    let text = r#"<cib><configuration><constraints>
        <rsc_location id="l" rsc="web" node="n1" score="-INFINITY"/>
        </constraints></configuration></cib>"#;
    let cluster = cluster_of(&super::write(&cluster_of(text)));
    let [Constraint::Location(location)] = cluster.constraints.as_slice() else { return };
    assert_eq!(location.id, "l");
    let node = crate::model::constraint::LocationPreference::Node {
        node: "n1".into(),
        score: Score::MINUS_INFINITY,
    };
    assert_eq!(location.preference, node);
}
