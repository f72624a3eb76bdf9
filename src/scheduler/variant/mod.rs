//! What each kind of resource means; the phases ask here.
