//! The mathematics of anonymity: hierarchies, the optimal search for k-anonymity, risk and loss, rare codes, dates,
//! top and bottom coding, what is left unprotected, and the ordinance's five items.
//!
//! Invariant: no IO, no clock, no randomness. Keys come in as arguments, the same arguments give the same result, and no
//! error carries a value of the data. A table of persons is folded once to its distinct tuples ([`Folded`]); the search
//! ([`search()`]) works on those alone, and [`ClassMap`] carries its answer back to the persons, batch by batch.
//!
//! ```
//! use arrow_array::{Int32Array, StringArray};
//! use kiban_anon::{BirthYears, ClassMap, Folded, Hierarchy, Policy, QuasiIdentifier, Risk, search, smallest_class};
//!
//! let born = BirthYears::new(1940..=2010).hierarchy("birth_year")?;
//! let lives = Hierarchy::prefectures("prefecture")?;
//! let columns = [
//!     born.encode(&Int32Array::from(vec![1951, 1952, 1953, 1984, 1983, 2001]))?,
//!     lives.encode(&StringArray::from(vec!["東京都", "東京都", "千葉県", "大阪府", "京都府", "沖縄県"]))?,
//! ];
//! let table = Folded::new(&[&born, &lives], &columns)?;
//! let attributes = [QuasiIdentifier::new(born), QuasiIdentifier::new(lives)];
//!
//! let best = search(&attributes, &table, &Policy::new(2, 0.2))?;
//! assert_eq!((best.levels.as_slice(), best.suppressed), ([1, 1].as_slice(), 1));
//!
//! let released = ClassMap::new(&attributes, &table, &best)?.apply(&columns)?;
//! assert_eq!(released.columns[0].value(0), "1950-1954");
//! assert!(!released.kept.value(5), "the one born in 2001 stands alone");
//! assert_eq!(smallest_class(&released.columns, &released.kept), Some(2));
//! assert_eq!(Risk::of(&table.class_sizes()).unique, 6);
//! # Ok::<(), kiban_anon::Error>(())
//! ```

#![warn(missing_docs)]
#![forbid(unsafe_code)]

pub use accuracy::{Accuracy, classification};
pub use cells::{BATCH_ROWS, CellReader, Cells, Piece, write_cell, write_cells};
pub use coding::{Coded, Tails, Thresholds};
pub use date::{
    DateLoss, DateMap, DateRule, DateShift, DateStudy, DateUnit, Dated, Grain, Leak, LeakKind, LeakVerdict, OrderCheck,
    Step, Window, check_order, coarsen_deaths, count_reversed, date_leaks, date_loss, months, settled_rows, shift,
    years,
};
pub use error::{Error, Result};
pub use fingerprint::{Acquaintance, Detail, Events, Singled};
pub use fold::Folded;
pub use frontier::{FrontierPoint, Setting, frontier, usual_settings};
pub use hierarchy::{
    ANY, BirthYearBands, BirthYears, CodeSystem, ColumnValues, DateLevel, Dates, Decimal, End, Geography,
    GeographyFiles, Hierarchy, HierarchyFault, HierarchyFinding, HierarchyReport, HierarchySpec, Icd10Chapter,
    IntervalLabels, Intervals, Joining, Level, LevelName, LevelNames, LocalGovernmentCode, Order, Prefecture,
    Redaction, Region, Seen, UNKNOWN, check_hierarchy, icd10_chapter, labels,
};
pub use local::{LocalSolution, LocalSummary, recode_locally};
pub use loss::{Aggregate, Loss, Metric};
pub use model::{Attack, Attacker, Distance, DpParameters, Estimator, Model, PopulationUniques, keep_in_sample};
pub use outlier::{
    Advice, CourseStudy, Extremes, Facilities, Newborns, Peculiarity, RareCourses, Reason, ReasonSummary, aged,
    is_multiple_birth_code, lone_facilities, multiple_births, rare_facility_sets, rare_pairs, rare_sequences,
    reason_counts, summarise,
};
pub use policy::{Budget, Policy, QuasiIdentifier, Solution, Strategy};
pub use quality::{ColumnQuality, Quality};
pub use rare::{CodeMap, CodeOutcome, RareCounts, ReleasedCode};
pub use release::{ClassMap, Generalised, persons_at_fault, smallest_class};
pub use risk::{BeforeAfter, Risk, SizeBand};
pub use search::{search, search_within};

mod accuracy;
pub mod attack;
mod bytes;
mod cells;
mod classes;
mod coding;
mod date;
mod error;
mod fingerprint;
mod fold;
mod frontier;
mod hierarchy;
pub mod ledger;
pub mod life;
mod local;
mod loss;
mod model;
pub mod ordinance;
mod outlier;
mod policy;
pub mod profile;
mod quality;
mod rare;
mod release;
mod risk;
mod search;
mod threads;
pub mod trace;
pub mod transform;
