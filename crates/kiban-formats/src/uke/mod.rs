//! Medical claims レセプト電算 (`RECEIPTC.UKE`): CP932, comma-separated, the record type in the first field.
//!
//! A **record** is one non-blank line. A claim is the records from one `RE` to the next; it becomes one visit of one
//! month. Pitfalls met at the door:
//!
//! * dates come in two eras, told apart by length (R14); a file may hold both;
//! * 診療識別 and 負担区分 stand only on the first line of a group and are carried forward (R18), also from `CO`;
//! * 点数 stands only on the last line of a 算定単位, the lines since the previous 点数; the cost row bears the code of
//!   the first line, `points` = 点数 × 回数, and the first day of care;
//! * day columns are exploded to a row per day (R19); a line without any gives one row without a date;
//! * insurer-side files prefix every line with three fields (データ識別, 行番号, 枝番);
//! * 転帰 3 (death) gives a death on the last day of care of the claim: the earliest day on which it can have happened,
//!   which is the careful reading for everything that depends on having been alive;
//! * a device (`TO`) becomes a cost row only, and the text of comments (`CO`) is not kept.

use std::{
    io::{self, BufRead},
    ops::ControlFlow,
};

use claim::{Claim, Totals};
use record::{Fields, Kind, prefix_of};

use crate::{
    format::{DeliveryState, FileName, Format, ReadContext, RowCounts, RowSink, Sniffed},
    lines::{LineAt, each_line},
    reading::{Reading, fault},
    text::{Ends, claim_month},
};

mod claim;
mod detail;
mod record;

/// Lines are at most some kilobytes (症状詳記, 2,400 bytes); this much is a broken file.
const LINE_CAP: usize = 64 << 10;

/// Medical claims (`uke`).
#[derive(Debug)]
pub struct Uke;

impl Format for Uke {
    fn name(&self) -> &'static str {
        "uke"
    }

    fn sniff(&self, head: &[u8], _name: &FileName<'_>) -> Option<Sniffed> {
        let first = head.split(|b| *b == b'\n').find(|line| !line.trim_ascii().is_empty())?;
        prefix_of(first).map(|_| Sniffed { format: self.name(), needs_index: false })
    }

    fn index(&self, _: &ReadContext<'_>, _: &mut dyn BufRead, _: &mut DeliveryState) -> io::Result<()> {
        Ok(())
    }

    fn read(
        &self,
        ctx: &ReadContext<'_>,
        input: &mut dyn BufRead,
        _state: &DeliveryState,
        out: &mut dyn RowSink,
    ) -> io::Result<RowCounts> {
        let mut claims = Claims::new(Reading::start(ctx, out));
        let mut ends = [0; _];
        each_line(input, LINE_CAP, &mut |at, line| {
            claims.line(at, line, &mut ends);
            ControlFlow::Continue(())
        })?;
        Ok(claims.finish())
    }
}

/// A claim file on its way into rows.
struct Claims<'a> {
    reading: Reading<'a>,
    prefix: Option<usize>,
    /// 点数表 of the file: `1` is medical.
    fee_table: Option<u8>,
    /// 請求年月, the version of all claims in the file.
    billed: i64,
    claim: Claim,
    totals: Totals,
}

impl<'a> Claims<'a> {
    fn new(reading: Reading<'a>) -> Self {
        Self { reading, prefix: None, fee_table: None, billed: 0, claim: Claim::default(), totals: Totals::default() }
    }

    fn line(&mut self, at: LineAt, line: &[u8], ends: &mut Ends) {
        let line = line.trim_ascii_end();
        let line = line.strip_suffix(b"\x1a").unwrap_or(line);
        let place = self.reading.place(at.offset, at.number);
        if at.too_long {
            self.reading.saw(1);
            return self.reading.refuse(fault("uke.long-line", ""), place, 1);
        }
        if line.is_empty() {
            return;
        }
        self.reading.saw(1);
        let prefix = *self.prefix.get_or_insert_with(|| prefix_of(line).unwrap_or(0));
        let fields = Fields::split(line, prefix, ends);
        let Some(kind) = Kind::of(fields.get(1)) else {
            return self.reading.refuse(fault("uke.unknown-record", ""), place, 1);
        };
        if self.fee_table.is_some_and(|table| table != b'1') {
            return self.reading.unread(fault("uke.not-medical", ""), place, 1);
        }
        match kind {
            Kind::Issuer => self.issuer(&fields, place),
            Kind::Claim => {
                self.claim.close(&mut self.reading, &mut self.totals);
                self.claim.open(&mut self.reading, self.billed, &fields, place);
            }
            Kind::Total => {
                self.claim.close(&mut self.reading, &mut self.totals);
                self.totals.check(&mut self.reading, &fields, place);
                self.reading.took(1);
            }
            Kind::Unread(name) => self.reading.unread(fault("uke.unread-record", name), place, 1),
            detail => self.claim.detail(&mut self.reading, &mut self.totals, detail, &fields, place),
        }
    }

    fn issuer(&mut self, fields: &Fields<'_>, place: kiban_core::Place) {
        self.fee_table = fields.get(4).first().copied();
        if self.fee_table != Some(b'1') {
            return self.reading.unread(fault("uke.not-medical", ""), place, 1);
        }
        match claim_month(fields.get(8)).value {
            Some(month) => self.billed = month.number(),
            None => self.reading.warn(fault("text.bad-date", "IR.8"), place),
        }
        self.reading.took(1);
    }

    fn finish(mut self) -> RowCounts {
        self.claim.close(&mut self.reading, &mut self.totals);
        self.reading.finish()
    }
}
