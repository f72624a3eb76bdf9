//! Every option the field knows, with type, default and meaning.
