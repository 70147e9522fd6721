//! Bytes to rows: one module per hospital format behind one trait.
//!
//! Invariant: no files, no network, no clock, no randomness; no patient value in a finding. A reader never stops at a
//! bad record and never repairs silently: what it could not take is a finding with the byte offset, what it repaired
//! is counted under the rule's id, and every record seen is accounted for ([`RowCounts`]).
//!
//! ```
//! use arrow_array::RecordBatch;
//! use kiban_core::{Finding, PatientRefs, tables::SourceTable};
//! use kiban_formats::{DeliveryState, FileName, ReadContext, RowSink, sniff};
//!
//! #[derive(Default)]
//! struct Rows(Vec<(SourceTable, usize)>, Vec<Finding>);
//! impl RowSink for Rows {
//!     fn batch(&mut self, table: SourceTable, batch: RecordBatch) {
//!         self.0.push((table, batch.num_rows()));
//!     }
//!     fn finding(&mut self, finding: Finding) {
//!         self.1.push(finding);
//!     }
//! }
//!
//! let claims = b"IR,1,12,1,0000000,,,202111,00,\r\n\
//!     RE,1,1112,202110,,1,19900401,,,,,,,00123\r\nHO,01130012,1,2,1,5\r\nSY,8830417,20211001,1,,,01\r\n";
//! let name = FileName::new("RECEIPTC.UKE");
//! let (format, _) = sniff(claims, &name).expect("a claim file");
//! let ctx = ReadContext {
//!     facility: "1210000000".parse()?, delivery: 1, file: 0, name, refs: &PatientRefs::new([7; 32]), batch_rows: 8192,
//! };
//! let mut rows = Rows::default();
//! let counts = format.read(&ctx, &mut &claims[..], &DeliveryState::default(), &mut rows)?;
//! assert_eq!(format.name(), "uke");
//! assert!(rows.0.contains(&(SourceTable::Condition, 1)));
//! assert_eq!((counts.records_seen, counts.records_taken), (4, 4));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![warn(missing_docs)]
#![forbid(unsafe_code)]

pub use fhir::Fhir;
pub use format::{DeliveryState, FORMATS, FileName, Format, ReadContext, RowCounts, RowSink, Sniffed, sniff};
pub use rows::{Tables, arrow_schema};
pub use ssmix2::Ssmix2;
pub use uke::Uke;

mod fhir;
mod format;
mod hash;
mod hl7;
mod lines;
mod reading;
mod rows;
mod ssmix2;
pub mod systems;
mod text;
mod uke;
