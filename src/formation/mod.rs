//! The formation of a cluster: from the nodes of a manifest to running daemons that know each other.
//!
//! Pure: what a host says of itself comes in as text ([`Survey`]), what is to be done goes out as shell
//! scripts ([`script`]). Between them [`Layout`] is who the members are, [`conf`] is how corosync is told,
//! and [`decide`] is what each host needs, or why nothing may be touched.

pub mod conf;
mod fitness;
mod layout;
mod membership;
pub mod script;
mod survey;
mod work;

pub use conf::Conf;
pub use layout::{Layout, LayoutFault, Member, Port};
pub use membership::Membership;
pub use survey::{Fingerprint, Survey};
pub use work::{Decision, KeySource, Objection, Order, Stand, Work, decide};

/// Where corosync reads its configuration.
pub const CONF_FILE: &str = "/etc/corosync/corosync.conf";
/// Where corosync reads the key that its members share.
pub const KEY_FILE: &str = "/etc/corosync/authkey";
/// Length of a key, in bytes: the most that corosync uses.
pub const KEY_LENGTH: usize = 256;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
