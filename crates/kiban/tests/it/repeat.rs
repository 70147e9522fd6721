//! Running twice gives the same bytes, and killing the program at random instants changes nothing.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use sha2::{Digest, Sha256};

const SPEC: &str = include_str!("../../src/demo/spec.toml");

fn kiban(house: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kiban"));
    command.arg("--dir").arg(house).arg("--quiet").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn done(mut command: Command) -> i32 {
    command.stderr(Stdio::inherit()).status().unwrap().code().unwrap_or(-1)
}

/// A trial house whose papers are recorded and whose deliveries lie ready.
struct Trial {
    _dir: tempfile::TempDir,
    house: PathBuf,
    hospitals: PathBuf,
}

const FACILITIES: [&str; 3] = ["1319900010", "1419900028", "1219900036"];

impl Trial {
    fn new(persons: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (house, hospitals) = (dir.path().join("house"), dir.path().join("hospitals"));
        let run = |args: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_kiban"));
            command.args(args).arg("--quiet").stdout(Stdio::null());
            assert_eq!(command.status().unwrap().code(), Some(0), "{args:?}");
        };
        let (home, hosts) = (house.to_str().unwrap(), hospitals.to_str().unwrap());
        run(&["synth", "--persons", &persons.to_string(), "--seed", "7", "--dir", hosts]);
        run(&["init", home, "--trial-clock", "2026-04-01T09:00:00+09:00", "--trial-seed", "7"]);
        run(&["--dir", home, "facility", "import", &format!("{hosts}/facilities.json")]);
        for code in FACILITIES {
            let paper = |name: &str| format!("{hosts}/{code}/{name}.csv");
            run(&["--dir", home, "notice", "import", &paper("notices"), "--facility", code]);
            run(&["--dir", home, "objection", "import", &paper("objections"), "--facility", code]);
            run(&["--dir", home, "objection", "import", &paper("withdrawals"), "--facility", code]);
        }
        // Too few persons for what the demonstration's use proposes.
        let (before, rest) = SPEC.split_once("[use]").unwrap();
        let (_, after) = rest.split_once("[cohort]").unwrap();
        let spec = format!("{before}[cohort]{after}").replace("k = 5", "k = 2").replace("floor = 10", "floor = 2");
        std::fs::write(dir.path().join("spec.toml"), spec).unwrap();
        Self { house, hospitals, _dir: dir }
    }

    /// The steps of the chain, each with the exit codes that mean it is done, now or on an earlier try.
    fn steps(&self) -> Vec<(Vec<String>, &'static [i32])> {
        let mut steps = Vec::new();
        for code in FACILITIES {
            for delivery in ["delivery-0001", "delivery-0002"] {
                let path = self.hospitals.join(code).join(delivery);
                if path.exists() {
                    let args = ["collect", path.to_str().unwrap(), "--facility", code];
                    steps.push((args.map(str::to_owned).to_vec(), &[0, 1, 3][..]));
                }
            }
        }
        steps.push((vec!["standardise".to_owned()], &[0]));
        steps.push((vec!["link".to_owned()], &[0]));
        let spec = self.house.with_file_name("spec.toml");
        steps.push((vec!["release".to_owned(), "build".to_owned(), spec.to_str().unwrap().to_owned()], &[0, 3]));
        steps
    }

    fn run(&self) {
        for (args, good) in self.steps() {
            let mut command = kiban(&self.house);
            command.args(&args);
            let code = done(command);
            assert!(good.contains(&code), "{args:?} ended with {code}");
        }
    }

    /// Runs the steps, killing each a few times at instants drawn from `seed` before it is let through.
    fn run_and_kill(&self, kills: u32, seed: u64) -> u32 {
        let steps = self.steps();
        let (mut killed, mut state) = (0, seed);
        for (step, (args, good)) in steps.iter().enumerate() {
            let due = kills * (u32::try_from(step).unwrap() + 1) / u32::try_from(steps.len()).unwrap();
            while killed < due {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let mut child = kiban(&self.house).args(args).spawn().unwrap();
                std::thread::sleep(Duration::from_millis(5 + (state >> 33) % 400));
                child.kill().unwrap();
                child.wait().unwrap();
                killed += 1;
            }
            let mut command = kiban(&self.house);
            command.args(args);
            let code = done(command);
            assert!(good.contains(&code), "{args:?} ended with {code} after {killed} kills");
        }
        let mut command = kiban(&self.house);
        command.arg("run");
        assert_eq!(done(command), 0);
        killed
    }

    /// The released tables and the OMOP tables, by path, as hashes. A linking's number is not part of the path: it is
    /// that of its job, and who is killed orders more jobs.
    fn result(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for folder in ["releases/demo-chronic-2026/data", "lake/cdm", "lake/link/person_map"] {
            hashes(&self.house.join(folder), folder, &mut found);
        }
        assert!(found.keys().any(|path| path.ends_with("person-csv")), "there is a release");
        found
    }
}

fn is_number(part: &str) -> bool {
    part.len() == 8 && part.bytes().all(|byte| byte.is_ascii_digit())
}

/// Names the files that two results do not share to the byte.
fn difference<'r>(one: &'r BTreeMap<String, String>, two: &'r BTreeMap<String, String>) -> Vec<&'r String> {
    one.keys().chain(two.keys()).filter(|name| one.get(*name) != two.get(*name)).collect()
}

fn hashes(folder: &Path, name: &str, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{name}/{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            if !name.ends_with("_delta_log") {
                hashes(&path, &name, found);
            }
        } else {
            let unnumbered = name.split(['-', '.']).filter(|part| !is_number(part)).collect::<Vec<_>>().join("-");
            assert!(
                found.insert(unnumbered, hex::encode(Sha256::digest(std::fs::read(&path).unwrap()))).is_none(),
                "{name}"
            );
        }
    }
}

#[test]
fn the_same_deliveries_papers_clock_and_seed_give_the_same_bytes() {
    let (one, two) = (Trial::new(150), Trial::new(150));
    one.run();
    two.run();
    assert_eq!(difference(&one.result(), &two.result()), Vec::<&String>::new());
}

#[test]
fn killed_at_twelve_random_instants_the_chain_ends_in_the_same_result() {
    let (calm, harried) = (Trial::new(150), Trial::new(150));
    calm.run();
    assert_eq!(harried.run_and_kill(12, 20_260_401), 12);
    assert_eq!(difference(&calm.result(), &harried.result()), Vec::<&String>::new());
    let mut command = kiban(&harried.house);
    command.args(["audit", "verify"]);
    assert_eq!(done(command), 0);
}
