//! Finding things of an outline by their address, and constraints by what they say.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::super::address::{Address, ObjectKind};
use super::{Object, is_free_in_spelling};

/// An outline with ways into it.
pub(in crate::plan) struct Index<'o> {
    objects: &'o [Object],
    by_address: BTreeMap<&'o Address, &'o Object>,
    /// Made when first asked for: mostly every constraint has a namesake.
    constraints: OnceCell<BTreeMap<Saying<'o>, Vec<&'o Object>>>,
}

/// What must be equal in two things that say the same: their kind, the paths of their attributes,
/// and those values that have only one spelling.
type Saying<'o> = (ObjectKind, Vec<(&'o str, Option<&'o str>)>);

impl<'o> Index<'o> {
    /// The ways into an outline.
    pub(in crate::plan) fn of(objects: &'o [Object]) -> Self {
        let mut by_address = BTreeMap::new();
        for object in objects {
            by_address.insert(&object.address, object);
        }
        Self { objects, by_address, constraints: OnceCell::new() }
    }

    /// All of it, in order.
    pub(in crate::plan) fn objects(&self) -> &'o [Object] {
        self.objects
    }

    /// The thing at an address.
    pub(in crate::plan) fn at(&self, address: &Address) -> Option<&'o Object> {
        self.by_address.get(address).copied()
    }

    /// The constraints that say the same as `object`; none if that is no constraint.
    pub(in crate::plan) fn saying_the_same<'i>(
        &'i self,
        object: &'i Object,
    ) -> impl Iterator<Item = &'o Object> + use<'i, 'o> {
        let constraints = object.address.kind.is_constraint().then(|| self.constraints());
        let candidates = constraints.and_then(|constraints| constraints.get(&saying(object)));
        candidates.into_iter().flatten().copied().filter(|other| other.says_the_same_as(object))
    }

    fn constraints(&self) -> &BTreeMap<Saying<'o>, Vec<&'o Object>> {
        self.constraints.get_or_init(|| {
            let mut constraints: BTreeMap<Saying<'o>, Vec<&'o Object>> = BTreeMap::new();
            for object in self.objects.iter().filter(|object| object.address.kind.is_constraint()) {
                constraints.entry(saying(object)).or_default().push(object);
            }
            constraints
        })
    }
}

fn saying(object: &Object) -> Saying<'_> {
    let mut attributes: Vec<(&str, Option<&str>)> = object
        .attributes
        .iter()
        .map(|attribute| {
            let value = attribute.value.as_str();
            (attribute.path.as_str(), (!is_free_in_spelling(value)).then_some(value))
        })
        .collect();
    attributes.sort_unstable();
    (object.address.kind, attributes)
}
