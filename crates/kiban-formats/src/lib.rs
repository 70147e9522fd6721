//! Bytes to rows: one file per hospital format behind one trait.
