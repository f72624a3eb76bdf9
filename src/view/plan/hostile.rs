//! Claims about texts that somebody made to be misread.

use proptest::prelude::*;

use super::{Detail, markdown, text};
use crate::model::{Agent, Cluster, Node, OptionSet, Overlay, Primitive, Resource};
use crate::plan::overview::overview;
use crate::plan::{Inputs, Prune, plan};
use crate::status::{ClusterStatus, NodeState};
use crate::view::{Ink, status};

fn cluster(words: &[String; 5]) -> Cluster {
    let [name, node, resource, param, value] = words;
    let Some(agent) = Agent::parse("ocf:pacemaker:Dummy") else { return Cluster::default() };
    let mut primitive = Primitive::new(resource.as_str(), agent);
    primitive.params = vec![OptionSet::of([(param.as_str(), value.as_str())])];
    Cluster {
        name: Some(name.clone()),
        properties: vec![OptionSet::of([("stonith-enabled", "false")])],
        nodes: vec![Node::member(node.as_str())],
        resources: vec![Resource::Primitive(primitive)],
        ..Cluster::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_of_a_manifest_reaches_a_terminal_as_anything_but_letters(
        words in prop::array::uniform5("[a\u{0}-\u{20}\u{7f}-\u{9f}\u{202a}-\u{202e}\u{2028}<|`]{1,8}")
    ) {
        let declared = cluster(&words);
        let node = words[1].as_str();
        let seen = ClusterStatus { has_quorum: true, nodes: vec![NodeState::online(node)], ..ClusterStatus::default() };
        let made = plan(&Inputs {
            generation: 1,
            in_force: &Cluster::default(),
            status: &seen,
            now: 1_000,
            overlay: Overlay::none(),
            declared: &declared,
            renames: &[],
            prune: Prune::No,
            origin: &words[0],
        })
        .plan;
        let view = overview(1, &declared, Overlay::none(), &seen, 1_000, None);
        for shown in [text(&made, Detail::All, Ink::Plain), markdown(&made), status::text(&view, Detail::All, Ink::Plain)] {
            prop_assert!(!shown.chars().any(|letter| letter.is_control() && letter != '\n'), "{shown:?}");
            prop_assert!(!shown.contains('\u{202e}') && !shown.contains('\u{2028}'), "{shown:?}");
        }
        let coloured = text(&made, Detail::All, Ink::Colour);
        prop_assert!(coloured.split('\u{1b}').skip(1).all(|rest| rest.starts_with('[')), "{coloured:?}");
    }
}
