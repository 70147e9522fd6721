//! Where keys, salts and nonces come from: the operating system.

use kiban_core::{Clock, Entropy};

/// Asks the operating system for every key.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OsEntropy;

impl Entropy for OsEntropy {
    fn key(&self, _purpose: &str) -> [u8; 32] {
        let mut key = [0; 32];
        // Without randomness nothing may go on: a predictable key is worse than none. The system call does not fail on
        // the platforms we build for, and where it did there would be nothing sensible to return.
        #[expect(clippy::expect_used, reason = "a house without randomness must stop")]
        getrandom::fill(&mut key).expect("the operating system gives randomness");
        key
    }
}

/// Reads the machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }
}
