//! The papers of a facility: `notices.csv`, `objections.csv`, `withdrawals.csv`, `late-objections.csv`.

use std::{
    fmt::Write as _,
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use jiff::Timestamp;

use crate::{
    Error,
    config::japan,
    counts::FacilityCounts,
    legal::{LegalFile, NoticeRow, RequestRow},
};

const FILE: &str = "a list of notices or objections";

/// The open lists of one facility.
pub(crate) struct Papers {
    notices: BufWriter<File>,
    objections: BufWriter<File>,
    withdrawals: BufWriter<File>,
    late: BufWriter<File>,
    rows: [u64; 4],
}

impl Papers {
    /// Opens the lists in a facility's folder and writes their headers.
    pub(crate) fn create(folder: &Path) -> Result<Self, Error> {
        let open = |name: &str, header: &str| -> Result<BufWriter<File>, Error> {
            let mut file = BufWriter::new(File::create(folder.join(name)).map_err(Error::writing(FILE))?);
            writeln!(file, "{header}").map_err(Error::writing(FILE))?;
            Ok(file)
        };
        let notice =
            "local_patient_id,birth_date,given_at,method,template_version,recipient,staff,track,capacity,died_on";
        let objection = "local_patient_id,requester,channel,received_at,track,staff";
        Ok(Self {
            notices: open("notices.csv", notice)?,
            objections: open("objections.csv", objection)?,
            withdrawals: open("withdrawals.csv", "local_patient_id,requester,received_at,track,staff")?,
            late: open("late-objections.csv", objection)?,
            rows: [0; 4],
        })
    }

    /// Writes one patient's papers.
    pub(crate) fn file(&mut self, local_id: &str, legal: &LegalFile) -> Result<(), Error> {
        let mut text = String::new();
        for row in &legal.notices {
            notice(&mut text, local_id, row);
        }
        self.notices.write_all(text.as_bytes()).map_err(Error::writing(FILE))?;
        let requests = [
            (&mut self.objections, &legal.objections, true),
            (&mut self.withdrawals, &legal.withdrawals, false),
            (&mut self.late, &legal.late_objections, true),
        ];
        for (file, rows, with_channel) in requests {
            for row in rows {
                writeln!(file, "{}", request(local_id, row, with_channel)).map_err(Error::writing(FILE))?;
            }
        }
        let lengths = [&legal.objections, &legal.withdrawals, &legal.late_objections].map(|rows| rows.len() as u64);
        let [notices, objections, withdrawals, late] = &mut self.rows;
        *notices += legal.notices.len() as u64;
        for (sum, length) in [objections, withdrawals, late].into_iter().zip(lengths) {
            *sum += length;
        }
        Ok(())
    }

    /// Closes the lists and adds their rows to the counts.
    pub(crate) fn finish(mut self, counts: &mut FacilityCounts) -> Result<(), Error> {
        for file in [&mut self.notices, &mut self.objections, &mut self.withdrawals, &mut self.late] {
            file.flush().map_err(Error::writing(FILE))?;
        }
        counts.papers =
            ["notices", "objections", "withdrawals", "late-objections"].into_iter().zip(self.rows).collect();
        Ok(())
    }
}

/// RFC 3339 with Japan's offset.
fn instant(at: Timestamp) -> String {
    at.to_zoned(japan()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

fn notice(text: &mut String, local_id: &str, row: &NoticeRow) {
    let birth = row.birth.map(|day| day.to_string()).unwrap_or_default();
    let died = row.died_on.map(|day| day.to_string()).unwrap_or_default();
    let track = row.track.map_or("", |track| track.as_str());
    let capacity = row.capacity.map_or("", |capacity| capacity.as_str());
    let given = row.given.map_or_else(
        || ",,,,".to_owned(),
        |given| {
            let (at, method, recipient) = (instant(given.at), given.method, given.recipient);
            format!("{at},{method},2024-04,{recipient},S{:04}", given.staff)
        },
    );
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{local_id},{birth},{given},{track},{capacity},{died}");
}

fn request(local_id: &str, row: &RequestRow, with_channel: bool) -> String {
    let track = row.track.map_or("", |track| track.as_str());
    let channel = if with_channel { format!("{},", row.channel) } else { String::new() };
    format!("{local_id},{},{channel}{},{track},S{:04}", row.requester, instant(row.at), row.staff)
}
