//! A wrapper that keeps patient values out of logs, errors and messages.

use std::fmt;

/// Holds a value that came from a patient.
///
/// It has no `Display` and no `Serialize`, and its `Debug` prints `…`: the value leaves only through
/// [`Phi::expose`], which a reader of the code can search for (design invariant 9).
///
/// ```
/// use kiban_core::Phi;
/// let name = Phi::new("山田 太郎".to_owned());
/// assert_eq!(format!("{name:?}"), "…");
/// assert_eq!(name.expose(), "山田 太郎");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Phi<T>(T);

impl<T> Phi<T> {
    /// Wraps a patient value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Gives the value to code that is entitled to it.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Gives the value away.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Phi<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}
