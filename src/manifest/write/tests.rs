#![expect(clippy::unwrap_used, clippy::too_many_lines, reason = "tests; a generator is one long list")]

use std::time::Duration;

use proptest::prelude::*;

use super::write;
use crate::diagnostic::Sources;
use crate::manifest::{Manifest, Reading, SecretSource, Settings, read};
use crate::model::acl::{AclKind, AclObject, AclPermission, AclRole, AclSubject};
use crate::model::alert::{AlertEvent, Recipient};
use crate::model::constraint::{
    Colocation, ColocationScope, Constraint, Discovery, Location, LocationPreference, LocationTarget,
    LossPolicy, Order, OrderAction, OrderKind, OrderScope, ResourceSet, Ticket, TicketScope,
};
use crate::model::fencing::FencingTarget;
use crate::model::node::NodeKind;
use crate::model::resource::{
    Bundle, CloneChild, Container, ContainerKind, Mount, MountSource, Network, Origin, Port, PortRange,
};
use crate::model::rule::{
    AttributeCondition, Combine, Comparison, Condition, DateCondition, DateParts, RulePreference, RuleScore,
    ValueSource, ValueType,
};
use crate::model::{
    Agent, Alert, Clone as Cloned, Cluster, FencingLevel, Group, Isolation, NameValue, Node, Operation,
    OptionSet, Primitive, Resource, ResourceId, Role, Rule, Score, Template, Value,
};

fn reading(text: &str) -> Reading {
    let mut sources = Sources::default();
    sources.add("m.yaml", text);
    read(&sources)
}

#[test]
fn the_two_node_story_is_written_as_its_author_wrote_it() {
    let text = include_str!("../../../tests/manifest/good/two-node.yaml");
    let manifest = reading(text).manifest.unwrap();
    let comment_end = text.find('\n').unwrap() + 1;
    // What fits goes on one line; otherwise it is what stands in the documentation.
    let expected = text[comment_end..].replace(
        "    params:\n      configfile: /etc/httpd/conf/httpd.conf\n      statusurl: http://localhost/server-status\n",
        "    params: {configfile: /etc/httpd/conf/httpd.conf, statusurl: http://localhost/server-status}\n",
    );
    assert_eq!(write(&manifest), expected);
}

#[test]
fn the_extended_sketch_survives_a_round() {
    let manifest = reading(include_str!("../../../tests/manifest/good/extended.yaml")).manifest.unwrap();
    let text = write(&manifest);
    assert_eq!(reading(&text).manifest, Some(manifest), "{text}");
}

/// Any text that can be a value, among them all that YAML readers disagree about.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-zA-Z0-9/_.:-]{1,12}",
        2 => "\\PC{0,12}",
        1 => prop::sample::select(vec!["yes", "012", "1_000", "22:22", "~", "null", "", " x ", "a: b", "#x", "- a",
            "[x]", "{x}", "'", "\"", "two\nlines", "\t", "true", "é\u{85}", "<<", "---", "x #y", "0x1f", "1e3"])
            .prop_map(str::to_owned),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    let attribute =
        (text().prop_filter("a name", |name| !name.is_empty()), 0..8_usize, text(), 0..5_usize, 0..3_usize)
            .prop_map(|(attribute, comparison, value, kind, source)| {
                use Comparison::{Defined, Eq, Gt, Gte, Lt, Lte, Ne, NotDefined};
                let comparison = [Defined, NotDefined, Lt, Lte, Gt, Gte, Eq, Ne][comparison];
                let has_value = !matches!(comparison, Defined | NotDefined);
                let kinds = [
                    None,
                    Some(ValueType::String),
                    Some(ValueType::Integer),
                    Some(ValueType::Number),
                    Some(ValueType::Version),
                ];
                let sources = [ValueSource::Literal, ValueSource::Param, ValueSource::Meta];
                Condition::Attribute(AttributeCondition {
                    attribute: attribute.into(),
                    comparison,
                    value: has_value.then(|| value.into()),
                    value_type: if has_value { kinds[kind] } else { None },
                    value_source: if has_value { sources[source] } else { ValueSource::Literal },
                })
            });
    let date = prop::sample::select(vec![
        Condition::Date(DateCondition::Gt("2026-12-24".into())),
        Condition::Date(DateCondition::Lt("2026-12-24 10:00:00 -05:00".into())),
        Condition::Date(DateCondition::InRange { start: Some("2026-358".into()), end: None, duration: None }),
        Condition::Date(DateCondition::InRange {
            start: Some("20261224T100000Z".into()),
            end: None,
            duration: Some(DateParts(vec![("months".into(), "1".into())])),
        }),
        Condition::Date(DateCondition::Spec(DateParts(vec![
            ("hours".into(), "9-16".into()),
            ("weekdays".into(), "-5".into()),
        ]))),
    ]);
    let leaf = prop_oneof![attribute, date];
    let list = |inner: BoxedStrategy<Condition>| {
        (any::<bool>(), prop::collection::vec(inner, 0..4)).prop_map(|(is_or, conditions)| Rule {
            id: None,
            combine: if is_or && conditions.len() > 1 { Combine::Or } else { Combine::And },
            conditions,
        })
    };
    let nested = leaf.prop_recursive(2, 12, 4, move |inner| list(inner).prop_map(Condition::Rule));
    list(nested.boxed())
}

fn pairs() -> impl Strategy<Value = Vec<NameValue>> {
    prop::collection::btree_map("[a-z_]{1,6}", (text(), 0..6_u8), 1..4).prop_map(|map| {
        map.into_iter()
            .map(|(name, (value, kind))| NameValue {
                name: name.into(),
                value: if kind == 0 { Value::Secret("pw".into()) } else { Value::Text(value.into()) },
            })
            .collect()
    })
}

/// Free options: one plain set, or blocks.
fn params() -> impl Strategy<Value = Vec<OptionSet>> {
    let set = (prop::option::of("[a-z]{1,5}"), -5..5_i64, prop::option::of(rule()), pairs()).prop_map(
        |(id, score, rule, pairs)| OptionSet {
            id: id.map(|id| id.as_str().into()),
            score: Score::new(score),
            rule,
            pairs,
        },
    );
    prop_oneof![
        Just(Vec::new()),
        pairs().prop_map(|pairs| vec![OptionSet { pairs, ..OptionSet::default() }]),
        prop::collection::vec(set, 1..3),
    ]
}

fn meta() -> impl Strategy<Value = Vec<OptionSet>> {
    let options = [
        ("target-role", "Stopped"),
        ("is-managed", "yes"),
        ("resource-stickiness", "INFINITY"),
        ("failure-timeout", "10min"),
        ("priority", "#default"),
    ];
    (prop::sample::subsequence(options.to_vec(), 0..4), prop::option::of(rule())).prop_map(|(pairs, rule)| {
        if pairs.is_empty() { Vec::new() } else { vec![OptionSet { rule, ..OptionSet::of(pairs) }] }
    })
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let options = [
        ("timeout", "1min"),
        ("role", "Promoted"),
        ("on-fail", "fence"),
        ("enabled", "false"),
        ("start-delay", "5"),
        ("description", "on"),
    ];
    let options = prop::sample::subsequence(options.to_vec(), 0..4);
    let operation = (0..3_usize, options, meta().prop_map(|_| Vec::new()), params());
    prop::collection::btree_map(1..90_u64, operation, 0..3).prop_map(|map| {
        map.into_iter()
            .map(|(seconds, (unit, options, meta, params))| Operation {
                id: None,
                name: "monitor".into(),
                interval: [
                    Duration::from_secs(seconds),
                    Duration::from_millis(seconds + 100_000),
                    Duration::from_secs(3600 * (seconds + 100)),
                ][unit],
                options: options.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
                meta,
                params,
            })
            .collect()
    })
}

fn primitive(id: &'static str) -> impl Strategy<Value = Primitive> {
    (any::<bool>(), prop::option::of(text()), params(), meta(), operations()).prop_map(
        move |(from_template, description, params, meta, ops)| Primitive {
            id: id.into(),
            origin: if from_template {
                Origin::Template("t".into())
            } else {
                Origin::Agent(Agent::parse("ocf:heartbeat:Dummy").unwrap())
            },
            description,
            params,
            meta,
            utilization: Vec::new(),
            ops,
        },
    )
}

fn group() -> impl Strategy<Value = Group> {
    (primitive("g1"), primitive("g2"), meta(), params()).prop_map(|(one, two, meta, params)| Group {
        id: "g".into(),
        description: None,
        meta,
        params,
        members: vec![one, two],
    })
}

fn resources() -> impl Strategy<Value = Vec<Resource>> {
    let group = group().boxed();
    let clone = (primitive("c1"), group.clone(), any::<bool>(), params()).prop_map(
        |(one, group, is_group, params)| {
            let mut group = group;
            group.id = "cg".into();
            group.members.iter_mut().enumerate().for_each(|(n, member)| member.id = format!("cg{n}").into());
            Cloned {
                id: "c".into(),
                description: Some("copies".to_owned()),
                meta: vec![OptionSet::of([("promotable", "true"), ("clone-max", "2")])],
                params,
                child: if is_group { CloneChild::Group(group) } else { CloneChild::Primitive(one) },
            }
        },
    );
    let bundle = (prop::option::of(primitive("b1")), any::<bool>(), text()).prop_map(
        |(primitive, has_network, options)| Bundle {
            id: "b".into(),
            description: None,
            meta: Vec::new(),
            container: Container {
                kind: ContainerKind::Podman,
                image: "registry.local/httpd:2.4".into(),
                replicas: Some("3".into()),
                replicas_per_host: None,
                promoted_max: None,
                run_command: Some(options.as_str().into()),
                network: None,
                options: None,
            },
            network: has_network.then(|| Network {
                ip_range_start: Some("192.168.1.1".into()),
                add_host: Some(false),
                ports: vec![
                    Port {
                        id: None,
                        range: PortRange::Port { port: "80".into(), internal: Some("8080".into()) },
                    },
                    Port { id: Some("p".into()), range: PortRange::Range("90-99".into()) },
                ],
                ..Network::default()
            }),
            mounts: vec![Mount {
                id: None,
                source: MountSource::Root("/a".into()),
                target_dir: "/b".into(),
                options: Some(options.into()),
            }],
            primitive,
        },
    );
    (primitive("p"), group, clone, bundle).prop_map(|(primitive, group, clone, bundle)| {
        vec![
            Resource::Primitive(primitive),
            Resource::Group(group),
            Resource::Clone(clone),
            Resource::Bundle(bundle),
        ]
    })
}

const TOP: [&str; 4] = ["p", "g", "c", "b"];

fn set(ids: &[&str], flag: Option<bool>) -> ResourceSet {
    ResourceSet {
        resources: ids.iter().map(|id| ResourceId::new(*id)).collect(),
        sequential: flag,
        require_all: flag,
        ..ResourceSet::default()
    }
}

fn constraints() -> impl Strategy<Value = Vec<Constraint>> {
    let flag = || prop::option::of(any::<bool>());
    let score = || (-1_000_000..1_000_000_i64).prop_map(Score::new);
    let one = (
        0..8_usize,
        0..3_usize,
        1..3_usize,
        score(),
        flag(),
        rule(),
        prop::option::of(prop::sample::select(Role::ALL.to_vec())),
    );
    prop::collection::vec(one, 0..8).prop_map(|all| {
        let mut constraints: Vec<Constraint> = all
            .into_iter()
            .enumerate()
            .map(|(number, (kind, first, step, score, flag, rule, role))| {
                let id = format!("id-{number}").into();
                let one: ResourceId = TOP[first].into();
                let other: ResourceId = TOP[(first + step).min(3)].into();
                match kind {
                    0 | 1 => Constraint::Location(Location {
                        id,
                        target: LocationTarget {
                            resource: Some(one),
                            pattern: (kind == 1).then(|| "^p".into()),
                            sets: Vec::new(),
                        },
                        preference: LocationPreference::Node { node: "node1".into(), score },
                        role,
                        discovery: Discovery::Never,
                    }),
                    2 => Constraint::Location(Location {
                        id,
                        target: LocationTarget {
                            sets: vec![ResourceSet { score: Some(score), ..set(&["p", "g"], flag) }],
                            ..LocationTarget::default()
                        },
                        preference: LocationPreference::Rule(RulePreference {
                            rule,
                            score: if flag == Some(true) {
                                RuleScore::Attribute("pingd".into())
                            } else {
                                RuleScore::Fixed(score)
                            },
                            role,
                        }),
                        role: None,
                        discovery: Discovery::Always,
                    }),
                    3 => Constraint::Colocation(Colocation {
                        id,
                        scope: ColocationScope::Pair {
                            dependent: one,
                            primary: other,
                            dependent_role: role,
                            primary_role: role,
                            node_attribute: Some("rack".into()),
                        },
                        score: Some(score),
                        influence: flag,
                    }),
                    4 => Constraint::Colocation(Colocation {
                        id,
                        scope: ColocationScope::Sets(vec![set(&["p"], flag), set(&["g", "c"], Some(false))]),
                        score: None,
                        influence: None,
                    }),
                    5 => Constraint::Order(Order {
                        id,
                        scope: OrderScope::Pair {
                            first: one,
                            then: other,
                            first_action: Some(OrderAction::Start),
                            then_action: None,
                            require_all: flag,
                        },
                        kind: Some(OrderKind::Optional),
                        score: None,
                        symmetrical: flag,
                    }),
                    6 => Constraint::Order(Order {
                        id,
                        scope: OrderScope::Sets(vec![set(&["p", "g"], flag), set(&["b"], flag)]),
                        kind: None,
                        score: Some(Score::ZERO),
                        symmetrical: None,
                    }),
                    _ => Constraint::Ticket(Ticket {
                        id,
                        ticket: "site".into(),
                        scope: TicketScope::Resource { resource: one, role },
                        loss_policy: Some(LossPolicy::Freeze),
                    }),
                }
            })
            .collect();
        // A manifest holds constraints by kind.
        constraints.sort_by_key(|constraint| match constraint {
            Constraint::Location(_) => 0,
            Constraint::Colocation(_) => 1,
            Constraint::Order(_) => 2,
            Constraint::Ticket(_) => 3,
        });
        constraints
    })
}

fn nodes() -> impl Strategy<Value = Vec<Node>> {
    (params(), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(attributes, is_standby, is_remote, has_id)| {
            let without_secrets = |set: &OptionSet| OptionSet {
                pairs: set
                    .pairs
                    .iter()
                    .map(|pair| NameValue::text(std::sync::Arc::clone(&pair.name), pair.value.to_text()))
                    .collect(),
                ..set.clone()
            };
            let mut attributes: Vec<OptionSet> = attributes.iter().map(without_secrets).collect();
            if is_standby {
                attributes.insert(
                    0,
                    OptionSet::of([("standby", "true"), ("maintenance", "false"), ("rack", "r1")]),
                );
            }
            let one = Node {
                id: if has_id { "1".into() } else { "node1".into() },
                addresses: vec!["192.168.1.1".to_owned(), "fe80::1".to_owned()],
                attributes,
                utilization: vec![OptionSet::of([("memory", "4096")])],
                ..Node::member("node1")
            };
            let other = Node {
                kind: if is_remote { NodeKind::Remote } else { NodeKind::Member },
                score: Score::new(7),
                ..Node::member("on")
            };
            vec![one, other]
        },
    )
}

fn manifest() -> impl Strategy<Value = Manifest> {
    let rest = (rule(), text(), any::<bool>(), params());
    (nodes(), resources(), constraints(), meta(), rest).prop_map(
        |(nodes, resources, constraints, defaults, (rule, words, flag, params))| {
            let device = Primitive::new("ipmi", Agent::parse("stonith:fence_ipmilan").unwrap());
            let template = Template {
                id: "t".into(),
                agent: Agent::parse("systemd:httpd@a:b").unwrap(),
                description: Some(words.clone()),
                params: params.clone(),
                meta: Vec::new(),
                utilization: Vec::new(),
                ops: Vec::new(),
            };
            let level =
                |index, target| FencingLevel { id: None, target, index, devices: vec!["ipmi".into()] };
            let cluster = Cluster {
                name: Some("web".to_owned()),
                properties: vec![OptionSet::of([("no-quorum-policy", "freeze"), ("enable-acl", "true")])],
                nodes,
                resources: resources.into_iter().chain([Resource::Primitive(device)]).collect(),
                templates: vec![template],
                resource_defaults: defaults,
                operation_defaults: vec![OptionSet {
                    rule: Some(rule),
                    score: Score::new(2),
                    ..OptionSet::of([("timeout", "60s")])
                }],
                constraints,
                fencing_levels: vec![
                    level(1, FencingTarget::Node("node1".into())),
                    level(if flag { 2 } else { 5 }, FencingTarget::Node("node1".into())),
                    level(1, FencingTarget::Pattern("n.*".into())),
                    level(1, FencingTarget::Attribute { name: "rack".into(), value: words.as_str().into() }),
                ],
                tags: [("both".into(), vec!["p".into(), "g".into()])].into_iter().collect(),
                alerts: vec![Alert {
                    id: "pager".into(),
                    path: "/bin/alert".into(),
                    description: None,
                    meta: vec![OptionSet::of([("timeout", "15s")])],
                    params: params.clone(),
                    select: vec![
                        AlertEvent::Nodes,
                        AlertEvent::Attributes(if flag { vec!["a".into()] } else { Vec::new() }),
                    ],
                    recipients: vec![
                        Recipient {
                            id: None,
                            value: words.as_str().into(),
                            description: None,
                            meta: Vec::new(),
                            params: Vec::new(),
                        },
                        Recipient {
                            id: Some("r".into()),
                            value: "x".into(),
                            description: None,
                            meta: Vec::new(),
                            params,
                        },
                    ],
                }],
                acls: crate::model::Acls {
                    roles: vec![AclRole {
                        id: "role".into(),
                        description: None,
                        permissions: vec![
                            AclPermission {
                                id: None,
                                kind: AclKind::Read,
                                object: AclObject::Xpath("//x[@id='a']".into()),
                            },
                            AclPermission {
                                id: Some("x".into()),
                                kind: AclKind::Deny,
                                object: AclObject::Tag { name: "status".into(), attribute: Some("b".into()) },
                            },
                        ],
                    }],
                    subjects: vec![
                        AclSubject { name: "no".into(), is_group: false, roles: vec!["role".into()] },
                        AclSubject { name: "ops".into(), is_group: true, roles: Vec::new() },
                    ],
                },
                corosync: None,
                isolation: flag.then(|| Isolation {
                    ping: vec!["192.168.1.254".into()],
                    within: Some(Duration::from_secs(20)),
                    ..Isolation::default()
                }),
            };
            let settings = Settings {
                secrets: [("pw".into(), SecretSource::Environment(environment_name(&words).into()))]
                    .into_iter()
                    .collect(),
                ..Settings::default()
            };
            Manifest { cluster, settings }
        },
    )
}

/// A name that a variable of the environment can have, made of the letters and digits of `words`.
fn environment_name(words: &str) -> String {
    let rest: String = words.chars().map(|char| if char.is_alphanumeric() { char } else { '_' }).collect();
    format!("Q{rest}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_is_written_is_read_back_the_same(manifest in manifest()) {
        let text = write(&manifest);
        let reading = reading(&text);
        let errors: Vec<_> = reading.diagnostics.iter().filter(|found| found.is_error()).collect();
        prop_assert!(errors.is_empty(), "{:#?}\n{}", errors, text);
        prop_assert_eq!(reading.manifest.unwrap(), manifest, "{}", text);
    }
}
