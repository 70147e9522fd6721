//! The lake and its stages: the only crate that knows DataFusion, Delta and object stores.
