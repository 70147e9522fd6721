//! One file being read: rows out, findings out, every record accounted for.

use kiban_core::{Finding, PatientRef, Place, Severity};

use crate::{
    format::{ReadContext, RowCounts, RowSink},
    rows::{Lineage, Row, Tables},
};

/// Findings of one code and field that are reported one by one; what follows is added up in one finding per file, so
/// that a file of noise cannot drown the registry.
const REPORTED_SINGLY: u64 = 100;

/// A kind of finding: what was wrong, and in which field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    pub(crate) field: &'static str,
}

impl Fault {
    /// Returns whether both names of two faults are the same constants, without a look at the letters.
    fn is_same_constant(self, other: Self) -> bool {
        std::ptr::eq(self.code, other.code) && std::ptr::eq(self.field, other.field)
    }
}

/// Names a fault: the code, then the field (empty for the whole record).
pub(crate) const fn fault(code: &'static str, field: &'static str) -> Fault {
    Fault { code, field }
}

struct Tally {
    fault: Fault,
    severity: Severity,
    met: u64,
    /// Where the ones that were not reported singly begin, and what they took out of the flow.
    rest: Option<Place>,
    rows_lost: u64,
}

/// A file on its way into rows.
pub(crate) struct Reading<'a> {
    pub(crate) ctx: &'a ReadContext<'a>,
    out: &'a mut dyn RowSink,
    tables: Box<Tables>,
    counts: RowCounts,
    tallies: Vec<Tally>,
}

impl<'a> Reading<'a> {
    /// Starts a file.
    pub(crate) fn start(ctx: &'a ReadContext<'a>, out: &'a mut dyn RowSink) -> Self {
        let mut tables = out.lend().unwrap_or_default();
        tables.open((ctx.facility, ctx.delivery), &mut |table, batch| out.batch(table, batch));
        Self { ctx, out, tables, counts: RowCounts::default(), tallies: Vec::new() }
    }

    /// Returns a place in this file.
    pub(crate) const fn place(&self, offset: u64, line: u32) -> Place {
        Place { file: self.ctx.file, offset, line }
    }

    /// Writes a row. Inlined, so that cells which are always empty cost nothing.
    #[inline]
    pub(crate) fn row<R: Row>(&mut self, at: &Lineage, row: &R) {
        self.counts.rows_out += 1;
        if row.push(at, &mut self.tables) >= self.ctx.batch_rows {
            let out = &mut *self.out;
            self.tables.flush_table(R::TABLE, &mut |table, batch| out.batch(table, batch));
        }
    }

    /// Counts records met.
    pub(crate) const fn saw(&mut self, records: u64) {
        self.counts.records_seen += records;
    }

    /// Counts records understood.
    pub(crate) const fn took(&mut self, records: u64) {
        self.counts.records_taken += records;
    }

    /// Counts a repair or remark that changes nothing in the flow: one `Note` per file and kind, at its first place.
    pub(crate) fn note(&mut self, fault: Fault, place: Place) {
        self.tally(fault, Severity::Note, place, 0, 0);
    }

    /// Counts a record of a kind that is not read yet: one `Note` per file and kind.
    pub(crate) fn unread(&mut self, fault: Fault, place: Place, records: u64) {
        self.counts.records_unread += records;
        self.tally(fault, Severity::Note, place, records, 0);
    }

    /// Reports a field lost or doubtful; its row goes on.
    pub(crate) fn warn(&mut self, fault: Fault, place: Place) {
        self.tally(fault, Severity::Warning, place, 0, REPORTED_SINGLY);
    }

    /// Reports records that were not taken.
    pub(crate) fn refuse(&mut self, fault: Fault, place: Place, records: u64) {
        self.counts.records_refused += records;
        self.tally(fault, Severity::Error, place, records, REPORTED_SINGLY);
    }

    /// Reports that what follows in the file was not taken.
    pub(crate) fn abandon(&mut self, fault: Fault, place: Place, records: u64) {
        self.counts.records_refused += records;
        self.tally(fault, Severity::Fatal, place, records, REPORTED_SINGLY);
    }

    fn tally(&mut self, fault: Fault, severity: Severity, place: Place, rows_lost: u64, singly: u64) {
        let same = |t: &Tally| t.fault.is_same_constant(fault) && t.severity == severity;
        let equal = |t: &Tally| t.fault == fault && t.severity == severity;
        let known = self.tallies.iter().position(same).or_else(|| self.tallies.iter().position(equal));
        let index = known.unwrap_or(self.tallies.len());
        if known.is_none() {
            self.tallies.push(Tally { fault, severity, met: 0, rest: None, rows_lost: 0 });
        }
        let Some(tally) = self.tallies.get_mut(index) else { return };
        tally.met += 1;
        if tally.met <= singly {
            self.out.finding(finding(self.ctx, fault, severity, place, rows_lost));
        } else {
            tally.rest.get_or_insert(place);
            tally.rows_lost += rows_lost;
        }
    }

    /// Ends the file: tables go back to the sink, sums are reported.
    pub(crate) fn finish(self) -> RowCounts {
        let Self { ctx, out, tables, mut counts, tallies } = self;
        for Tally { fault, severity, met, rest, rows_lost } in tallies {
            if severity == Severity::Note && rows_lost == 0 {
                *counts.repairs.entry(fault.code).or_default() += met;
            }
            if let Some(place) = rest {
                out.finding(finding(ctx, fault, severity, place, rows_lost));
            }
        }
        out.keep(tables);
        counts
    }

    /// Returns the reference of a local id.
    pub(crate) fn patient(&self, local_id: &str) -> PatientRef {
        self.ctx.refs.of(self.ctx.facility, local_id)
    }

    /// Starts the lineage of a row.
    pub(crate) const fn lineage(&self, offset: u64, patient: PatientRef, document: i64, version: i64) -> Lineage {
        Lineage { file: self.ctx.file, offset, patient, record: document, document, version, deleted: false }
    }
}

fn finding(ctx: &ReadContext<'_>, fault: Fault, severity: Severity, place: Place, rows_lost: u64) -> Finding {
    Finding {
        facility: ctx.facility,
        delivery: ctx.delivery,
        place,
        code: fault.code.to_owned(),
        field: fault.field.to_owned(),
        severity,
        rows_lost: u32::try_from(rows_lost).unwrap_or(u32::MAX),
    }
}
