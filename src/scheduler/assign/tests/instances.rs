//! Clones: who stays, who moves, who is promoted.

use super::*;
use crate::scheduler::facts::CloneFacts;

impl World<'_> {
    /// An anonymous clone `name` of a primitive `d`, with as many instances as given nodes; an
    /// instance runs on its node, if it has one.
    fn clone(&mut self, name: &str, homes: &[Option<usize>], promoted_max: u32) -> Vec<ResourceIx> {
        let clone_max = u32::try_from(homes.len()).unwrap();
        let clone = self.add(
            name,
            Variant::Clone(CloneFacts {
                clone_max,
                clone_node_max: 1,
                clone_min: None,
                is_ordered: false,
                is_interleaved: false,
                promoted_max,
                promoted_node_max: 1,
            }),
        );
        self.known(clone).is_promotable = promoted_max > 0;
        self.facts.top.push(clone);
        let mut instances = Vec::new();
        for (number, home) in homes.iter().enumerate() {
            let instance = self.member(&format!("d:{number}"));
            let known = self.known(instance);
            known.base_id = "d".into();
            known.is_unique = false;
            known.is_promotable = promoted_max > 0;
            known.parent = Some(clone);
            known.stickiness = Score::new(1);
            self.known(clone).children.push(instance);
            if let Some(home) = home {
                self.runs_on(instance, *home);
                self.known(instance).known_on.insert(NodeIx::at(*home), Role::Started);
            }
            instances.push(instance);
        }
        instances
    }
}

fn places(placement: &Placement<'_>, resources: &[ResourceIx]) -> Vec<Option<usize>> {
    resources.iter().map(|resource| node(placement, *resource)).collect()
}

#[test]
fn instances_do_not_swap_places() {
    let (cluster, status) = (cluster(vec![prefer("c", "n3", 100)]), ClusterStatus::default());
    let mut world = World::new(&cluster, &status, &["n1", "n2", "n3"]);
    let instances = world.clone("c", &[Some(0), Some(1)], 0);
    let placement = assign(world.facts);
    assert_eq!(places(&placement, &instances), [Some(0), Some(2)]);
}

#[test]
fn more_instances_than_nodes_leaves_some_without() {
    let (cluster, status) = (cluster(Vec::new()), ClusterStatus::default());
    let mut world = World::new(&cluster, &status, &["n1", "n2"]);
    let instances = world.clone("c", &[None, None, None], 0);
    let placement = assign(world.facts);
    assert_eq!(places(&placement, &instances), [Some(0), Some(1), None]);
    assert_eq!(placement.next_role[instances[2].index()], Role::Stopped);
}

#[test]
fn dependents_have_a_say_in_who_is_promoted() {
    let mut constraints =
        vec![colocate_role("d1", "c", 500_000, Role::Promoted), prefer("d1", "n1", 20), prefer("c", "n2", 7)];
    if let Constraint::Location(location) = &mut constraints[2] {
        location.role = Some(Role::Promoted);
    }
    let (cluster, status) = (cluster(constraints), ClusterStatus::default());
    let mut world = World::new(&cluster, &status, &["n1", "n2", "n3"]);
    let instances = world.clone("c", &[Some(0), Some(1), Some(2)], 1);
    world.primitive("d1");
    for (node, score) in [(0, "10"), (1, "5")] {
        world.facts.nodes[node].attributes.insert("master-d".into(), score.into());
    }
    let placement = assign(world.facts);
    let mut promotion: Vec<(usize, i32)> = Vec::new();
    for row in placement.scores.iter().filter(|row| row.pool == ScorePool::Promotion) {
        promotion.push((row.node.unwrap().index(), row.score.value()));
    }
    assert_eq!(promotion, [(0, 30), (1, 12), (2, -1)]);
    assert_eq!(placement.next_role[instances[0].index()], Role::Promoted);
    assert_eq!(placement.next_role[instances[1].index()], Role::Unpromoted);
}

#[test]
fn who_must_be_with_a_clone_goes_where_instances_are() {
    let constraints = vec![colocate("p", "c", 1_000_000), prefer("p", "n3", 100)];
    let (cluster, status) = (cluster(constraints), ClusterStatus::default());
    let mut world = World::new(&cluster, &status, &["n1", "n2", "n3"]);
    let primitive = world.primitive("p");
    world.clone("c", &[Some(0), Some(1)], 0);
    for instance in [1, 2, 3] {
        world.bans(ResourceIx::at(instance), 2);
    }
    let placement = assign(world.facts);
    assert_eq!(decisive(&placement, primitive), [0, 0, BANNED]);
}

fn colocate_role(dependent: &str, primary: &str, score: i64, role: Role) -> Constraint {
    let mut constraint = colocate(dependent, primary, score);
    if let Constraint::Colocation(Colocation { scope: ColocationScope::Pair { primary_role, .. }, .. }) =
        &mut constraint
    {
        *primary_role = Some(role);
    }
    constraint
}
