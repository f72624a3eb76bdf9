//! Claims about the working set.

use super::*;

#[test]
fn drafts_with_many_links_know_them_all() {
    let mut actions = Actions::default();
    let add = |actions: &mut Actions| actions.add(Draft::new(None, Key::once(Verb::Start), Need::Optional));
    let firsts: Vec<_> = (0..50).map(|_| add(&mut actions)).collect();
    let thens: Vec<_> = (0..50).map(|_| add(&mut actions)).collect();
    let pairs: Vec<_> = firsts.iter().flat_map(|first| thens.iter().map(|then| (*first, *then))).collect();
    for relations in [Relations::ORDERED, Relations::BLOCKS] {
        assert!(pairs.iter().all(|(first, then)| actions.link_drafts(*first, *then, relations)));
        assert!(!pairs.iter().any(|(first, then)| actions.link_drafts(*first, *then, relations)));
    }
    assert_eq!(actions.links.len(), 2 * 50 * 50);
}
