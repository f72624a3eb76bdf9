//! A made-up cluster of any size, as a CIB: a street of shops.
//!
//! Each shop has a group of three (address, files, web server) and, beside it, a database that the
//! group follows and a mailer that would rather not share a node with the database. Every node runs
//! two cloned services, one after the other; every third shop waits for them. Shops spread over the
//! nodes by preference. What runs where, with which digests, is written as a healthy Pacemaker would
//! have recorded it, so that a steady cluster has nothing to do.

use std::fmt::Write;

use md5::{Digest, Md5};

/// What is the matter with the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing: everything runs where it should.
    Steady,
    /// The last node is lost.
    Lost,
    /// Nothing has ever run.
    Cold,
}

/// How much history there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum History {
    /// Only where a resource runs.
    Active,
    /// Also a probe on every other node, as a running cluster keeps it.
    Probed,
}

/// What to make up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Street {
    pub(crate) nodes: usize,
    pub(crate) primitives: usize,
    pub(crate) state: State,
    pub(crate) history: History,
}

const NOW: u64 = 1_790_000_000;
const FEATURES: &str = "3.16.1";
const TRANSITION: &str = "2d3e7c1a-0000-4000-8000-5f0d5f0d5f0d";
/// Primitives of one shop.
const SHOP: usize = 5;

impl Street {
    /// The moment for which the CIB was made.
    pub(crate) fn now() -> u64 {
        NOW
    }

    /// The whole CIB.
    pub(crate) fn to_cib(self) -> String {
        let mut text = String::new();
        self.write(&mut text).unwrap_or_default();
        text
    }

    fn shops(self) -> usize {
        self.primitives.div_ceil(SHOP)
    }

    /// The node on which a shop runs; consecutive shops are far apart.
    fn home(self, shop: usize) -> usize {
        (shop * 7 + shop / self.nodes) % self.nodes
    }

    /// The node of the mailer, next door.
    fn annex(self, shop: usize) -> usize {
        (self.home(shop) + 1) % self.nodes
    }

    fn write(self, out: &mut String) -> std::fmt::Result {
        let probes = if self.history == History::Active { "false" } else { "true" };
        writeln!(
            out,
            "<cib crm_feature_set='{FEATURES}' validate-with='pacemaker-3.9' admin_epoch='0' epoch='5' num_updates='1' \
             have-quorum='1' dc-uuid='1' execution-date='{NOW}'>\n<configuration>\n<crm_config><cluster_property_set id='options'>\
             <nvpair id='o1' name='stonith-enabled' value='true'/>\
             <nvpair id='o2' name='enable-startup-probes' value='{probes}'/>\
             </cluster_property_set></crm_config>\n<nodes>"
        )?;
        for node in 0..self.nodes {
            writeln!(out, "<node id='{}' uname='host{node:03}'/>", node + 1)?;
        }
        writeln!(out, "</nodes>\n<resources>")?;
        writeln!(
            out,
            "<primitive id='fencer' class='stonith' type='fence_ipmilan'>{}</primitive>",
            operations("fencer")
        )?;
        for service in ["disk", "lock"] {
            writeln!(
                out,
                "<clone id='{service}-all'><meta_attributes id='{service}-all-m'><nvpair id='{service}-all-i' name='interleave' value='true'/>\
                 </meta_attributes>{}</clone>",
                primitive(service, None)
            )?;
        }
        (0..self.shops()).try_for_each(|shop| write_shop(out, shop))?;
        writeln!(out, "</resources>\n<constraints>")?;
        writeln!(out, "<rsc_order id='disk-lock' first='disk-all' then='lock-all'/>")?;
        writeln!(
            out,
            "<rsc_colocation id='lock-disk' rsc='lock-all' with-rsc='disk-all' score='INFINITY'/>"
        )?;
        (0..self.shops()).try_for_each(|shop| self.write_constraints(out, shop))?;
        writeln!(
            out,
            "</constraints>\n<rsc_defaults><meta_attributes id='defaults'><nvpair id='d1' name='resource-stickiness' value='500'/>\
             </meta_attributes></rsc_defaults>\n</configuration>\n<status>"
        )?;
        (0..self.nodes).try_for_each(|node| self.write_status(out, node))?;
        writeln!(out, "</status>\n</cib>")
    }

    fn write_constraints(self, out: &mut String, shop: usize) -> std::fmt::Result {
        let (home, annex) = (self.home(shop), self.annex(shop));
        writeln!(out, "<rsc_location id='home{shop}' rsc='db{shop}' node='host{home:03}' score='200'/>")?;
        writeln!(out, "<rsc_location id='spare{shop}' rsc='db{shop}' node='host{annex:03}' score='20'/>")?;
        writeln!(out, "<rsc_location id='annex{shop}' rsc='mail{shop}' node='host{annex:03}' score='100'/>")?;
        writeln!(out, "<rsc_order id='first{shop}' first='db{shop}' then='shop{shop}'/>")?;
        writeln!(
            out,
            "<rsc_colocation id='with{shop}' rsc='shop{shop}' with-rsc='db{shop}' score='INFINITY'/>"
        )?;
        writeln!(out, "<rsc_colocation id='apart{shop}' rsc='mail{shop}' with-rsc='db{shop}' score='-50'/>")?;
        if shop.is_multiple_of(3) {
            writeln!(out, "<rsc_order id='after{shop}' first='lock-all' then='db{shop}'/>")?;
            writeln!(
                out,
                "<rsc_colocation id='near{shop}' rsc='db{shop}' with-rsc='lock-all' score='INFINITY'/>"
            )?;
        }
        Ok(())
    }

    fn write_status(self, out: &mut String, node: usize) -> std::fmt::Result {
        let is_lost = self.state == State::Lost && node + 1 == self.nodes;
        let membership = if is_lost {
            "in_ccm='false' crmd='offline' join='down'"
        } else {
            "in_ccm='true' crmd='online' join='member'"
        };
        let id = node + 1;
        writeln!(
            out,
            "<node_state id='{id}' uname='host{node:03}' {membership} expected='member'><lrm id='{id}'><lrm_resources>"
        )?;
        if self.state != State::Cold {
            let mut calls = Calls { node, last: 0 };
            for service in ["disk", "lock"] {
                calls.write(out, service, None, true)?;
            }
            if node == 0 || self.history == History::Probed {
                calls.write(out, "fencer", None, node == 0)?;
            }
            for shop in 0..self.shops() {
                for name in members(shop) {
                    let home = if name.starts_with("mail") { self.annex(shop) } else { self.home(shop) };
                    if home == node || self.history == History::Probed {
                        calls.write(out, &name, Some(shop), home == node)?;
                    }
                }
            }
        }
        writeln!(out, "</lrm_resources></lrm></node_state>")
    }
}

/// The primitives of a shop: the three of its group, its database, its mailer.
fn members(shop: usize) -> [String; SHOP] {
    ["addr", "files", "web", "db", "mail"].map(|name| format!("{name}{shop}"))
}

fn write_shop(out: &mut String, shop: usize) -> std::fmt::Result {
    let [address, files, web, database, mailer] = members(shop).map(|name| primitive(&name, Some(shop)));
    writeln!(out, "<group id='shop{shop}'>\n{address}\n{files}\n{web}\n</group>\n{database}\n{mailer}")
}

fn primitive(id: &str, shop: Option<usize>) -> String {
    let params = shop.map_or_else(String::new, |shop| {
        format!("<instance_attributes id='{id}-a'><nvpair id='{id}-f' name='fake' value='{shop}'/></instance_attributes>")
    });
    format!(
        "<primitive id='{id}' class='ocf' provider='pacemaker' type='Dummy'>{params}{}</primitive>",
        operations(id)
    )
}

fn operations(id: &str) -> String {
    format!(
        "<operations><op id='{id}-m' name='monitor' interval='15s' timeout='20s'/><op id='{id}-s' name='start' interval='0' timeout='60s'/></operations>"
    )
}

/// Writes the history of one node, counting its calls.
struct Calls {
    node: usize,
    last: u64,
}

impl Calls {
    fn write(
        &mut self,
        out: &mut String,
        id: &str,
        shop: Option<usize>,
        is_active: bool,
    ) -> std::fmt::Result {
        let agent = if id == "fencer" {
            "class='stonith' type='fence_ipmilan'"
        } else {
            "class='ocf' provider='pacemaker' type='Dummy'"
        };
        write!(out, "<lrm_resource id='{id}' {agent}>")?;
        if is_active {
            self.write_call(out, id, "start", 0, 0, &digest(shop, false))?;
            self.write_call(out, id, "monitor", 15_000, 0, &digest(shop, true))?;
        } else {
            self.write_call(out, id, "monitor", 0, 7, &digest(shop, false))?;
        }
        writeln!(out, "</lrm_resource>")
    }

    fn write_call(
        &mut self,
        out: &mut String,
        id: &str,
        task: &str,
        interval: u64,
        rc: u8,
        digest: &str,
    ) -> std::fmt::Result {
        self.last += 1;
        let call = self.last;
        let entry = if interval == 0 { format!("{id}_last_0") } else { format!("{id}_{task}_{interval}") };
        let key = format!("{call}:1:{rc}:{TRANSITION}");
        write!(
            out,
            "<lrm_rsc_op id='{entry}' operation_key='{id}_{task}_{interval}' operation='{task}' crm_feature_set='{FEATURES}' \
             transition-key='{key}' transition-magic='0:{rc};{key}' exit-reason='' on_node='host{:03}' call-id='{call}' \
             rc-code='{rc}' op-status='0' interval='{interval}' last-rc-change='{}' exec-time='20' queue-time='0' op-digest='{digest}'/>",
            self.node,
            NOW - 86_400 + call,
        )
    }
}

/// The digest that Pacemaker records for the parameters of a resource of this shop.
fn digest(shop: Option<usize>, is_monitor: bool) -> String {
    let timeout = if is_monitor { " CRM_meta_timeout=\"20000\"" } else { "" };
    let fake = shop.map_or_else(String::new, |shop| format!(" fake=\"{shop}\""));
    let text = format!(" <parameters{timeout}{fake}/>\n");
    Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
