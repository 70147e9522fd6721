//! Hierarchies as files and as descriptions: read, built for a column, written with the names of their levels.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use kiban_anon::{ColumnValues, Hierarchy, HierarchySpec, LevelNames};
use serde::{Deserialize, Deserializer, de};

use super::{Input, refused, source::Source};
use crate::{Error, Result};

/// Where an attribute's hierarchy comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HierarchyOf {
    /// A file in ARX's form.
    File(PathBuf),
    /// A description, built over the values of the column.
    Built(HierarchySpec),
}

impl HierarchyOf {
    /// Makes relative paths relative to a folder.
    pub(super) fn resolve(&mut self, base: &Path) {
        match self {
            Self::File(path) => *path = base.join(&*path),
            Self::Built(spec) => spec.resolve(base),
        }
    }
}

impl<'de> Deserialize<'de> for HierarchyOf {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        struct Either;
        impl<'de> de::Visitor<'de> for Either {
            type Value = HierarchyOf;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the path of a hierarchy's file, or a table such as { icd10 = {} }")
            }

            fn visit_str<E: de::Error>(self, path: &str) -> std::result::Result<HierarchyOf, E> {
                Ok(HierarchyOf::File(path.into()))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> std::result::Result<HierarchyOf, A::Error> {
                HierarchySpec::deserialize(de::value::MapAccessDeserializer::new(map)).map(HierarchyOf::Built)
            }
        }
        from.deserialize_any(Either)
    }
}

/// The text of a hierarchy's file, with what separates its labels and the names of its levels where a file tells them.
#[derive(Debug)]
pub struct HierarchyFile {
    /// Its rows.
    pub text: String,
    /// What stands between two labels.
    pub delimiter: char,
    /// The names, from the file beside it.
    pub names: Option<LevelNames>,
}

impl HierarchyFile {
    /// Reads a file, and its names from `<file>.levels.toml` (for `age.csv`: `age.levels.toml`) where that exists.
    ///
    /// # Errors
    /// A file cannot be read, or the names are no TOML of the right form.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(Error::io("read", path))?;
        let delimiter = delimiter_of(text.lines().next().unwrap_or_default());
        let beside = names_beside(path);
        let names = match fs::read_to_string(&beside) {
            Ok(text) => {
                let wrong = |error: toml::de::Error| Error::Input(format!("{}: {}", beside.display(), error.message()));
                Some(toml::from_str(&text).map_err(wrong)?)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(Error::io("read", &beside)(error)),
        };
        Ok(Self { text, delimiter, names })
    }

    /// Returns the hierarchy.
    ///
    /// # Errors
    /// What is wrong with it first; `check_hierarchy` says what else.
    pub fn hierarchy(self, name: &str) -> Result<Hierarchy> {
        let read = Hierarchy::from_csv(name, &self.text, self.delimiter).map_err(refused)?;
        match self.names {
            Some(names) => read.with_level_names(names).map_err(refused),
            None => Ok(read),
        }
    }
}

/// Writes a hierarchy as ARX reads it, and the names of its levels beside it. Returns the path of the names.
///
/// # Errors
/// One of the files exists already, or cannot be written.
pub fn write_hierarchy(hierarchy: &Hierarchy, path: &Path) -> Result<PathBuf> {
    let beside = names_beside(path);
    let names = toml::to_string(&hierarchy.level_names());
    let names = names.map_err(|_| Error::Input("the names of the levels cannot be written as TOML".to_owned()))?;
    for (path, text) in [(path, hierarchy.to_csv(';')), (&beside, names)] {
        let mut file = fs::File::create_new(path).map_err(Error::io("create", path))?;
        std::io::Write::write_all(&mut file, text.as_bytes()).map_err(Error::io("write", path))?;
    }
    Ok(beside)
}

/// Builds a described hierarchy for a column, and reads the files that it needs.
///
/// # Errors
/// The description is contradictory, or a file cannot be read.
pub fn build_hierarchy(spec: &HierarchySpec, name: &str, column: &ColumnValues) -> Result<Hierarchy> {
    let mut files = BTreeMap::new();
    for path in spec.files() {
        files.insert(path.to_owned(), fs::read_to_string(path).map_err(Error::io("read", path))?);
    }
    spec.build(name, column, &files).map_err(refused)
}

/// Reads what a column of a table holds, in a CSV with any of the usual delimiters or a Parquet file.
///
/// # Errors
/// The file cannot be read, or has no such column.
pub fn read_column(path: &Path, name: &str) -> Result<ColumnValues> {
    let is_parquet = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"));
    let delimiter = if is_parquet { ',' } else { header_delimiter(path)? };
    let mut values = ColumnValues::default();
    collect(&Source::open(&Input { path: path.to_owned(), delimiter })?, name, &mut values)?;
    Ok(values)
}

/// Adds what a column holds.
pub(super) fn collect(source: &Source, name: &str, values: &mut ColumnValues) -> Result<()> {
    for batch in source.batches(&[source.column(name)?])? {
        batch?.columns.iter().flatten().for_each(|value| values.push(value));
    }
    Ok(())
}

/// ARX separates by semicolons; a line without one, but with commas, is taken for what it looks like.
fn delimiter_of(line: &str) -> char {
    if line.contains(';') || !line.contains(',') { ';' } else { ',' }
}

fn header_delimiter(path: &Path) -> Result<char> {
    use std::io::BufRead;
    let file = fs::File::open(path).map_err(Error::io("open", path))?;
    let mut header = Vec::new();
    std::io::BufReader::new(file).read_until(b'\n', &mut header).map_err(Error::io("read", path))?;
    let header = String::from_utf8_lossy(&header);
    let often = |delimiter: &char| header.matches(*delimiter).count();
    // The last of the greatest is taken, so a comma where all are missing.
    Ok([';', '\t', ','].into_iter().max_by_key(often).unwrap_or(','))
}

fn names_beside(path: &Path) -> PathBuf {
    path.with_extension("levels.toml")
}
