//! HL7 FHIR R4: bulk NDJSON, and Bundle or single-resource JSON files, in the style of JP Core and CLINS.
//!
//! A **record** is one resource: a line, an entry of a Bundle, or the file; what a resource contains is part of it. A
//! line that is not JSON is one record too. Pitfalls met at the door:
//!
//! * a member of the wrong type is as good as absent: one bad field must not cost the resource;
//! * whose a resource is, the first pass over the delivery learns from its Patient resources; a reference by address,
//!   `urn:uuid`, query or identifier alone (保険者番号:記号:番号:枝番) is resolved by that, and one that names two patients
//!   or none is a finding (`fhir.unknown-patient`);
//! * a patient id of another facility is kept with that facility's code in front, so it can never be taken for one of
//!   the sender's own;
//! * narrative (`text`) is skipped (R24); only what the coded members say is read.

use std::{
    io::{self, BufRead, Read},
    ops::ControlFlow,
};

use bundle::Bundle;
use resource::Resource;
use rows::Writer;
use serde::de::IgnoredAny;

use crate::{
    format::{DeliveryState, FileName, Format, ReadContext, RowCounts, RowSink, Sniffed},
    lines::{LineAt, each_line},
    reading::{Reading, fault},
    text::without_bom,
};

mod bundle;
mod clinical;
mod drugs;
mod json;
mod measures;
mod patients;
mod resource;
mod rows;

/// The longest line of NDJSON, and the largest JSON document, that is read.
const CAP: usize = 64 << 20;

/// HL7 FHIR R4 (`fhir`).
#[derive(Debug)]
pub struct Fhir;

impl Format for Fhir {
    fn name(&self) -> &'static str {
        "fhir"
    }

    fn sniff(&self, head: &[u8], _name: &FileName<'_>) -> Option<Sniffed> {
        let start = without_bom(head).0.trim_ascii_start();
        let types: Vec<&[u8]> = resource_types(start).collect();
        let whole = types.contains(&&b"Bundle"[..]) || types.contains(&&b"Patient"[..]);
        let mixed = types.iter().any(|kind| Some(kind) != types.first());
        let known = start.starts_with(b"{") && !types.is_empty();
        known.then_some(Sniffed { format: self.name(), needs_index: whole || mixed })
    }

    fn index(&self, ctx: &ReadContext<'_>, input: &mut dyn BufRead, state: &mut DeliveryState) -> io::Result<()> {
        each(input, &mut |unit| {
            let Unit::Resource { json, full_url, .. } = unit else { return };
            if json.contains("\"Patient\"")
                && let Ok(resource) = serde_json::from_str::<Resource<'_>>(json)
                && resource.kind.get() == "Patient"
            {
                patients::learn(&resource, full_url, ctx.facility, state);
            }
        })
    }

    fn read(
        &self,
        ctx: &ReadContext<'_>,
        input: &mut dyn BufRead,
        state: &DeliveryState,
        out: &mut dyn RowSink,
    ) -> io::Result<RowCounts> {
        let mut writer = Writer::new(Reading::start(ctx, out), state);
        each(input, &mut |unit| match unit {
            Unit::Mark => writer.reading.note(fault("R04", ""), writer.reading.place(0, 1)),
            Unit::Broken { code, offset, line } => {
                writer.reading.saw(1);
                writer.reading.refuse(fault(code, ""), writer.reading.place(offset, line), 1);
            }
            Unit::Resource { json, full_url, offset, line } => writer.resource(json, full_url, offset, line),
        })?;
        Ok(writer.reading.finish())
    }
}

/// Returns the resource types named in the head of a file, in order.
fn resource_types(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    memchr::memmem::find_iter(head, b"\"resourceType\"").filter_map(|at| {
        let rest =
            head.get(at + 14..)?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"\"")?;
        let end = memchr::memchr(b'"', rest)?;
        rest.get(..end)
    })
}

/// What a file is made of.
enum Unit<'a> {
    /// A byte order mark.
    Mark,
    /// Something that is no JSON.
    Broken { code: &'static str, offset: u64, line: u32 },
    /// A resource, with the address its Bundle gives it.
    Resource { json: &'a str, full_url: &'a str, offset: u64, line: u32 },
}

/// What the first lines of a file make of it.
enum Shape {
    /// No line yet.
    Unknown,
    /// A first line that is the beginning of JSON: its bytes, where it stands and its number.
    Begun(Vec<u8>, u64, u32),
    /// A resource a line.
    Lines,
    /// One document; its first lines, and where it begins.
    Document(Vec<u8>, u64),
}

/// Takes a file apart. A first line that is whole JSON makes it NDJSON; one that is not, and is not followed by a line
/// that begins an object, makes it one document.
fn each(input: &mut dyn BufRead, visit: &mut dyn FnMut(Unit<'_>)) -> io::Result<()> {
    let mut shape = Shape::Unknown;
    each_line(input, CAP, &mut |at, line| {
        shape = std::mem::replace(&mut shape, Shape::Unknown).after(at, line, visit);
        if matches!(shape, Shape::Document(..)) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    match shape {
        Shape::Begun(first, offset, number) => line_of(&first, offset, number, visit),
        Shape::Document(first, offset) => document(first, offset, input, visit)?,
        Shape::Unknown | Shape::Lines => {}
    }
    Ok(())
}

impl Shape {
    /// Takes a line and returns what the file is after it.
    fn after(self, at: LineAt, whole: &[u8], visit: &mut dyn FnMut(Unit<'_>)) -> Self {
        let (line, mark) = if at.offset == 0 { without_bom(whole) } else { (whole, 0) };
        if mark > 0 {
            visit(Unit::Mark);
        }
        if at.too_long {
            if let Self::Begun(first, begun, number) = self {
                line_of(&first, begun, number, visit);
            }
            visit(Unit::Broken { code: "fhir.long-line", offset: at.offset, line: at.number });
            return Self::Lines;
        }
        if line.trim_ascii().is_empty() {
            return self;
        }
        let offset = at.offset + mark as u64;
        match self {
            Self::Begun(mut first, begun, _) if !line.trim_ascii_start().starts_with(b"{") => {
                let gap = usize::try_from(at.offset - begun).unwrap_or(usize::MAX).saturating_sub(first.len());
                first.extend(std::iter::repeat_n(b'\n', gap.min(CAP)));
                first.extend_from_slice(line);
                first.push(b'\n');
                return Self::Document(first, begun);
            }
            Self::Begun(first, begun, number) => line_of(&first, begun, number, visit),
            Self::Unknown if serde_json::from_slice::<IgnoredAny>(line).is_err_and(|error| error.is_eof()) => {
                return Self::Begun(line.to_vec(), offset, at.number);
            }
            _ => {}
        }
        line_of(line, offset, at.number, visit);
        Self::Lines
    }
}

fn document(
    mut bytes: Vec<u8>,
    offset: u64,
    input: &mut dyn BufRead,
    visit: &mut dyn FnMut(Unit<'_>),
) -> io::Result<()> {
    input.take(CAP as u64).read_to_end(&mut bytes)?;
    if bytes.len() > CAP {
        visit(Unit::Broken { code: "fhir.file-too-long", offset, line: 1 });
        return Ok(());
    }
    line_of(&bytes, offset, 1, visit);
    Ok(())
}

/// Takes one JSON text: a resource, or a Bundle of them.
fn line_of(bytes: &[u8], offset: u64, line: u32, visit: &mut dyn FnMut(Unit<'_>)) {
    let Ok(json) = std::str::from_utf8(bytes) else {
        return visit(Unit::Broken { code: "fhir.broken-encoding", offset, line });
    };
    if !Bundle::is_one(json) {
        return visit(Unit::Resource { json, full_url: "", offset, line });
    }
    let Ok(bundle) = serde_json::from_str::<Bundle<'_>>(json) else {
        return visit(Unit::Broken { code: "fhir.broken-json", offset, line });
    };
    let start = json.as_ptr() as usize;
    for entry in bundle.entries {
        match entry.resource {
            Some(raw) => {
                let within = (raw.get().as_ptr() as usize).saturating_sub(start) as u64;
                visit(Unit::Resource {
                    json: raw.get(),
                    full_url: entry.full_url.get(),
                    offset: offset + within,
                    line,
                });
            }
            None => visit(Unit::Broken { code: "fhir.entry-without-resource", offset, line }),
        }
    }
}
