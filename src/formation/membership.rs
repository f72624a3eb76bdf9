//! Which members a host sees.

/// Which members a host sees, and whether they have quorum.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Membership {
    /// Ids of the members.
    pub ids: Vec<u32>,
    /// Whether they have quorum.
    pub is_quorate: bool,
}

impl Membership {
    /// Reads what corosync's quorum tool says; nobody is seen where corosync does not run.
    pub fn read(text: &str) -> Self {
        let is_quorate = text
            .lines()
            .filter_map(|line| line.split_once(':'))
            .any(|(key, value)| key.trim() == "Quorate" && value.trim() == "Yes");
        let table = text.lines().skip_while(|line| !line.contains("Nodeid"));
        let ids = table.filter_map(|line| line.split_whitespace().next()?.parse().ok());
        // Zero is the witness.
        Self { ids: ids.filter(|id| *id != 0).collect(), is_quorate }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_told_from_votes_and_witness() {
        let said = "Quorum information\n------------------\nNodes:            2\nNode ID:          1\n\
                    Quorate:          Yes\n\nVotequorum information\nExpected votes:   3\n\
                    Flags:            Quorate Qdevice \n\nMembership information\n----------------------\n    \
                    Nodeid      Votes    Qdevice Name\n         1          1    A,V,NMW node1 (local)\n         \
                    2          1    A,V,NMW node2\n         0          1            Qdevice\n";
        assert_eq!(Membership::read(said), Membership { ids: vec![1, 2], is_quorate: true });
        assert_eq!(Membership::read(""), Membership::default());
    }
}
