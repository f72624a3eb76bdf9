//! Fencing: on without a device, off, and two nodes that nothing keeps apart.

use super::Lint;
use crate::manifest::typed::At;

const ENABLED: [&str; 2] = ["fencing-enabled", "stonith-enabled"];
const POLICY: [&str; 1] = ["no-quorum-policy"];
const WATCHDOG: [&str; 2] = ["fencing-watchdog-timeout", "stonith-watchdog-timeout"];

impl Lint<'_, '_> {
    pub(super) fn check_fencing(self) {
        if self.is_fencing_enabled() {
            self.check_device();
        } else if self.member_count() > 1 {
            self.report_fencing_off();
            self.check_two_nodes();
        }
        self.check_quorum_policy();
    }

    fn has_device(self) -> bool {
        let has_watchdog = self.is_property_true(&["have-watchdog"], false)
            || self.property(&WATCHDOG).is_some_and(|timeout| timeout != "0" && timeout != "0s");
        has_watchdog || self.cluster.fence_devices().next().is_some()
    }

    fn check_device(self) {
        let Some((first, _)) = self.gathered.resources.first() else { return };
        if self.has_device() {
            return;
        }
        let place = self.property_place(&ENABLED);
        let draft = self.findings.error(
            "fencing-without-device",
            place.unwrap_or(first.place),
            "fencing is on, but there is no fence device: no resource would start",
        );
        match place {
            Some(_) => draft.label_key(place.unwrap_or(first.place), "switched on here"),
            None => draft.here("would stay stopped; fencing is on unless it is switched off"),
        }
        .help("add a fence device: a resource with an agent of the class `stonith`, such as stonith:fence_ipmilan")
        .help("or, if the nodes cannot be fenced, say so: `properties: {stonith-enabled: false}`")
        .report();
    }

    fn report_fencing_off(self) {
        let Some(place) = self.property_place(&ENABLED) else { return };
        self.findings
            .warning("fencing-off", place, "fencing is off: a node that does not answer is only assumed to be down")
            .label_key(place, "switched off here")
            .help("if that node is alive but cut off, its services run twice; a failed stop blocks its resource")
            .report();
    }

    fn check_two_nodes(self) {
        if self.member_count() != 2 {
            return;
        }
        let corosync = self.cluster.corosync.as_ref();
        let has_witness = corosync.is_some_and(|corosync| corosync.qdevice.is_some());
        let is_no_privilege = corosync.is_some_and(|corosync| corosync.quorum.two_node == Some(false));
        // With `isolation`, a node that is cut off lets go whatever the policy says.
        if self.cluster.isolation.is_some() {
            return;
        }
        if has_witness || is_no_privilege {
            self.check_letting_go();
            return;
        }
        let members: Vec<_> = self
            .gathered
            .nodes
            .iter()
            .filter(|(_, at)| {
                at.get().is_some_and(|node| node.remote.as_ref().and_then(At::get) != Some(&true))
            })
            .collect();
        let [(one, _), (other, _)] = members.as_slice() else { return };
        self.findings
            .warning(
                "two-nodes-unprotected",
                one.place,
                "if the link between the two nodes is cut, both will run everything",
            )
            .here("keeps its services and its addresses")
            .label(other.place, "starts the same services and addresses")
            .help("add a fence device and switch fencing on;")
            .help("or add a witness: `corosync: {qdevice: {host: HOST}}`;")
            .help("or say how a node knows that it is cut off: `isolation: {ping: [GATEWAY], within: 20s}`")
            .report();
    }

    /// Losing quorum protects nothing if it does not end what runs.
    fn check_letting_go(self) {
        let keeps =
            |policy: &String| ["ignore", "freeze"].iter().any(|word| policy.eq_ignore_ascii_case(word));
        let Some(place) = self
            .property_place(&POLICY)
            .filter(|_| self.property(&POLICY).is_some_and(|policy| keeps(&policy)))
        else {
            return;
        };
        self.findings
            .warning("two-nodes-unprotected", place, "a node that is cut off keeps its services all the same")
            .label_key(place, "it loses quorum, and goes on")
            .help("remove it: with `stop`, the default, such a node lets go before the other takes over")
            .report();
    }

    fn check_quorum_policy(self) {
        let is_ignored = self.property(&POLICY).is_some_and(|policy| policy.eq_ignore_ascii_case("ignore"));
        let Some(place) = self.property_place(&POLICY).filter(|_| is_ignored && self.member_count() > 2)
        else {
            return;
        };
        self.findings
            .warning("quorum-ignored", place, "every partition acts as if it were the whole cluster")
            .label_key(place, "quorum is ignored")
            .help("with three nodes or more, `stop` (the default) or `freeze` lets only the majority act")
            .report();
    }
}
