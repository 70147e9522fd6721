//! Papers of facilities: notice, objection and withdrawal lists as CSV with a header or as NDJSON, read line by line.
//!
//! A line that cannot be taken is rejected with its number, field and reason, never with what stands in it; the others go
//! on.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
    str::FromStr,
};

use jiff::{Timestamp, civil::Date};
use kiban_core::{FacilityCode, PatientRefs, Track, day_in_japan};
use kiban_registry::{NewNotice, NewObjection, NewWithdrawal, NoticeRow};
use serde::Serialize;

use crate::failure::{Failure, Result};

/// Columns of a notice list.
pub(crate) const NOTICE: &[&str] = &[
    "local_patient_id",
    "birth_date",
    "given_at",
    "method",
    "template_version",
    "recipient",
    "staff",
    "track",
    "capacity",
    "died_on",
];
/// Columns of an objection list.
pub(crate) const OBJECTION: &[&str] = &["local_patient_id", "requester", "channel", "received_at", "track", "staff"];
/// Columns of a withdrawal list.
pub(crate) const WITHDRAWAL: &[&str] = &["local_patient_id", "requester", "received_at", "track", "staff"];

/// A list, read.
#[derive(Debug)]
pub(crate) struct List<T> {
    /// The good lines, each with its number.
    pub(crate) rows: Vec<(u64, T)>,
    /// The others.
    pub(crate) rejected: Vec<Rejection>,
}

impl<T> List<T> {
    /// Returns the share of rejected lines in percent.
    #[expect(clippy::cast_precision_loss, reason = "a share needs no more than 52 bits")]
    pub(crate) fn rejected_percent(&self) -> f64 {
        let all = (self.rows.len() + self.rejected.len()).max(1);
        self.rejected.len() as f64 * 100.0 / all as f64
    }
}

/// A line that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Rejection {
    /// Its number, from 1.
    pub(crate) line: u64,
    /// The field; empty where the whole line is meant.
    pub(crate) field: &'static str,
    /// What is wrong: a stable word.
    pub(crate) code: &'static str,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault(&'static str, &'static str);

/// What lists are read against: whose they are, and when.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    /// The facility whose papers they are.
    pub(crate) facility: FacilityCode,
    /// Turns local ids into references.
    pub(crate) refs: &'a PatientRefs,
    /// Nothing can have happened later.
    pub(crate) now: Timestamp,
}

impl Reader<'_> {
    /// Reads a notice list (SEED-40, SEED-47).
    pub(crate) fn notices(&self, path: &Path) -> Result<List<NoticeRow>> {
        read(path, NOTICE, |fields| self.notice(fields))
    }

    /// Reads an objection list (SEED-44).
    pub(crate) fn objections(&self, path: &Path) -> Result<List<NewObjection>> {
        read(path, OBJECTION, |fields| {
            Ok(NewObjection {
                patient: self.refs.of(self.facility, fields.required("local_patient_id")?),
                track: track(fields)?,
                requester: fields.word("requester")?,
                channel: fields.word("channel")?,
                received_at: self.past("received_at", fields)?,
                staff: fields.required("staff")?.to_owned(),
            })
        })
    }

    /// Reads a withdrawal list.
    pub(crate) fn withdrawals(&self, path: &Path) -> Result<List<NewWithdrawal>> {
        read(path, WITHDRAWAL, |fields| {
            Ok(NewWithdrawal {
                patient: self.refs.of(self.facility, fields.required("local_patient_id")?),
                track: track(fields)?,
                requester: fields.word("requester")?,
                received_at: self.past("received_at", fields)?,
                staff: fields.required("staff")?.to_owned(),
            })
        })
    }

    fn notice(&self, fields: &Fields<'_>) -> std::result::Result<NoticeRow, Fault> {
        let patient = self.refs.of(self.facility, fields.required("local_patient_id")?);
        let notice = self.given(fields)?;
        // What is stated without a notice is stated today.
        let stated_on = day_in_japan(notice.as_ref().map_or(self.now, |notice| notice.given_at));
        let capacity = fields.optional("capacity")?.map(|capacity| (capacity, stated_on));
        let row = NoticeRow {
            patient,
            birth: self.past_day("birth_date", fields)?,
            notice,
            capacity,
            died_on: self.past_day("died_on", fields)?,
        };
        let is_empty = row.notice.is_none() && row.birth.is_none() && row.capacity.is_none() && row.died_on.is_none();
        if is_empty { Err(Fault("", "states-nothing")) } else { Ok(row) }
    }

    fn given(&self, fields: &Fields<'_>) -> std::result::Result<Option<NewNotice>, Fault> {
        if fields.text("given_at").is_empty() {
            let parts = ["method", "template_version", "recipient", "staff"];
            let stray = parts.iter().any(|part| !fields.text(part).is_empty());
            return if stray { Err(Fault("given_at", "missing")) } else { Ok(None) };
        }
        Ok(Some(NewNotice {
            track: track(fields)?,
            given_at: self.past("given_at", fields)?,
            method: fields.word("method")?,
            template_version: fields.required("template_version")?.to_owned(),
            recipient: fields.word("recipient")?,
            staff: fields.required("staff")?.to_owned(),
        }))
    }

    /// Reads an instant with its offset that is not in the future.
    fn past(&self, field: &'static str, fields: &Fields<'_>) -> std::result::Result<Timestamp, Fault> {
        let at: Timestamp = fields.required(field)?.parse().map_err(|_| Fault(field, "no-time"))?;
        if at > self.now { Err(Fault(field, "in-future")) } else { Ok(at) }
    }

    fn past_day(&self, field: &'static str, fields: &Fields<'_>) -> std::result::Result<Option<Date>, Fault> {
        let text = fields.text(field);
        if text.is_empty() {
            return Ok(None);
        }
        let day: Date = text.parse().ok().filter(|_| text.len() == 10).ok_or(Fault(field, "no-day"))?;
        if day > day_in_japan(self.now) { Err(Fault(field, "in-future")) } else { Ok(Some(day)) }
    }
}

/// An empty track is the anonymised one.
fn track(fields: &Fields<'_>) -> std::result::Result<Track, Fault> {
    Ok(fields.optional("track")?.unwrap_or(Track::Anonymised))
}

/// The fields of one line by name.
struct Fields<'a> {
    of: BTreeMap<&'a str, &'a str>,
}

impl Fields<'_> {
    fn text(&self, name: &str) -> &str {
        self.of.get(name).copied().unwrap_or_default().trim()
    }

    fn required(&self, name: &'static str) -> std::result::Result<&str, Fault> {
        Some(self.text(name)).filter(|text| !text.is_empty()).ok_or(Fault(name, "missing"))
    }

    fn word<T: FromStr>(&self, name: &'static str) -> std::result::Result<T, Fault> {
        self.required(name)?.parse().map_err(|_| Fault(name, "unknown-word"))
    }

    fn optional<T: FromStr>(&self, name: &'static str) -> std::result::Result<Option<T>, Fault> {
        if self.text(name).is_empty() { Ok(None) } else { self.word(name).map(Some) }
    }
}

/// Tells whether a list has a column, by its header or its first line.
pub(crate) fn has_column(path: &Path, column: &str) -> Result<bool> {
    let mut first = Vec::new();
    open(path)?.read_until(b'\n', &mut first).map_err(Failure::file("read", path))?;
    let first = String::from_utf8_lossy(&first);
    let names = first.split([',', ':', '{', '}']).map(|name| name.trim().trim_matches(['"', '\u{feff}']));
    Ok(names.into_iter().any(|name| name == column))
}

fn open(path: &Path) -> Result<BufReader<File>> {
    Ok(BufReader::with_capacity(256 * 1024, File::open(path).map_err(Failure::file("open", path))?))
}

type Parse<'p, T> = dyn Fn(&Fields<'_>) -> std::result::Result<T, Fault> + 'p;

fn read<T>(
    path: &Path,
    columns: &'static [&'static str],
    parse: impl Fn(&Fields<'_>) -> std::result::Result<T, Fault>,
) -> Result<List<T>> {
    let mut input = open(path)?;
    let head = input.fill_buf().map_err(Failure::file("read", path))?;
    let is_json = head.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let mut list = List { rows: Vec::new(), rejected: Vec::new() };
    if is_json {
        json(input, path, columns, &parse, &mut list)?
    } else {
        csv(input, path, columns, &parse, &mut list)?
    }
    Ok(list)
}

fn csv<T>(
    input: impl BufRead,
    path: &Path,
    columns: &'static [&'static str],
    parse: &Parse<'_, T>,
    list: &mut List<T>,
) -> Result<()> {
    let failed = |error: csv::Error| Failure::file("read", path)(std::io::Error::other(error.to_string()));
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(input);
    let header = reader.byte_headers().map_err(failed)?.clone();
    let names: Vec<String> = header
        .iter()
        .map(|name| String::from_utf8_lossy(name).trim_start_matches('\u{feff}').trim().to_owned())
        .collect();
    let missing = columns.iter().find(|column| !names.iter().any(|name| name == *column));
    let unknown = names.iter().any(|name| !columns.contains(&name.as_str()));
    if missing.is_some() || unknown {
        return Err(Failure::wrong("use-columns", &[("columns", &columns.join(","))]));
    }
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(failed)? {
        let line = record.position().map_or(0, csv::Position::line);
        let texts: Option<Vec<&str>> = record.iter().map(|field| std::str::from_utf8(field).ok()).collect();
        let row = match texts {
            None => Err(Fault("", "not-utf-8")),
            Some(texts) if texts.len() != names.len() => Err(Fault("", "wrong-number-of-fields")),
            Some(texts) => parse(&Fields { of: names.iter().map(String::as_str).zip(texts).collect() }),
        };
        list.take(line, row);
    }
    Ok(())
}

fn json<T>(
    mut input: impl BufRead,
    path: &Path,
    columns: &'static [&'static str],
    parse: &Parse<'_, T>,
    list: &mut List<T>,
) -> Result<()> {
    let mut text = Vec::new();
    for line in 1.. {
        text.clear();
        if input.read_until(b'\n', &mut text).map_err(Failure::file("read", path))? == 0 {
            break;
        }
        if text.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let row = match serde_json::from_slice::<BTreeMap<String, Option<String>>>(&text) {
            Err(_) => Err(Fault("", "no-object-of-texts")),
            Ok(fields) if fields.keys().any(|name| !columns.contains(&name.as_str())) => {
                Err(Fault("", "unknown-field"))
            }
            Ok(fields) => {
                let of = fields.iter().map(|(name, value)| (name.as_str(), value.as_deref().unwrap_or_default()));
                parse(&Fields { of: of.collect() })
            }
        };
        list.take(line, row);
    }
    Ok(())
}

impl<T> List<T> {
    fn take(&mut self, line: u64, row: std::result::Result<T, Fault>) {
        match row {
            Ok(row) => self.rows.push((line, row)),
            Err(Fault(field, code)) => self.rejected.push(Rejection { line, field, code }),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use kiban_core::{Capacity, NoticeMethod, Recipient};

    use super::*;

    fn with<T>(text: &[u8], work: impl FnOnce(&Reader<'_>, &Path) -> T) -> T {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list");
        std::fs::write(&path, text).unwrap();
        let refs = PatientRefs::new([1; 32]);
        let now = "2026-04-01T00:00:00Z".parse().unwrap();
        work(&Reader { facility: "1310000017".parse().unwrap(), refs: &refs, now }, &path)
    }

    const HEAD: &str =
        "local_patient_id,birth_date,given_at,method,template_version,recipient,staff,track,capacity,died_on\n";

    /// Checks how lines below the header are taken: the numbers of the good ones, and what is said of the others.
    fn check(lines: &str, good: &[u64], bad: &[(u64, &str, &str)]) {
        let list = with(format!("{HEAD}{lines}").as_bytes(), |reader, path| reader.notices(path)).unwrap();
        assert_eq!(list.rows.iter().map(|(line, _)| *line).collect::<Vec<_>>(), good, "{lines}");
        let said: Vec<_> = list.rejected.iter().map(|one| (one.line, one.field, one.code)).collect();
        assert_eq!(said, bad, "{lines}");
    }

    #[test]
    fn good_lines_go_on_and_bad_ones_are_told_by_number() {
        check("P1,1961-02-03,2024-05-10T10:00:00+09:00,written,v1,person,S1,,,\n", &[2], &[]);
        check("P1,1961-02-03,,,,,,,,\nP1,1961-02-03,,,,,,,\n", &[2], &[(3, "", "wrong-number-of-fields")]);
        check(",1961-02-03,,,,,,,,\n", &[], &[(2, "local_patient_id", "missing")]);
        check("P1,1961-02-30,,,,,,,,\n", &[], &[(2, "birth_date", "no-day")]);
        check("P1,2061-02-03,,,,,,,,\n", &[], &[(2, "birth_date", "in-future")]);
        check("P1,,2024-05-10T10:00:00,written,v1,person,S1,,,\n", &[], &[(2, "given_at", "no-time")]);
        check("P1,,2026-05-10T10:00:00+09:00,written,v1,person,S1,,,\n", &[], &[(2, "given_at", "in-future")]);
        check("P1,,,written,,,,,,\n", &[], &[(2, "given_at", "missing")]);
        check("P1,,2024-05-10T10:00:00+09:00,shouted,v1,person,S1,,,\n", &[], &[(2, "method", "unknown-word")]);
        check("P1,,,,,,,,,\nP2,,,,,,,,unable,\n", &[3], &[(2, "", "states-nothing")]);
    }

    #[test]
    fn a_line_states_all_that_stands_in_it() {
        let text = format!(
            "{HEAD}P1,1961-02-03,2024-05-10T10:00:00+09:00,mail,v1,guardian,S1,pseudonymised,unable,2025-01-02\n"
        );
        let list = with(text.as_bytes(), |reader, path| reader.notices(path)).unwrap();
        let row = &list.rows[0].1;
        let notice = row.notice.as_ref().unwrap();
        assert_eq!(
            (notice.track, notice.method, notice.recipient),
            (Track::Pseudonymised, NoticeMethod::Mail, Recipient::Guardian)
        );
        assert_eq!(row.capacity, Some((Capacity::Unable, "2024-05-10".parse().unwrap())));
        assert_eq!(row.died_on, Some("2025-01-02".parse().unwrap()));
    }

    #[test]
    fn ndjson_says_the_same_as_csv() {
        let text =
            "{\"local_patient_id\":\"P1\",\"birth_date\":\"1961-02-03\",\"died_on\":null}\n\n{\"x\":\"1\"}\nnonsense\n";
        let list = with(text.as_bytes(), |reader, path| reader.notices(path)).unwrap();
        let csv =
            with(format!("{HEAD}P1,1961-02-03,,,,,,,,\n").as_bytes(), |reader, path| reader.notices(path)).unwrap();
        assert_eq!(list.rows[0].1, csv.rows[0].1);
        let said: Vec<_> = list.rejected.iter().map(|one| (one.line, one.code)).collect();
        assert_eq!(said, [(3, "unknown-field"), (4, "no-object-of-texts")]);
        assert!((list.rejected_percent() - 66.6).abs() < 0.1);
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_one_line_lost() {
        let mut text = HEAD.as_bytes().to_vec();
        text.extend(b"P\xff,1961-02-03,,,,,,,,\nP2,1961-02-03,,,,,,,,\n");
        let list = with(&text, |reader, path| reader.notices(path)).unwrap();
        assert_eq!((list.rows.len(), list.rejected[0].code), (1, "not-utf-8"));
    }

    #[test]
    fn a_list_with_other_columns_is_refused_whole() {
        let read = |text: &[u8]| with(text, |reader, path| reader.objections(path).is_err());
        assert!(
            read(b"local_patient_id,requester\n")
                && read(b"")
                && !read(b"\xef\xbb\xbflocal_patient_id,requester,channel,received_at,track,staff\n")
        );
        assert!(with(b"{\"a\":1,\"channel\":2}", |_, path| has_column(path, "channel").unwrap()));
    }
}
