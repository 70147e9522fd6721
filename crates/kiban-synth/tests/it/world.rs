//! A hospital world in a temporary folder, and ways to look into it.

use std::{collections::BTreeMap, fs, path::PathBuf};

use kiban_synth::{Summary, SynthConfig};

pub(crate) const A: &str = "1319900010";
pub(crate) const B: &str = "1419900028";
pub(crate) const C: &str = "1219900036";

/// Files of one made world; the folder goes when it is dropped.
pub(crate) struct World {
    dir: tempfile::TempDir,
    pub(crate) summary: Summary,
}

impl World {
    pub(crate) fn make(persons: u64, seed: u64, dirt_per_mille: f64) -> Self {
        Self::from(&SynthConfig { persons, seed, dirt_per_mille, ..SynthConfig::default() })
    }

    /// A world with one facility alone, to which everybody goes.
    pub(crate) fn only(facility: &str, persons: u64, dirt_per_mille: f64) -> Self {
        let mut config = SynthConfig { persons, dirt_per_mille, ..SynthConfig::default() };
        config.facilities.retain(|plan| plan.code.as_str() == facility);
        Self::from(&config)
    }

    fn from(config: &SynthConfig) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let summary = kiban_synth::write(config, dir.path(), &mut |_| {}).unwrap();
        Self { dir, summary }
    }

    /// Every file below a folder, by its path from there.
    pub(crate) fn files(&self, under: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let root = self.dir.path().join(under);
        let mut files = BTreeMap::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.insert(path.strip_prefix(&root).unwrap().to_owned(), fs::read(&path).unwrap());
                }
            }
        }
        files
    }

    /// The rows of a CSV file without quotes, by column name.
    pub(crate) fn rows(&self, file: &str) -> Vec<BTreeMap<String, String>> {
        let text = fs::read_to_string(self.dir.path().join(file)).unwrap();
        let mut lines = text.lines();
        let names: Vec<&str> = lines.next().unwrap().split(',').collect();
        let row = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            assert_eq!(cells.len(), names.len(), "{file}: {line}");
            names.iter().zip(cells).map(|(name, cell)| ((*name).to_owned(), cell.to_owned())).collect()
        };
        lines.map(row).collect()
    }

    pub(crate) fn json(&self, file: &str) -> serde_json::Value {
        serde_json::from_slice(&fs::read(self.dir.path().join(file)).unwrap()).unwrap()
    }
}
