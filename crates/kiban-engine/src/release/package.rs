//! The release package: what leaves, in one folder and as one `.tar.zst`.
//!
//! Everything a researcher needs and nothing else: tables as Parquet and CSV, a data dictionary, a manifest with the hash
//! of every file, a signature over the manifest and a proof that its making stands in the audit log. The specification
//! is named by a salted commitment only, because the method's parameters are regulated data (Act Art. 19, ordinance
//! Art. 18; design invariant 8).

use std::{
    fs::File,
    io::{BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use arrow::csv::WriterBuilder;
use jiff::Timestamp;
use kiban_audit::{Commitment, InclusionProof, Leaf, NoteSigner};
use kiban_core::ReleaseId;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::told::ToldDates;
use crate::{Error, Result};

/// File names within a package.
pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const SIGNATURE: &str = "manifest.sig";
pub(crate) const EVENT: &str = "audit-event.json";
pub(crate) const PROOF: &str = "audit-proof.txt";

/// Files that vouch for the others and so are not in the manifest.
pub(crate) const VOUCHERS: &[&str] = &[MANIFEST, SIGNATURE, EVENT, PROOF];

/// What a package says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageManifest {
    /// The form of this file.
    pub format: String,
    /// The release's name.
    pub release: ReleaseId,
    /// The project it is for.
    pub project: String,
    /// What it is.
    pub title: String,
    /// Who receives it.
    pub recipient: String,
    /// When it was built.
    pub built_at: Timestamp,
    /// The program that built it.
    pub built_by: String,
    /// Salted commitment to the specification, which itself stays in the house.
    pub specification: String,
    /// The legal rule set applied.
    pub rule_set: String,
    /// The audit log at the moment of the gate.
    pub gated_at: LogHead,
    /// Persons in the release.
    pub persons: u64,
    /// Rows by table.
    pub tables: Vec<TableEntry>,
    /// Measured re-identification risk.
    pub risk: MeasuredRisk,
    /// What dates stand for; absent from packages made before this was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dates: Option<ToldDates>,
    /// Every other file, by path.
    pub files: Vec<FileEntry>,
}

/// Size and root of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogHead {
    /// The log's name.
    pub origin: String,
    /// Leaves in it.
    pub size: u64,
    /// Its root hash, hexadecimal.
    pub root: String,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableEntry {
    /// Name.
    pub name: String,
    /// Rows.
    pub rows: u64,
}

/// Re-identification risk of the demographic values, measured on what is released.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasuredRisk {
    /// Fewest persons that share a combination.
    pub smallest_class: u64,
    /// Highest risk of a person known to be in the release.
    pub prosecutor_max: f64,
    /// Average risk over persons.
    pub marketer: f64,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Path within the package.
    pub path: String,
    /// Length.
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// A column as the data dictionary describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DictionaryEntry {
    /// Table.
    pub table: String,
    /// Column.
    pub column: String,
    /// Type, as in Parquet.
    pub kind: String,
    /// What it means, in Japanese.
    pub meaning_ja: String,
    /// What it means, in English.
    pub meaning_en: String,
}

/// A package being put together in a folder.
#[derive(Debug)]
pub struct Package {
    folder: PathBuf,
}

impl Package {
    /// Begins a package in an empty folder; what an interrupted run left there is removed.
    ///
    /// # Errors
    /// Fails where the folder cannot be made.
    pub fn begin(folder: &Path) -> Result<Self> {
        if folder.exists() {
            std::fs::remove_dir_all(folder).map_err(Error::io("clear", folder))?;
        }
        let data = folder.join("data");
        std::fs::create_dir_all(&data).map_err(Error::io("create", &data))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Takes up a package that was begun in this process.
    pub fn open(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Returns the folder that takes the tables' Parquet files, named `<table>.parquet`.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Writes `<table>.csv` beside `<table>.parquet`.
    ///
    /// # Errors
    /// Fails where a file cannot be read or written.
    pub fn add_csv(&self, table: &str) -> Result<()> {
        let from = self.data().join(format!("{table}.parquet"));
        let to = self.data().join(format!("{table}.csv"));
        let rows = ParquetRecordBatchReaderBuilder::try_new(File::open(&from).map_err(Error::io("open", &from))?)?;
        let schema = rows.schema().clone();
        let file = File::create(&to).map_err(Error::io("create", &to))?;
        let mut csv = WriterBuilder::new().with_header(true).build(BufWriter::new(file));
        let mut empty = true;
        for batch in rows.build()? {
            csv.write(&batch?)?;
            empty = false;
        }
        if empty {
            csv.write(&arrow::record_batch::RecordBatch::new_empty(schema))?;
        }
        Ok(())
    }

    /// Writes the data dictionary as CSV.
    ///
    /// # Errors
    /// Fails where the file cannot be written.
    pub fn add_dictionary(&self, entries: &[DictionaryEntry]) -> Result<()> {
        let mut text = String::from("table,column,type,meaning_ja,meaning_en\n");
        for e in entries {
            let fields = [&e.table, &e.column, &e.kind, &e.meaning_ja, &e.meaning_en].map(|field| quoted(field));
            text.push_str(&fields.join(","));
            text.push('\n');
        }
        self.add_text("dictionary.csv", &text)
    }

    /// Writes a text file.
    ///
    /// # Errors
    /// Fails where the file cannot be written.
    pub fn add_text(&self, name: &str, text: &str) -> Result<()> {
        let path = self.folder.join(name);
        std::fs::write(&path, text).map_err(Error::io("write", &path))
    }

    /// Lists and hashes the files, writes the manifest and its signature, and returns the manifest's SHA-256.
    ///
    /// # Errors
    /// Fails where a file cannot be read or written.
    pub fn close(&self, mut manifest: PackageManifest, signer: &NoteSigner) -> Result<[u8; 32]> {
        manifest.files = files(&self.folder)?;
        let mut text = serde_json::to_string_pretty(&manifest).map_err(|e| Error::Bug(e.to_string()))?;
        text.push('\n');
        self.add_text(MANIFEST, &text)?;
        let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        self.add_text(SIGNATURE, &signer.sign(&signed_text(&manifest.release, &digest)))?;
        Ok(digest)
    }

    /// Adds the audit event that vouches for the manifest, with its proof, and packs everything.
    ///
    /// # Errors
    /// Fails where a file cannot be written.
    pub fn seal(
        &self,
        event: &ReleaseEvent,
        proof: &InclusionProof,
        head: &kiban_audit::Checkpoint,
    ) -> Result<PathBuf> {
        let text = serde_json::to_string_pretty(event).map_err(|e| Error::Bug(e.to_string()))?;
        self.add_text(EVENT, &format!("{text}\n"))?;
        let proof = proof.to_text(head).map_err(|e| Error::Bug(e.to_string()))?;
        self.add_text(PROOF, &proof)?;
        pack(&self.folder)
    }
}

/// Returns where the packed file of a package lies: beside its folder.
pub fn packed(folder: &Path) -> PathBuf {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    folder.with_file_name(format!("{name}.tar.zst"))
}

/// The audit event of a release, opened to its recipient: with it the leaf's commitment can be computed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseEvent {
    /// When it was logged.
    pub at: Timestamp,
    /// Salt of the commitment, hexadecimal.
    pub salt: String,
    /// The event's body, as it was committed to.
    pub body: String,
}

/// What the body of a release event says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseBody {
    /// The release.
    pub release: ReleaseId,
    /// SHA-256 of its manifest, hexadecimal.
    pub manifest_sha256: String,
}

impl ReleaseEvent {
    /// Returns the leaf that stands in the audit log.
    ///
    /// # Errors
    /// Fails where the salt is not 32 bytes in hexadecimal.
    pub fn leaf(&self) -> Result<Leaf> {
        let salt: [u8; 32] = hex::decode(&self.salt)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| Error::Input("the salt in audit-event.json is not 64 hexadecimal digits".to_owned()))?;
        let commitment = Commitment::of(&salt, self.body.as_bytes());
        Ok(Leaf::new(kiban_core::EventClass::Release, self.at, commitment))
    }
}

/// Returns the text over which a package's signature stands.
pub(crate) fn signed_text(release: &ReleaseId, manifest: &[u8; 32]) -> String {
    format!("kiban release manifest\n{release}\nsha256 {}\n", hex::encode(manifest))
}

/// Lists the files below `folder` but for the vouchers, by path, with their hashes.
pub(crate) fn files(folder: &Path) -> Result<Vec<FileEntry>> {
    let mut entries = Vec::new();
    for path in paths(folder)? {
        if VOUCHERS.contains(&path.as_str()) {
            continue;
        }
        let full = folder.join(&path);
        let (bytes, sha256) = hash(&full)?;
        entries.push(FileEntry { path, bytes, sha256: hex::encode(sha256) });
    }
    Ok(entries)
}

fn paths(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_owned(), String::new())];
    while let Some((at, prefix)) = open.pop() {
        for entry in std::fs::read_dir(&at).map_err(Error::io("list", &at))? {
            let entry = entry.map_err(Error::io("list", &at))?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                open.push((entry.path(), format!("{name}/")));
            } else {
                found.push(name);
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn hash(path: &Path) -> Result<(u64, [u8; 32])> {
    let mut file = BufReader::with_capacity(1 << 16, File::open(path).map_err(Error::io("open", path))?);
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0_u64, vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut buffer).map_err(Error::io("read", path))?;
        if read == 0 {
            return Ok((bytes, hash.finalize().into()));
        }
        bytes += u64::try_from(read).unwrap_or_default();
        hash.update(buffer.get(..read).unwrap_or_default());
    }
}

/// Packs a folder into `<folder>.tar.zst`, the same bytes for the same files: sorted, without owners and times.
fn pack(folder: &Path) -> Result<PathBuf> {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let target = packed(folder);
    let temporary = folder.with_file_name(format!("{name}.tar.zst.part"));
    let file = File::create(&temporary).map_err(Error::io("create", &temporary))?;
    let fail = |source| Error::Io { action: "pack", path: temporary.clone(), source };
    let mut archive = tar::Builder::new(zstd::Encoder::new(BufWriter::new(file), 3).map_err(fail)?);
    archive.mode(tar::HeaderMode::Deterministic);
    for path in paths(folder)? {
        let full = folder.join(&path);
        let mut file = File::open(&full).map_err(Error::io("open", &full))?;
        let mut header = tar::Header::new_gnu();
        header.set_size(file.metadata().map_err(Error::io("read", &full))?.len());
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_cksum();
        archive.append_data(&mut header, format!("{name}/{path}"), &mut file).map_err(fail)?;
    }
    let mut written = archive.into_inner().and_then(zstd::Encoder::finish).map_err(fail)?;
    written.flush().map_err(fail)?;
    written.get_ref().sync_all().map_err(fail)?;
    std::fs::rename(&temporary, &target).map_err(Error::io("rename", &target))?;
    Ok(target)
}

/// Quotes a CSV field where it must be.
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.to_owned() }
}
