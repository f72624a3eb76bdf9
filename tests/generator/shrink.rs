//! Makes a failing cluster small: what can be left out while it still fails, is.

use super::Xml;

/// Sections and attributes that a document needs.
const KEPT: &[&str] = &["configuration", "status", "crm_config", "nodes", "resources", "constraints"];

/// The smallest cluster reached by leaving out elements, one after another, that still fails.
pub(crate) fn shrink(mut cluster: Xml, still_fails: &mut dyn FnMut(&Xml) -> bool) -> Xml {
    let mut has_shrunk = true;
    while has_shrunk {
        has_shrunk = false;
        let mut position = count(&cluster);
        while position > 1 {
            position -= 1;
            let mut smaller = cluster.clone();
            if remove(&mut smaller, &mut position.clone()) && still_fails(&smaller) {
                cluster = smaller;
                has_shrunk = true;
                position = position.min(count(&cluster));
            }
        }
    }
    cluster
}

fn count(xml: &Xml) -> usize {
    1 + xml.children.iter().map(count).sum::<usize>()
}

/// Removes the element at the position in document order, where the root is 0.
fn remove(xml: &mut Xml, position: &mut usize) -> bool {
    for index in 0..xml.children.len() {
        *position -= 1;
        if *position == 0 {
            let is_kept = KEPT.contains(&xml.children[index].name);
            if !is_kept {
                xml.children.remove(index);
            }
            return !is_kept;
        }
        let inside = count(&xml.children[index]) - 1;
        if *position <= inside {
            return remove(&mut xml.children[index], position);
        }
        *position -= inside;
    }
    false
}
