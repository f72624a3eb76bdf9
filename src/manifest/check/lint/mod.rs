//! Defaults and habits that bite, each with its evidence.
