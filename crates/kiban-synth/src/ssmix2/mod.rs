//! SS-MIX2 standard storage: one small file for each message, `<ID 1-3>/<ID 4-6>/<ID>/<day or ->/<kind>/<file>`.

mod encode;
mod messages;
mod segment;

use std::{
    fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    sync::mpsc::{SyncSender, sync_channel},
    thread::JoinHandle,
};

use jiff::civil::Date;

use crate::{
    Error,
    calendar::{compact, plus},
    care::{LabResult, Visit},
    counts::FacilityCounts,
    dirt::{self, Dirt},
    feed::FeedWriter,
    record::{Delivery, PatientRecord},
};
use messages::Scribe;

/// Kinds that spoil a message; the wrong check digit needs an IN1 and so concerns ADT-00 alone.
const KINDS: [Dirt; 7] = [
    Dirt::BrokenEncoding,
    Dirt::TruncatedLine,
    Dirt::UnknownRecord,
    Dirt::ImpossibleDate,
    Dirt::PathMismatch,
    Dirt::MissingLocalId,
    Dirt::DuplicateRecord,
];
const KINDS_OF_BASICS: [Dirt; 8] = [
    Dirt::BrokenEncoding,
    Dirt::TruncatedLine,
    Dirt::UnknownRecord,
    Dirt::ImpossibleDate,
    Dirt::PathMismatch,
    Dirt::MissingLocalId,
    Dirt::DuplicateRecord,
    Dirt::WrongCheckDigit,
];

/// The key of messages that are not orders.
const NO_ORDER: &str = "999999999999999";

/// 条件フラグ.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flag {
    Deleted,
    Current,
    Superseded,
}

/// A message and where it is stored.
#[derive(Clone)]
struct Stored {
    day: Option<Date>,
    kind: &'static str,
    key: String,
    /// 発生日時, 17 digits.
    stamp: String,
    department: &'static str,
    flag: Flag,
    text: String,
}

/// Writes both deliveries of one facility.
pub(crate) struct Storage {
    roots: [PathBuf; 2],
    counts: FacilityCounts,
    filing: Filing,
}

/// The messages of one patient in one delivery.
struct Dossier {
    root: PathBuf,
    local_id: String,
    files: Vec<(Stored, Vec<u8>)>,
}

/// A clerk on a thread of its own: making a million small files takes as long as thinking of what stands in them.
struct Filing {
    desk: SyncSender<Dossier>,
    clerk: JoinHandle<Result<(), Error>>,
}

/// Dossiers that may wait on the desk.
const ON_DESK: usize = 64;

impl Filing {
    fn begin() -> Self {
        let (desk, dossiers) = sync_channel::<Dossier>(ON_DESK);
        let clerk = std::thread::spawn(move || {
            dossiers.into_iter().try_for_each(|Dossier { root, local_id, files }| {
                let mut folder = PatientFolder::create(&root, &local_id)?;
                files.iter().try_for_each(|(file, bytes)| folder.write(file, bytes))
            })
        });
        Self { desk, clerk }
    }

    /// Waits for the clerk, who says whether the disk took everything.
    fn end(self) -> Result<(), Error> {
        drop(self.desk);
        let stopped = || Error::writing(FILE)(std::io::Error::other("the writer stopped"));
        self.clerk.join().map_err(|_| stopped())?
    }
}

impl Storage {
    /// Begins the storage below a facility's folder.
    pub(crate) fn create(folder: &Path, code: &str) -> Result<Self, Error> {
        let roots = ["delivery-0001", "delivery-0002"].map(|delivery| folder.join(delivery).join(code));
        for root in &roots {
            fs::create_dir_all(root).map_err(Error::writing("an SS-MIX2 storage"))?;
        }
        Ok(Self { roots, counts: FacilityCounts::default(), filing: Filing::begin() })
    }

    /// Puts a patient's messages on the desk; a clerk who has stopped says why at the end.
    fn store(&mut self, record: &mut PatientRecord<'_>, delivery: Delivery, mut files: Vec<Stored>) {
        files.sort_by(|a, b| (a.day, a.kind, &a.key, &a.stamp).cmp(&(b.day, b.kind, &b.key, &b.stamp)));
        let [first, second] = &self.roots;
        let root = if delivery == Delivery::First { first } else { second };
        let mut dossier =
            Dossier { root: root.clone(), local_id: record.local_id.clone(), files: Vec::with_capacity(files.len()) };
        for mut file in files {
            let current = file.flag == Flag::Current;
            let kinds =
                if file.kind == "ADT-00" { record.spoiler.next(&KINDS_OF_BASICS) } else { record.spoiler.next(&KINDS) };
            let dirt = kinds.filter(|_| current);
            let bytes = spoil(&mut file, dirt, record);
            self.counts.add(delivery, file.kind);
            if dirt == Some(Dirt::DuplicateRecord) {
                let again = Stored { stamp: later(&file.stamp), ..file.clone() };
                dossier.files.push((again, bytes.clone()));
                self.counts.add(delivery, file.kind);
            }
            if let Some(dirt) = dirt {
                self.counts.plant(dirt);
            }
            match file.flag {
                Flag::Superseded => self.counts.superseded += 1,
                Flag::Deleted if file.text.contains("|CA|") => self.counts.deleted += 1,
                Flag::Deleted | Flag::Current => {}
            }
            dossier.files.push((file, bytes));
        }
        let _ = self.filing.desk.send(dossier);
    }
}

impl FeedWriter for Storage {
    fn write(&mut self, record: &mut PatientRecord<'_>) -> Result<(), Error> {
        let first = first_delivery(record);
        let second = second_delivery(record, &first);
        if !first.is_empty() {
            self.store(record, Delivery::First, first);
        }
        if !second.is_empty() {
            self.store(record, Delivery::Second, second);
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<FacilityCounts, Error> {
        self.filing.end()?;
        Ok(self.counts)
    }
}

/// Returns everything stored until the first delivery.
fn first_delivery(record: &PatientRecord<'_>) -> Vec<Stored> {
    let Some(seen) = record.seen(Delivery::First) else { return Vec::new() };
    let mut files = summaries(record, Delivery::First, seen);
    for (place, visit) in record.visits(Delivery::First) {
        files.extend(visit_files(record, place, visit));
    }
    files
}

/// Returns what came later, what was replaced by it, and now and then a correction of what had been told.
fn second_delivery(record: &mut PatientRecord<'_>, first: &[Stored]) -> Vec<Stored> {
    let mut files = corrections(record, first);
    if let (true, Some(seen)) = (record.has_news(), record.seen(Delivery::Second)) {
        let replaced = first.iter().filter(|file| file.day.is_none());
        files.extend(replaced.map(|file| Stored { flag: Flag::Superseded, ..file.clone() }));
        files.extend(summaries(record, Delivery::Second, seen));
        for (place, visit) in record.visits(Delivery::Second) {
            files.extend(visit_files(record, place, visit));
        }
    }
    files
}

/// ADT-00 and PPR-01, the files without a day.
fn summaries(record: &PatientRecord<'_>, delivery: Delivery, seen: Date) -> Vec<Stored> {
    let scribe = Scribe { record };
    let written = record.death(delivery).map_or(seen, |death| death.max(seen));
    let stamp = |minute: u8| format!("{}18{minute:02}05120", compact(written));
    let (basics, problems) = (stamp(4), stamp(6));
    let stored = |kind, stamp: String, text| Stored {
        day: None,
        kind,
        key: NO_ORDER.to_owned(),
        stamp,
        department: if kind == "ADT-00" { "-" } else { "01" },
        flag: Flag::Current,
        text,
    };
    let (adt, ppr) =
        (scribe.basics(delivery, &basics, seen), scribe.problems(&problems, seen, record.told_until(delivery)));
    vec![stored("ADT-00", basics, adt), stored("PPR-01", problems, ppr)]
}

/// The messages of one visit or stay.
fn visit_files(record: &PatientRecord<'_>, place: usize, visit: &Visit) -> Vec<Stored> {
    let scribe = Scribe { record };
    let mut files = Vec::with_capacity(4);
    let stamp = |day: Date, second: u8| {
        format!("{}{:02}{:02}{second:02}{:03}", compact(day), visit.hour, visit.minute, place % 1000)
    };
    let mut push = |day, kind, key: &str, stamp: String, text| {
        let department = visit.department.0;
        files.push(Stored { day: Some(day), kind, key: key.to_owned(), stamp, department, flag: Flag::Current, text });
    };
    match visit.stay {
        None => {
            let at = stamp(visit.day, 1);
            let text = scribe.reception(visit, &at);
            push(visit.day, "ADT-12", NO_ORDER, at, text);
        }
        Some(stay) => {
            let (came, left) = (stamp(visit.day, 1), stamp(stay.until, 2));
            let (admission, discharge) = (scribe.admission(visit, &came), scribe.discharge(visit, &left));
            push(visit.day, "ADT-22", NO_ORDER, came, admission);
            push(stay.until, "ADT-52", NO_ORDER, left, discharge);
        }
    }
    if !visit.drugs.is_empty() {
        let (order, at) = (order_number(record, visit, place, 1), stamp(visit.day, 3));
        let text = scribe.prescriptions(visit, &order, &at, "NW");
        push(visit.day, "OMP-01", &order, at, text);
    }
    if !visit.labs.is_empty() {
        let (order, at) = (order_number(record, visit, place, 2), stamp(visit.day, 4));
        let text = scribe.results(visit, &visit.labs, &order, &at, ("SC", "F"));
        push(visit.day, "OML-11", &order, at, text);
    }
    files
}

/// Fifteen digits, unique within the patient: day, visit, kind and the end of the patient's id.
fn order_number(record: &PatientRecord<'_>, visit: &Visit, place: usize, kind: u8) -> String {
    let tail = record.local_id.len().checked_sub(4).and_then(|at| record.local_id.get(at..)).unwrap_or("0000");
    format!("{}{:02}{kind}{tail}", compact(visit.day), place % 100)
}

/// Now and then a laboratory report is replaced by a corrected one or a prescription deleted.
fn corrections(record: &mut PatientRecord<'_>, first: &[Stored]) -> Vec<Stored> {
    let (replaces, deletes) = (record.spoiler.happens(0.015), record.spoiler.happens(0.015));
    let late = format!("{}101500000", compact(plus(record.window.split, 20)));
    let scribe = Scribe { record };
    let visits = || record.visits(Delivery::First).filter(|(_, visit)| visit.stay.is_none());
    let mut files = Vec::new();
    if let (true, Some((place, visit))) = (replaces, visits().find(|(_, visit)| !visit.labs.is_empty())) {
        let order = order_number(record, visit, place, 2);
        let old = first.iter().find(|file| file.kind == "OML-11" && file.key == order);
        let labs: Vec<LabResult> = visit.labs.iter().map(corrected).collect();
        files.extend(old.map(|old| Stored { flag: Flag::Superseded, ..old.clone() }));
        let text = scribe.results(visit, &labs, &order, &late, ("SC", "C"));
        files.extend(old.map(|old| Stored { stamp: late.clone(), text, ..old.clone() }));
    }
    if let (true, Some((place, visit))) = (deletes, visits().find(|(_, visit)| !visit.drugs.is_empty())) {
        let order = order_number(record, visit, place, 1);
        let old = first.iter().find(|file| file.kind == "OMP-01" && file.key == order);
        files.extend(old.map(|old| Stored { flag: Flag::Deleted, ..old.clone() }));
        let text = scribe.prescriptions(visit, &order, &late, "CA");
        files.extend(old.map(|old| Stored { stamp: late.clone(), flag: Flag::Deleted, text, ..old.clone() }));
    }
    files
}

fn corrected(lab: &LabResult) -> LabResult {
    let step = 10_f64.powi(-i32::try_from(lab.item.decimals).unwrap_or(0));
    LabResult { item: lab.item, value: lab.value + 3.0 * step }
}

/// Returns a stamp one thousandth of a second later.
fn later(stamp: &str) -> String {
    stamp.parse::<u64>().map_or_else(|_| stamp.to_owned(), |number| format!("{:017}", number + 1))
}

/// Returns the bytes of a message, spoilt where dirt says so.
fn spoil(file: &mut Stored, dirt: Option<Dirt>, record: &mut PatientRecord<'_>) -> Vec<u8> {
    let mut text = file.text.clone();
    match dirt {
        Some(Dirt::UnknownRecord) => text.push_str("ZQ9|1|未定義^独自項目^99ZZZ\r"),
        Some(Dirt::ImpossibleDate) => {
            segment::replace_field(&mut text, "PID", 7, "19710231");
        }
        Some(Dirt::PathMismatch) => {
            segment::replace_field(&mut text, "PID", 3, &format!("{}^^^^PI", record.spoiler.nobody()));
        }
        Some(Dirt::MissingLocalId) => {
            segment::replace_field(&mut text, "PID", 3, "");
        }
        Some(Dirt::WrongCheckDigit) => {
            let insurer = record.person.coverages.at(record.window.last).insurer8();
            segment::replace_field(&mut text, "IN1", 3, &dirt::wrong_check_digit(&insurer));
        }
        _ => {}
    }
    let mut bytes = encode::encode(&text);
    match dirt {
        Some(Dirt::BrokenEncoding) => {
            // Within the patient's name, behind its first character.
            let kanji =
                bytes.windows(3).position(|window| window == [0x1B, b'$', b'B']).map_or(bytes.len(), |at| at + 5);
            dirt::break_encoding(&mut bytes, kanji);
        }
        Some(Dirt::TruncatedLine) => bytes.truncate(bytes.len() * 3 / 4),
        _ => {}
    }
    bytes
}

/// The folders of one patient, each made once.
struct PatientFolder<'a> {
    path: PathBuf,
    local_id: &'a str,
    day: Option<String>,
    kind: &'static str,
}

const FILE: &str = "an SS-MIX2 message";

impl<'a> PatientFolder<'a> {
    fn create(root: &Path, local_id: &'a str) -> Result<Self, Error> {
        let (head, next) = (local_id.get(..3).unwrap_or("000"), local_id.get(3..6).unwrap_or("000"));
        let path = root.join(head).join(next).join(local_id);
        match fs::create_dir(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => fs::create_dir_all(&path),
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
        .map_err(Error::writing(FILE))?;
        Ok(Self { path, local_id, day: None, kind: "" })
    }

    /// Files come sorted by day and kind, so a folder is new exactly when one of them changes.
    fn write(&mut self, file: &Stored, bytes: &[u8]) -> Result<(), Error> {
        let day = file.day.map_or_else(|| "-".to_owned(), compact);
        if self.day.as_ref() != Some(&day) {
            if self.day.is_some() {
                self.path.pop();
                self.path.pop();
            }
            self.path.push(&day);
            make(&self.path)?;
            self.path.push(file.kind);
            make(&self.path)?;
        } else if self.kind != file.kind {
            self.path.pop();
            self.path.push(file.kind);
            make(&self.path)?;
        }
        self.kind = file.kind;
        let flag = match file.flag {
            Flag::Deleted => 0,
            Flag::Current => 1,
            Flag::Superseded => 2,
        };
        let (kind, key, stamp, department) = (file.kind, &file.key, &file.stamp, file.department);
        self.path.push(format!("{}_{day}_{kind}_{key}_{stamp}_{department}_{flag}", self.local_id));
        let written = fs::File::create(&self.path).and_then(|mut file| file.write_all(bytes));
        self.path.pop();
        self.day = Some(day);
        written.map_err(Error::writing(FILE))
    }
}

/// Makes a folder that may be there already, from a second day with the same name.
fn make(path: &Path) -> Result<(), Error> {
    match fs::create_dir(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(Error::writing(FILE)(error)),
        _ => Ok(()),
    }
}
