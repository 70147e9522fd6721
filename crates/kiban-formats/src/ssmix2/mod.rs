//! SS-MIX2 standard storage: one HL7 v2.5 message per file, its identity in the path.
//!
//! A **record** is one segment. What a message is, its type (MSH-9) says; the path adds the document's identity
//! (patient, 診療日, データ種別, 特定キー), its version (発生日時) and its 条件フラグ. Pitfalls met at the door:
//!
//! * a path that names another patient than PID-3 quarantines the whole message (R20): nobody guesses whose it is;
//! * flag `0` gives tombstones (R29), and so does `2` (R28): a superseded file stands no longer, whether or not its
//!   successor is in the same delivery;
//! * admission (ADT-22) and discharge (ADT-52) are rows of one visit where both tell its number (PV1-19) or the
//!   admission time (PV1-44): they share `visit_key` and are to be coalesced. Out-patient events of one day share the
//!   day's visit;
//! * `OML-11` is OUL^R22; results come as NM, ST or CWE, and ST holds numbers with operators and qualitative words;
//! * a message outside a storage tree is read by its type alone.

use std::io::{self, BufRead, Read};

use message::Message;

use crate::{
    format::{DeliveryState, FileName, Format, ReadContext, RowCounts, RowSink, Sniffed},
    hl7::Decoded,
    reading::{Reading, fault},
    text::without_bom,
};

mod drug;
mod lab;
mod message;
mod path;
mod patient;
mod problem;
mod visit;

/// The largest file read: messages have kilobytes; embedded documents may have megabytes.
const FILE_CAP: u64 = 64 << 20;

/// SS-MIX2 standard storage (`ssmix2`), and HL7 v2 messages of the same types outside one.
#[derive(Debug)]
pub struct Ssmix2;

impl Format for Ssmix2 {
    fn name(&self) -> &'static str {
        "ssmix2"
    }

    fn sniff(&self, head: &[u8], _name: &FileName<'_>) -> Option<Sniffed> {
        let start = without_bom(head).0.trim_ascii_start();
        let start = start.strip_prefix(b"\x1b(B").or_else(|| start.strip_prefix(b"\x1b(J")).unwrap_or(start);
        let separator = start.strip_prefix(b"MSH")?.first()?;
        separator.is_ascii_punctuation().then_some(Sniffed { format: self.name(), needs_index: false })
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
        let mut reading = Reading::start(ctx, out);
        // Most files are smaller than the buffer; a little more room shows that they end there.
        let mut bytes = Vec::with_capacity(input.fill_buf()?.len() + 64);
        input.take(FILE_CAP + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > FILE_CAP {
            reading.saw(1);
            reading.abandon(fault("ssmix2.file-too-long", ""), reading.place(FILE_CAP, 0), 1);
            return Ok(reading.finish());
        }
        let decoded = Decoded::read(&bytes, &mut |code, offset, line| {
            let place = reading.place(offset, line);
            if code == "R32" { reading.warn(fault(code, ""), place) } else { reading.note(fault(code, ""), place) }
        });
        let segments: Vec<_> = decoded.segments().collect();
        reading.saw(segments.len() as u64);
        let starts = |s: &crate::hl7::Segment<'_>| s.name() == "MSH" && !s.field(2).is_empty();
        let mut rest = segments.as_slice();
        while let Some((first, after)) = rest.split_first() {
            let end = after.iter().position(starts).map_or(rest.len(), |at| at + 1);
            let (message, next) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            if starts(first) {
                Message::read(&mut reading, message);
            } else {
                let place = reading.place(first.offset, first.line);
                reading.refuse(fault("ssmix2.no-header", "MSH"), place, message.len() as u64);
            }
            rest = next;
        }
        Ok(reading.finish())
    }
}
