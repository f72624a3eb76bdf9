//! Releases of Pacemaker whose decisions differ: which one to decide like.
//!
//! We decide like the release that the specification describes. An earlier one can be asked for, so
//! that the test against an installed simulator compares decisions exactly instead of excusing
//! differences. Each method is one known difference; `docs/conformance.md` lists, for each, the
//! sentence of the specification and the conformance cases that show the later behaviour.

/// Whose decisions are made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Release {
    /// The one that the specification describes.
    #[default]
    Specified,
    /// 2.1.5, which Debian 12 installs.
    Earlier,
}

impl Release {
    const fn is_specified(self) -> bool {
        matches!(self, Self::Specified)
    }

    /// A node that an instance would rather have is kept for another one, so that it can stay
    /// where it is. Earlier, it took that node, and another instance took its place.
    pub const fn instances_stay(self) -> bool {
        self.is_specified()
    }

    /// A preference that reaches a resource through several colocations fades with each of them.
    /// Earlier, the last one alone said how much arrives, and those before it only whether it is
    /// turned around.
    pub fn so_far(self, factor: f32) -> f32 {
        if self.is_specified() { factor } else { factor.signum() }
    }

    /// A promotion gains from a wish to be with a partner in its role. Earlier, only from a demand.
    pub const fn promotion_gains_from_partners(self) -> bool {
        self.is_specified()
    }

    /// A promotion does not suffer from a wish to be with what has no node.
    pub const fn promotes_without_primary(self) -> bool {
        self.is_specified()
    }

    /// A failure that has expired says nothing of the role. Earlier, it still said who was promoted.
    pub const fn expired_roles_are_forgotten(self) -> bool {
        self.is_specified()
    }

    /// What the primary prefers says nothing of where its dependent is promoted. Earlier, an instance
    /// was promoted rather where the primary would like to be.
    pub const fn promotes_regardless_of_primaries(self) -> bool {
        self.is_specified()
    }

    /// Who is to be apart in a role is kept apart if it will have that role. Earlier, if it will not.
    pub const fn separates_in_its_role(self) -> bool {
        self.is_specified()
    }

    /// Who must not be with a dependent that has only one node left makes way for it.
    pub const fn makes_way(self) -> bool {
        self.is_specified()
    }

    /// Where a node may have several instances, these are told apart unless it is said that they are
    /// not. Earlier, only where it was said that they are.
    pub const fn room_tells_apart(self) -> bool {
        self.is_specified()
    }

    /// Who wishes to be with a later member of a group hears where the group would like to be. Earlier,
    /// only the first member spoke of that.
    pub const fn members_know_their_groups_wishes(self) -> bool {
        self.is_specified()
    }

    /// A group is demoted although some member has nothing to be demoted from. Earlier, such a group's
    /// demotion was waited for only where instances are told of it.
    pub const fn members_may_lack_demotions(self) -> bool {
        self.is_specified()
    }

    /// A group that is tried on a node, and would rather be elsewhere, is taken back from there.
    /// Earlier, it remained there, and was not counted.
    pub const fn groups_are_taken_back(self) -> bool {
        self.is_specified()
    }

    /// Who is interleaved with a bundle waits for what runs inside its container. Earlier, for the
    /// container, which nobody promotes.
    pub const fn interleaves_what_is_inside(self) -> bool {
        self.is_specified()
    }

    /// Mandatory colocations are honoured before wishes.
    pub const fn mandatory_first(self) -> bool {
        self.is_specified()
    }

    /// Instances follow what they wish to be with, and heed who wishes to be with them, even if there
    /// is one for every node.
    pub const fn full_clones_follow(self) -> bool {
        self.is_specified()
    }

    /// Colocations that name any member of a group count where its first (or last) is placed.
    pub const fn members_speak(self) -> bool {
        self.is_specified()
    }

    /// A later member that is active must stop before an earlier one can start.
    pub const fn members_start_in_order(self) -> bool {
        self.is_specified()
    }

    /// What is active on a node in maintenance is in maintenance on its other nodes too.
    pub const fn maintenance_spreads(self) -> bool {
        self.is_specified()
    }

    /// What is not managed is never to be started, even if it failed or is active twice. Earlier, who
    /// comes after it was stopped for that, and then waited for a start that nobody makes.
    pub const fn unmanaged_starts_are_optional(self) -> bool {
        self.is_specified()
    }

    /// What was removed is not watched for staying stopped. Earlier, each plan watched it or forgot what
    /// the watch had found.
    pub const fn removed_are_not_watched(self) -> bool {
        self.is_specified()
    }

    /// What holds a guest node is not watched from within. Earlier, it was.
    pub const fn guests_do_not_watch_their_holder(self) -> bool {
        self.is_specified()
    }

    /// An attempt to place an instance that is given up changes none of its actions.
    pub const fn attempts_leave_no_trace(self) -> bool {
        self.is_specified()
    }

    /// The probes of what others wait for come before their demotions too, before the stops of what
    /// starts nowhere, and whatever else joins the two.
    pub const fn probes_come_first(self) -> bool {
        self.is_specified()
    }

    /// Where a rule of which one condition suffices passes, its score counts alone; earlier, the node's
    /// own score was added, which is -INFINITY where nothing can run.
    pub const fn rules_stand_alone(self) -> bool {
        self.is_specified()
    }

    /// An instance without a node cannot be promoted: its score says so.
    pub const fn homeless_cannot_be_promoted(self) -> bool {
        self.is_specified()
    }
}
