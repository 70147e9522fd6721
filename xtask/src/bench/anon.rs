//! `cargo xtask bench anon`: the whole of `kiban anonymise` on the tables that ARX was measured on, beside ARX's seconds.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

use anyhow::{Context, bail};
use serde_json::Value;

use super::tables::Shape;
use crate::{shell, tidy};

/// How often each job is run; the fastest run counts.
const RUNS: usize = 3;

const ADULT: [&str; 9] =
    ["sex", "age", "race", "marital-status", "education", "native-country", "workclass", "occupation", "salary-class"];

const DIVERSE: &str = "[{ k_anonymity = 5 }, { distinct_l_diversity = { l = 3, on = 'occupation' } }]";
const CLOSE: &str = "[{ k_anonymity = 5 }, { t_closeness = { t = 0.2, on = 'occupation', distance = 'equal' } }]";
const K5: &str = "[{ k_anonymity = 5 }]";

/// Which table a case is run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    /// ARX's adult table, from the corpus.
    Adult,
    /// 63,441 rows of which no two are equal.
    Cup,
    /// 1,193,504 rows in the hierarchies of IHIS, from the corpus.
    Ihis,
    /// 20,000 rows of so many columns of eight values.
    Wide(usize),
}

/// A job, what ARX needs for it, and what must come out.
struct Case {
    on: On,
    sensitive: Option<&'static str>,
    search: &'static str,
    limit: f64,
    models: &'static str,
    /// Seconds published for ARX, its compiler warm.
    arx: &'static str,
    expect: Expect,
}

/// What must come out.
enum Expect {
    /// The levels in the order of the columns, suppressed records, granularity to four places.
    Optimum(&'static [u64], u64, f64),
    /// At least this granularity.
    Granularity(f64),
    /// Nothing is published to compare with.
    Anything,
}

const fn adult(limit: f64, arx: &'static str, expect: Expect) -> Case {
    Case { on: On::Adult, sensitive: None, search: "optimal", limit, models: K5, arx, expect }
}

const fn made(on: On, search: &'static str, limit: f64, arx: &'static str, expect: Expect) -> Case {
    Case { on, sensitive: None, search, limit, models: K5, arx, expect }
}

/// The published runs of ARX on adult and their optima; for the made tables nobody has published an optimum.
const CASES: [Case; 15] = [
    adult(0.0, "0.06–0.18", Expect::Optimum(&[0, 4, 1, 1, 3, 2, 2, 1, 0], 0, 0.2917)),
    adult(0.02, "1.4–1.8", Expect::Optimum(&[0, 3, 0, 2, 2, 1, 1, 2, 0], 506, 0.6044)),
    adult(0.05, "1.4–2.1", Expect::Optimum(&[0, 3, 0, 0, 2, 1, 1, 2, 0], 1_346, 0.6984)),
    adult(1.0, "4.1–4.5", Expect::Optimum(&[0, 3, 0, 0, 2, 1, 1, 1, 0], 2_553, 0.7514)),
    Case {
        sensitive: Some("occupation"),
        models: DIVERSE,
        ..adult(0.02, "0.9–1.1", Expect::Optimum(&[0, 3, 0, 2, 2, 1, 1, 0], 522, 0.6912))
    },
    Case {
        sensitive: Some("occupation"),
        models: CLOSE,
        ..adult(0.05, "3.5–3.8", Expect::Optimum(&[1, 4, 1, 1, 3, 1, 2, 1], 235, 0.1841))
    },
    Case { search: "local", ..adult(0.0, "1.9–2.1 (.9156), 12–18 (.9323)", Expect::Granularity(0.9323)) },
    made(On::Cup, "optimal", 0.05, "7.0–8.6", Expect::Anything),
    made(On::Cup, "local", 0.0, "–", Expect::Anything),
    made(On::Ihis, "optimal", 0.0, "16", Expect::Anything),
    made(On::Ihis, "optimal", 0.02, "261–291", Expect::Anything),
    made(On::Wide(12), "optimal", 0.02, "–", Expect::Anything),
    made(On::Wide(12), "best-effort", 0.02, "–", Expect::Anything),
    made(On::Wide(20), "best-effort", 0.02, "–", Expect::Anything),
    made(On::Wide(30), "best-effort", 0.02, "–", Expect::Anything),
];

/// Builds the program, makes the tables, runs every job and prints one table.
pub(super) fn run() -> anyhow::Result<()> {
    shell::run(shell::cargo().args(["build", "--release", "-p", "kiban"]))?;
    let target = tidy::metadata()?.target_directory.into_std_path_buf();
    let (program, dir) = (target.join("release/kiban"), target.join("bench-anon"));
    let corpus = env::var_os("KIBAN_CORPUS").map(|corpus| PathBuf::from(corpus).join("anon"));
    let mut table = String::from(HEAD);
    for case in &CASES {
        match on_disk(case.on, &dir, corpus.as_deref())? {
            Some(folder) => table.push_str(&measured(&program, &dir, &folder, case)?),
            None => eprintln!("skipped: {} needs the files in KIBAN_CORPUS", named(case.on)),
        }
    }
    print!("\n{table}");
    Ok(())
}

const HEAD: &str = "\
| Table | Job | Granularity | Suppressed | Nodes checked | ARX, s | Kiban, s (search) | Peak memory | As published, or proven |
|---|---|--:|--:|--:|--:|--:|--:|---|
";

fn named(on: On) -> String {
    match on {
        On::Adult => "adult, 30,162 rows".to_owned(),
        On::Cup => "cup-shaped, 63,441 rows".to_owned(),
        On::Ihis => "ihis-shaped, 1,193,504 rows".to_owned(),
        On::Wide(columns) => format!("{columns} attributes, 20,000 rows"),
    }
}

/// Returns the folder of a table with `data.csv` and a hierarchy for each column; makes it if it is not there.
fn on_disk(on: On, dir: &Path, corpus: Option<&Path>) -> anyhow::Result<Option<PathBuf>> {
    let folder = dir.join(named(on).replace([',', ' '], "-"));
    if folder.join("done").exists() {
        return Ok(Some(folder));
    }
    let Some(shape) = shape(on, corpus)? else { return Ok(None) };
    match on {
        On::Adult => {
            let text = fs::read_to_string(corpus.unwrap_or(Path::new("")).join("arx_adult/adult.csv"))?;
            shape.write(&folder, &mut std::iter::empty())?;
            fs::write(folder.join("data.csv"), text)?;
        }
        On::Cup => shape.write(&folder, &mut shape.unique(63_441))?,
        On::Ihis => shape.write(&folder, &mut shape.skewed(1_193_504))?,
        On::Wide(_) => shape.write(&folder, &mut shape.paired(20_000))?,
    }
    fs::write(folder.join("done"), "")?;
    Ok(Some(folder))
}

fn shape(on: On, corpus: Option<&Path>) -> anyhow::Result<Option<Shape>> {
    Ok(match (on, corpus) {
        (On::Cup, _) => Some(Shape::cup()),
        (On::Wide(columns), _) => Some(Shape::wide(columns)),
        (On::Adult, Some(corpus)) => Some(Shape::read(&corpus.join("arx_adult/adult_hierarchy_"), &ADULT)?),
        (On::Ihis, Some(corpus)) => Some(Shape::read(&corpus.join("arx_ihis/ihis_hierarchy_"), &IHIS)?),
        _ => None,
    })
}

const IHIS: [&str; 9] = ["AGE", "EDUC", "MARSTAT", "PERNUM", "QUARTER", "RACEA", "REGION", "SEX", "YEAR"];

/// Returns the names of the columns, as the header has them.
fn columns(folder: &Path) -> anyhow::Result<Vec<String>> {
    let text = fs::read_to_string(folder.join("data.csv"))?;
    Ok(text.lines().next().unwrap_or_default().split(';').map(str::to_owned).collect())
}

fn job(folder: &Path, case: &Case) -> anyhow::Result<String> {
    let mut job = format!(
        "input = {{ path = '{}/data.csv', delimiter = ';' }}\nsearch = '{}'\nsuppression_limit = {:?}\nmodels = {}\n",
        folder.display(),
        case.search,
        case.limit,
        case.models
    );
    for name in columns(folder)? {
        let role = if case.sensitive == Some(&name) { "sensitive" } else { "quasi-identifier" };
        let hierarchy = folder.join(format!("{name}.csv"));
        job += &format!("[[attribute]]\nname = '{name}'\nrole = '{role}'\nhierarchy = '{}'\n", hierarchy.display());
    }
    Ok(job)
}

/// Runs a case and returns its line.
fn measured(program: &Path, dir: &Path, folder: &Path, case: &Case) -> anyhow::Result<String> {
    let path = dir.join("job.toml");
    fs::write(&path, job(folder, case)?)?;
    let mut command = Command::new(program);
    command.args(["anonymise", "--json", "--out"]).arg(dir.join("out")).arg(&path);
    eprintln!("$ {} # {}, {}", shell::words(&command), named(case.on), what(case));
    let mut fastest: Option<(f64, Value)> = None;
    for _ in 0..RUNS {
        let start = Instant::now();
        let output = command.output()?;
        let seconds = start.elapsed().as_secs_f64();
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr));
        }
        if fastest.as_ref().is_none_or(|(least, _)| seconds < *least) {
            fastest = Some((seconds, serde_json::from_slice(&output.stdout)?));
        }
    }
    let (seconds, said) = fastest.context("no run")?;
    Ok(line(case, seconds, &said, &columns(folder)?))
}

fn what(case: &Case) -> String {
    let models = match case.models {
        DIVERSE => "k = 5, distinct l = 3",
        CLOSE => "k = 5, t = 0.2",
        _ => "k = 5",
    };
    format!("{models}, {}, ≤ {} %", case.search, case.limit * 100.0)
}

fn line(case: &Case, seconds: f64, said: &Value, columns: &[String]) -> String {
    let at = |path: &str| said.pointer(path).unwrap_or(&Value::Null);
    let number = |path: &str| at(path).as_f64().unwrap_or(f64::NAN);
    let (granularity, suppressed) = (number("/granularity"), number("/suppressed_records"));
    let found: Vec<u64> = columns.iter().filter_map(|name| at(&format!("/levels/{name}")).as_u64()).collect();
    let as_published = match &case.expect {
        Expect::Optimum(levels, records, expect) => {
            yes(found == *levels && at("/suppressed_records") == records && (granularity - expect).abs() < 5e-5)
        }
        Expect::Granularity(least) => yes(granularity > *least),
        Expect::Anything => match at("/optimal") {
            Value::Bool(true) => "proven".to_owned(),
            gap => gap.as_f64().map_or("–".to_owned(), |gap| format!("gap {:.1} %", gap * 100.0)),
        },
    };
    format!(
        "| {} | {} | {granularity:.4} | {suppressed} | {} | {} | {seconds:.2} ({:.2}) | {:.0} MiB | {as_published} |\n",
        named(case.on),
        what(case),
        at("/nodes_checked"),
        case.arx,
        number("/seconds/search"),
        number("/peak_memory_bytes") / f64::from(1 << 20),
    )
}

fn yes(equal: bool) -> String {
    if equal { "yes".to_owned() } else { "**no**".to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn another_answer_than_the_published_one_is_told() {
        let levels = json!({"sex": 0, "age": 4, "race": 1});
        let said = |suppressed: u64| {
            json!({"granularity": 0.29171, "suppressed_records": suppressed, "nodes_checked": 7, "levels": levels,
                "optimal": true, "seconds": {"search": 0.25}, "peak_memory_bytes": 3 << 20})
        };
        let columns = ["sex", "age", "race"].map(str::to_owned);
        let case = adult(0.0, "1–2", Expect::Optimum(&[0, 4, 1], 0, 0.2917));
        let right = line(&case, 0.5, &said(0), &columns);
        let expect =
            "| adult, 30,162 rows | k = 5, optimal, ≤ 0 % | 0.2917 | 0 | 7 | 1–2 | 0.50 (0.25) | 3 MiB | yes |\n";
        assert_eq!(right, expect);
        assert!(line(&case, 0.5, &said(1), &columns).ends_with("| **no** |\n"));
    }
}
