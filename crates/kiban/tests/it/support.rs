//! Runs the binary and looks at what it said.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// The facility of the tests; the district number 99 belongs to nobody.
pub(crate) const FACILITY: &str = "1319900010";

/// What a run said and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// Asserts how the run ended.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        self
    }

    /// Reads the result as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err))
    }
}

/// Runs `kiban` in a folder.
pub(crate) fn kiban(dir: &Path, args: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kiban"));
    for name in ["KIBAN_DIR", "LC_ALL", "LC_MESSAGES"] {
        command.env_remove(name);
    }
    let output = command.env("LANG", "C").current_dir(dir).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// A trial house in a folder of its own.
pub(crate) struct House {
    root: tempfile::TempDir,
}

impl House {
    /// Makes a house whose clock stands at noon of 1 August 2024, with one facility that filed everything.
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let init = ["init", "house", "--trial-clock", "2024-08-01T12:00", "--trial-seed", "7"];
        kiban(root.path(), &init).ends(0);
        let house = Self { root };
        let items = "demographics,visits,conditions,drugs,procedures,measurements,observations,claims,death";
        let terms = ["--kind", "hospital", "--from", "2024-04-01", "--filing", "F-1", "--filed-from", "2024-03-15"];
        let add = [&["facility", "add", FACILITY, "--name", "みなと病院"][..], &terms, &["--items", items]].concat();
        house.run(&add).ends(0);
        house
    }

    /// Runs a command in the house.
    pub(crate) fn run(&self, args: &[&str]) -> Said {
        kiban(&self.dir(), args)
    }

    /// Returns the folder of the house.
    pub(crate) fn dir(&self) -> PathBuf {
        self.root.path().join("house")
    }

    /// Writes a file beside the house and returns its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.root.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Returns the files of the house that hold some bytes.
    pub(crate) fn files_with(&self, needle: &str) -> Vec<PathBuf> {
        let holds = |path: &PathBuf| {
            std::fs::read(path).unwrap().windows(needle.len()).any(|window| window == needle.as_bytes())
        };
        walk(&self.dir()).into_iter().filter(holds).collect()
    }
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

/// Returns a folder of the corpus, or says that the test was skipped.
pub(crate) fn corpus(folder: &str) -> Option<PathBuf> {
    let beside = || Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../../shared/data");
    let root = std::env::var_os("KIBAN_CORPUS").map_or_else(beside, PathBuf::from);
    let found = [root.join(folder), root.join("formats").join(folder)].into_iter().find(|path| path.is_dir());
    if found.is_none() {
        eprintln!("skipped: there is no corpus with {folder}");
    }
    found
}
