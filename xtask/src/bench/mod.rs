//! The benches of the crates and the demo, as the table of `docs/benchmarks.md`.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};

use anyhow::{Context, bail};

use crate::{shell, tidy};

mod anon;
mod tables;

/// Crates with benches.
const BENCHED: [&str; 5] = ["kiban-core", "kiban-audit", "kiban-anon", "kiban-link", "kiban-formats"];

/// How many persons the demo is timed with, unless a number follows `cargo xtask bench`.
const PERSONS: u32 = 3_000;

/// Runs everything and prints one table.
pub(crate) fn run() -> anyhow::Result<()> {
    let persons = match env::args().nth(2) {
        Some(part) if part == "anon" => return anon::run(),
        Some(number) => number.parse().with_context(|| format!("'{number}' is no number of persons"))?,
        None => PERSONS,
    };
    let mut table = String::from("| crate | bench | fastest | median |\n|---|---|--:|--:|\n");
    for name in BENCHED {
        for figure in figures(&output_of_benches(name)?) {
            table.push_str(&format!("| {name} | {} | {} | {} |\n", figure.name, figure.fastest, figure.median));
        }
    }
    let demo = demo(persons)?;
    print!("\n{table}");
    println!("| kiban | demo, {persons} persons, {} | {:.1} s | |", demo.memory(), demo.wall.as_secs_f64());
    Ok(())
}

fn output_of_benches(name: &str) -> anyhow::Result<String> {
    let mut command = shell::cargo();
    command.args(["bench", "--bench", "*", "-p", name]).stderr(Stdio::inherit());
    eprintln!("$ {}", shell::words(&command));
    let output = command.output()?;
    if !output.status.success() {
        bail!("the benches of {name} failed");
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// One line of what divan says.
#[derive(Debug, PartialEq, Eq)]
struct Figure {
    name: String,
    fastest: String,
    median: String,
}

/// Reads divan's tree: names at the branches, then `fastest │ slowest │ median │ …`, then perhaps a throughput.
fn figures(output: &str) -> Vec<Figure> {
    let mut figures: Vec<Figure> = Vec::new();
    let mut branches: Vec<&str> = Vec::new();
    for line in output.lines() {
        let text = line.trim_start_matches(['│', '├', '╰', '─', ' ']);
        let columns: Vec<_> = text.split('│').map(str::trim).collect();
        let [first, _, median, ..] = columns.as_slice() else { continue };
        let prefix = line.strip_suffix(text).unwrap_or_default();
        if !prefix.contains('─') {
            // No name: the throughput of the line before. The head line has a name and no branch, and comes first.
            if let Some(last) = figures.last_mut().filter(|_| median.ends_with("/s")) {
                last.fastest = format!("{} ({first})", last.fastest);
                last.median = format!("{} ({median})", last.median);
            }
            continue;
        }
        let (name, fastest) = first.split_once("  ").unwrap_or((first, ""));
        branches.truncate(prefix.chars().count() / 3 - 1);
        branches.push(name);
        if !median.is_empty() {
            let name = branches.join(" / ");
            figures.push(Figure { name, fastest: fastest.trim().to_owned(), median: (*median).to_owned() });
        }
    }
    figures
}

/// What the demo took.
struct Demo {
    wall: Duration,
    peak_kib: Option<u64>,
}

impl Demo {
    fn memory(&self) -> String {
        self.peak_kib.map_or_else(|| "memory not measured".to_owned(), |kib| format!("{} MiB at most", kib / 1024))
    }
}

fn demo(persons: u32) -> anyhow::Result<Demo> {
    shell::run(shell::cargo().args(["build", "--release", "-p", "kiban"]))?;
    let target = tidy::metadata()?.target_directory.into_std_path_buf();
    let dir = target.join("bench-demo");
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    let mut command = Command::new(target.join("release/kiban"));
    command.args(["demo", "--seed", "42", "--persons", &persons.to_string(), "--dir"]).arg(&dir).stdout(Stdio::null());
    timed(&mut command)
}

fn timed(command: &mut Command) -> anyhow::Result<Demo> {
    eprintln!("$ {}", shell::words(command));
    let start = Instant::now();
    let mut child = command.spawn()?;
    let mut peak_kib = None;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        peak_kib = peak_of(child.id()).or(peak_kib);
        thread::sleep(Duration::from_millis(20));
    };
    if !status.success() {
        bail!("the demo failed ({status})");
    }
    Ok(Demo { wall: start.elapsed(), peak_kib })
}

/// Returns the most memory a process has held, where the system tells it (Linux).
fn peak_of(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_of_divan_becomes_rows() {
        let output = "\
Timer precision: 20 ns
readers          fastest       │ slowest       │ median        │ mean          │ samples │ iters
├─ uke                         │               │               │               │         │
│  ├─ 10         1.1 ms        │ 3.1 ms        │ 2.1 ms        │ 2.2 ms        │ 100     │ 100
│  │             99 MB/s       │ 33 MB/s       │ 50 MB/s       │ 49 MB/s       │         │
│  ╰─ 100        11 ms         │ 31 ms         │ 21 ms         │ 22 ms         │ 100     │ 100
╰─ one           5 ns          │ 7 ns          │ 6 ns          │ 6 ns          │ 100     │ 100
";
        let rows: Vec<_> = figures(output).into_iter().map(|f| [f.name, f.fastest, f.median]).collect();
        let uke_10 = ["uke / 10", "1.1 ms (99 MB/s)", "2.1 ms (50 MB/s)"];
        assert_eq!(rows, [uke_10, ["uke / 100", "11 ms", "21 ms"], ["one", "5 ns", "6 ns"]]);
    }

    #[test]
    fn a_process_has_a_peak_and_a_failure_is_told() {
        let demo = timed(Command::new("sleep").arg("0.1")).unwrap();
        assert!(demo.wall >= Duration::from_millis(100));
        assert!(!cfg!(target_os = "linux") || demo.peak_kib.is_some_and(|kib| kib > 0));
        assert!(timed(&mut Command::new("false")).is_err());
    }
}
