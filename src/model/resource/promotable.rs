//! Which resources can be promoted at all.

use super::{CloneChild, Resource};
use crate::model::OptionSet;
use crate::model::scalar::parse_boolean;

impl Resource {
    /// Whether it, or something in it, can be promoted: a clone that is `promotable` wherever and whenever
    /// one of its sets of options says so, or a bundle with `promoted-max`.
    pub fn is_promotable(&self) -> bool {
        let says_so = |set: &OptionSet| {
            let mut pairs = set.pairs.iter();
            pairs
                .any(|pair| &*pair.name == "promotable" && parse_boolean(&pair.value.to_text()) == Some(true))
        };
        match self {
            Self::Primitive(_) | Self::Group(_) => false,
            Self::Clone(clone) => {
                let inner = match &clone.child {
                    CloneChild::Primitive(child) => &child.meta,
                    CloneChild::Group(group) => &group.meta,
                };
                clone.meta.iter().chain(inner).any(says_so)
            }
            Self::Bundle(bundle) => {
                let most = bundle.container.promoted_max.as_deref();
                most.and_then(|text| text.trim().parse::<u32>().ok()).is_some_and(|most| most > 0)
            }
        }
    }

    /// The names of the resource and of everything in it, collectives too.
    pub fn names(&self) -> Vec<&str> {
        let mut names = vec![self.id().as_str()];
        if let Self::Clone(clone) = self
            && let CloneChild::Group(group) = &clone.child
        {
            names.push(group.id.as_str());
        }
        names.extend(self.primitives().into_iter().map(|primitive| primitive.id.as_str()));
        names
    }
}
