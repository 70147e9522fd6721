//! The program as a person runs it: the real binary in folders of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stderr)]

mod anonymise;
mod attack;
mod between;
mod chain;
mod counter;
mod dates;
mod dedupe;
mod fitted;
mod hierarchy;
mod lives;
mod repeat;
mod support;
mod trace;
mod use_;
