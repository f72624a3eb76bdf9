//! What a history says of the parameters that an operation had.

use md5::{Digest as _, Md5};

/// The digest of parameters, sorted by name.
pub(super) fn digest(params: &[(String, String)]) -> String {
    let mut params = params.to_vec();
    params.sort();
    let listed: String = params.iter().map(|(name, value)| format!(" {name}=\"{value}\"")).collect();
    let sum = Md5::digest(format!(" <parameters{listed}/>\n"));
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}
