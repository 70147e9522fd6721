//! What can keep the mathematics from doing its work.

/// Says why a computation could not be done; it never carries a value of the data.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A hierarchy has no row at all.
    #[error("hierarchy {hierarchy} has no leaves")]
    NoLeaves {
        /// The hierarchy's name.
        hierarchy: String,
    },
    /// A hierarchy's row is longer or shorter than its first one.
    #[error("hierarchy {hierarchy}: row {row} has {found} levels, expected {expected}")]
    Ragged {
        /// The hierarchy's name.
        hierarchy: String,
        /// The row, from 0.
        row: usize,
        /// Levels found.
        found: usize,
        /// Levels expected.
        expected: usize,
    },
    /// A leaf stands in two rows of a hierarchy.
    #[error("hierarchy {hierarchy}: row {row} repeats an earlier leaf")]
    RepeatedLeaf {
        /// The hierarchy's name.
        hierarchy: String,
        /// The row, from 0.
        row: usize,
    },
    /// Two leaves share a group on one level and part again on the next, so the levels are not nested.
    #[error("hierarchy {hierarchy}: row {row} leaves its group of level {level} on the level above")]
    NotNested {
        /// The hierarchy's name.
        hierarchy: String,
        /// The row, from 0.
        row: usize,
        /// The lower of the two levels.
        level: usize,
    },
    /// A hierarchy, an attribute or a method was given parameters that make no sense.
    #[error("{what}: {why}")]
    BadParameter {
        /// What was to be built.
        what: String,
        /// What is wrong.
        why: &'static str,
    },
    /// Values of a column are not leaves of its hierarchy, so the hierarchy is not complete.
    #[error("hierarchy {hierarchy}: {rows} rows hold a value that is no leaf, the first in row {first}")]
    NotALeaf {
        /// The hierarchy's name.
        hierarchy: String,
        /// How many rows.
        rows: usize,
        /// The first of them, from 0.
        first: usize,
    },
    /// A record of a CSV has more or fewer cells than its header.
    #[error("record {record} has {found} cells, the header has {expected}")]
    Cells {
        /// The record, from 1, the header not counted.
        record: usize,
        /// Cells found.
        found: usize,
        /// Cells expected.
        expected: usize,
    },
    /// A column has a type that this computation does not take.
    #[error("{what}: cannot use a column of this type")]
    ColumnType {
        /// What the column was meant for.
        what: String,
    },
    /// Columns that belong together have different lengths.
    #[error("{what}: {found} where {expected} were expected")]
    Lengths {
        /// What was counted.
        what: &'static str,
        /// The number found.
        found: usize,
        /// The number expected.
        expected: usize,
    },
    /// A code lies outside its dictionary, or is missing.
    #[error("column {column}: row {row} has no code of its dictionary")]
    CodeOutOfRange {
        /// The column, from 0.
        column: usize,
        /// The row, from 0.
        row: usize,
    },
    /// The tuple of quasi-identifiers needs more bits than a key has.
    #[error(
        "the quasi-identifiers need {bits} bits, at most 128 can be packed: leave out of the hierarchies what no record has, or ask for fewer quasi-identifiers"
    )]
    TooWide {
        /// Bits needed.
        bits: u32,
    },
    /// No allowed node keeps the models within the suppression limit.
    #[error(
        "no allowed generalisation with classes of {k} or more keeps the privacy models: {suppressed} persons would be suppressed, {allowed} may be"
    )]
    NoSolution {
        /// The smallest class asked for.
        k: u32,
        /// Persons who must be suppressed at the most general node.
        suppressed: u64,
        /// Persons that may be suppressed.
        allowed: u64,
    },
}

/// The result of every fallible function of this crate.
pub type Result<T> = std::result::Result<T, Error>;
