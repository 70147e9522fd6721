//! One message: whose it is, which document it is, and who reads which of its segments.

use kiban_core::{PatientRef, Place};

use super::path::{Flag, StoragePath};
use crate::{
    hash::Key,
    hl7::{Field, Hl7Time, Segment, hl7_time},
    reading::{Reading, fault},
    rows::Lineage,
    text::Day,
};

/// A データ種別 that is read, by the message type that carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// ADT-00, A08 and A23: the patient's particulars.
    Particulars,
    /// ADT-12, A04: an out-patient came.
    Reception,
    /// ADT-22, A01 and A11 (cancelled).
    Admission,
    /// ADT-52, A03 and A13 (cancelled).
    Discharge,
    /// ADT-61, A60.
    Allergies,
    /// PPR-01, PPR^ZD1.
    Problems,
    /// OMP-01 and OMP-02, RDE^O11.
    Prescription,
    /// OMP-11 and OMP-12, RAS^O17.
    Administration,
    /// OML-11, OUL^R22.
    Results,
}

/// The names of message kinds that exist in the standard storage and are not read yet, for findings.
const UNREAD: &[(&str, &str)] = &[
    ("A54", "ADT-01"),
    ("A55", "ADT-01"),
    ("A14", "ADT-21"),
    ("A27", "ADT-21"),
    ("A21", "ADT-31"),
    ("A52", "ADT-31"),
    ("A22", "ADT-32"),
    ("A53", "ADT-32"),
    ("A15", "ADT-41"),
    ("A26", "ADT-41"),
    ("A02", "ADT-42"),
    ("A12", "ADT-42"),
    ("A16", "ADT-51"),
    ("A25", "ADT-51"),
    ("O03", "OMD"),
    ("O33", "OML-01"),
    ("O19", "OMG"),
    ("Z23", "OMI"),
    ("R01", "ORU"),
    ("R30", "ORU"),
];

impl Kind {
    fn of(kind: &str, event: &str) -> Option<Self> {
        Some(match (kind, event) {
            ("ADT", "A08" | "A23") => Self::Particulars,
            ("ADT", "A04") => Self::Reception,
            ("ADT", "A01" | "A11") => Self::Admission,
            ("ADT", "A03" | "A13") => Self::Discharge,
            ("ADT", "A60") => Self::Allergies,
            ("PPR", "ZD1") => Self::Problems,
            ("RDE", "O11") => Self::Prescription,
            ("RAS", "O17") => Self::Administration,
            ("OUL", "R22") => Self::Results,
            _ => return None,
        })
    }

    /// Returns the segments that are read; others of the message are counted as not read yet.
    const fn segments(self) -> &'static [&'static str] {
        match self {
            Self::Particulars => &["MSH", "SFT", "EVN", "PID", "PD1", "PV1", "OBX", "AL1", "IAM", "IN1"],
            Self::Reception | Self::Admission | Self::Discharge => &["MSH", "SFT", "EVN", "PID", "PV1", "PV2"],
            Self::Allergies => &["MSH", "SFT", "EVN", "PID", "PV1", "AL1", "IAM"],
            Self::Problems => &["MSH", "SFT", "PID", "PV1", "PRB", "ZPR", "ORC"],
            Self::Prescription => &["MSH", "SFT", "PID", "PV1", "ORC", "RXE", "TQ1", "RXR", "RXC"],
            Self::Administration => &["MSH", "SFT", "PID", "PV1", "ORC", "RXA", "RXR"],
            Self::Results => &["MSH", "SFT", "PID", "PV1", "SPM", "OBR", "ORC", "OBX"],
        }
    }
}

/// Segments whose names may stand in a finding; of others only the fact is told.
const KNOWN_SEGMENTS: &[&str] = &[
    "NK1", "DB1", "IN1", "IN2", "IN3", "GT1", "OBX", "OBR", "ORC", "TQ1", "TQ2", "NTE", "RXE", "RXR", "RXC", "RXA",
    "SPM", "PRB", "ZPR", "ZI1", "AL1", "IAM", "PV1", "PV2", "EVN", "ODS", "IPC", "ZE1", "ZE2", "DG1", "PR1", "ROL",
    "CTI", "MSH", "PID", "PD1", "SFT", "UAC", "ACC", "DRG", "PDA", "FT1", "TXA", "MRG",
];

/// A message whose patient is known.
pub(super) struct Message<'a> {
    pub(super) kind: Kind,
    pub(super) segments: &'a [Segment<'a>],
    pub(super) patient: PatientRef,
    pub(super) local_id: &'a str,
    pub(super) path: Option<StoragePath<'a>>,
    /// When the message was written (MSH-7).
    pub(super) written: Hl7Time,
    /// The day of care, by the path.
    pub(super) day: Option<Day>,
    pub(super) document: i64,
    pub(super) version: i64,
    pub(super) deleted: bool,
}

impl Message<'_> {
    /// Reads one message: its first segment is its MSH.
    pub(super) fn read(reading: &mut Reading<'_>, segments: &[Segment<'_>]) {
        let Some(header) = segments.first() else { return };
        let (place, records) = (reading.place(header.offset, header.line), segments.len() as u64);
        let Some(pid) = find(segments, "PID") else {
            return reading.refuse(fault("ssmix2.no-patient", "PID"), place, records);
        };
        let local_id = pid.text(3);
        if local_id.is_empty() {
            return reading.refuse(fault("ssmix2.no-local-id", "PID-3"), place, records);
        }
        let path = StoragePath::of(reading.ctx.name);
        if path.is_some_and(|path| !path.is_of(&local_id)) {
            return reading.refuse(fault("R20", "PID-3"), place, records);
        }
        let (kind, event) = (header.text(9), header.field(9).component(2));
        let Some(kind) = Kind::of(&kind, &event) else {
            let name = UNREAD.iter().find(|(known, _)| *known == event).map_or("", |(_, name)| *name);
            return reading.unread(fault("ssmix2.unread-message", name), place, records);
        };
        let written = hl7_time(&header.text(7));
        let patient = reading.patient(&local_id);
        let version = path.map_or(written, |path| hl7_time(path.happened)).order;
        let document = document(patient, kind, path, segments, header);
        let flag = path.map_or(Flag::Current, |path| path.flag);
        match flag {
            Flag::Current => {}
            Flag::Deleted => reading.note(fault("R29", ""), place),
            Flag::Superseded => reading.note(fault("R28", ""), place),
        }
        let cancelled = matches!(event.as_ref(), "A11" | "A13" | "A23");
        let message = Message {
            kind,
            segments,
            patient,
            local_id: &local_id,
            path,
            written,
            day: path.and_then(|path| hl7_time(path.date).day),
            document,
            version,
            deleted: flag != Flag::Current || cancelled,
        };
        message.dispatch(reading);
    }

    fn dispatch(&self, reading: &mut Reading<'_>) {
        match self.kind {
            Kind::Particulars => self.particulars(reading),
            Kind::Reception | Kind::Admission | Kind::Discharge => self.visit(reading),
            Kind::Allergies => self.allergies(reading),
            Kind::Problems => self.problems(reading),
            Kind::Prescription => self.prescriptions(reading),
            Kind::Administration => self.administrations(reading),
            Kind::Results => self.results(reading),
        }
        let read = self.kind.segments();
        for segment in self.segments {
            if !read.contains(&segment.name()) {
                let name = KNOWN_SEGMENTS.iter().find(|known| **known == segment.name()).unwrap_or(&"");
                reading.unread(fault("ssmix2.unread-segment", name), place(reading, segment), 1);
            } else if !self.counts_itself(segment.name()) {
                // Segments that give rows count themselves; the rest of those read are taken here.
                reading.took(1);
            }
        }
    }

    fn counts_itself(&self, segment: &str) -> bool {
        match self.kind {
            Kind::Particulars => matches!(segment, "OBX" | "AL1" | "IAM" | "IN1"),
            Kind::Allergies => matches!(segment, "AL1" | "IAM"),
            Kind::Problems => segment == "PRB",
            Kind::Prescription => matches!(segment, "RXE" | "RXC"),
            Kind::Administration => segment == "RXA",
            Kind::Results => segment == "OBX",
            _ => false,
        }
    }

    /// Returns the segments of one name.
    pub(super) fn all(&self, name: &'static str) -> impl Iterator<Item = &Segment<'_>> {
        self.segments.iter().filter(move |segment| segment.name() == name)
    }

    /// Returns the first segment of one name.
    pub(super) fn one(&self, name: &str) -> Option<&Segment<'_>> {
        find(self.segments, name)
    }

    /// Returns the lineage of a row made of a segment; `record` is unique within the document.
    pub(super) fn at(&self, reading: &Reading<'_>, segment: &Segment<'_>, record: Key) -> Lineage {
        let lineage = reading.lineage(segment.offset, self.patient, self.document, self.version);
        let record = record.number(self.document.unsigned_abs()).get();
        Lineage { record, deleted: self.deleted, ..lineage }
    }

    /// Returns the visit an event belongs to, by the message's PV1.
    pub(super) fn visit_key(&self) -> Option<i64> {
        let pv1 = self.one("PV1")?;
        let key = const { Key::of("ssmix2.visit") }.patient(self.patient);
        let number = pv1.text(19);
        if !number.is_empty() {
            return Some(key.text("number").text(&number).get());
        }
        let admitted = hl7_time(&pv1.text(44)).day;
        let (class, day) = match pv1.text(2).as_ref() {
            "I" => ("in", admitted?),
            _ => ("out", self.day.or(admitted)?),
        };
        Some(key.text(class).number(i64::from(day.0).unsigned_abs()).get())
    }

    /// Takes a time stamp and reports what was wrong with it.
    pub(super) fn time(
        &self,
        reading: &mut Reading<'_>,
        segment: &Segment<'_>,
        text: &str,
        name: &'static str,
    ) -> Hl7Time {
        let time = hl7_time(text);
        let place = place(reading, segment);
        match time.fault {
            Some(code @ ("R16" | "text.partial-date")) => reading.note(fault(code, name), place),
            Some(code) => reading.warn(fault(code, name), place),
            None => {}
        }
        time
    }
}

/// Returns the identity of the document: by its path, else by order number and type.
fn document(
    patient: PatientRef,
    kind: Kind,
    path: Option<StoragePath<'_>>,
    segments: &[Segment<'_>],
    header: &Segment<'_>,
) -> i64 {
    let key = const { Key::of("ssmix2.document") }.patient(patient);
    if let Some(path) = path {
        return key.text(path.date).text(path.kind).text(path.key).get();
    }
    let key = key.number(kind as u64);
    match find(segments, "ORC").map(|orc| orc.text(2)).filter(|order| !order.is_empty()) {
        Some(order) => key.text(&order).get(),
        None if matches!(kind, Kind::Particulars | Kind::Allergies) => key.get(),
        None => key.text(&header.text(10)).text(&header.text(7)).get(),
    }
}

fn find<'s, 'm>(segments: &'s [Segment<'m>], name: &str) -> Option<&'s Segment<'m>> {
    segments.iter().find(|segment| segment.name() == name)
}

/// Returns the place of a segment.
pub(super) fn place(reading: &Reading<'_>, segment: &Segment<'_>) -> Place {
    reading.place(segment.offset, segment.line)
}

/// HL7's coded element with its six parts, verbatim.
pub(super) struct Coded<'m> {
    pub(super) parts: [std::borrow::Cow<'m, str>; 6],
}

impl<'m> Coded<'m> {
    /// Reads the first repetition of a field.
    pub(super) fn of(field: Field<'m>) -> Self {
        Self { parts: field.first().six() }
    }

    /// Returns whether neither a code nor a text stands there.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.iter().all(|part| part.is_empty())
    }

    /// Returns code, text and system, then the alternate ones.
    pub(super) fn six(&self) -> [Option<&str>; 6] {
        self.parts.each_ref().map(|part| Some(part.as_ref()))
    }
}
