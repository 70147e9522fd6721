//! `kiban hierarchy`: builds generalisation hierarchies, checks files of them, and shows what is in one.

use std::{collections::BTreeMap, fs, path::Path};

use kiban_engine::table::{
    ColumnValues, Hierarchy, HierarchyFile, HierarchyFinding, HierarchyReport, HierarchySpec, Level, UNKNOWN,
    build_hierarchy, check_hierarchy, read_column, write_hierarchy,
};
use kiban_web::Lang;
use serde::Serialize;

use crate::{
    cli::{ColumnOf, Hierarchy as Command, HierarchyCheck, HierarchyNew, HierarchyShow},
    failure::{Exit, Failure, Result},
    say::{Say, count},
};

/// Groups of a level that are shown.
const SHOWN: usize = 12;
/// Findings that are listed; the rest is counted.
const LISTED: usize = 50;

/// Runs one of the commands.
pub(crate) fn run(command: &Command, say: &Say) -> Result<Exit> {
    match command {
        Command::New(args) => new(args, say),
        Command::Check(args) => check(args, say),
        Command::Show(args) => show(args, say),
    }
}

/// What `kiban hierarchy new --json` prints.
#[derive(Serialize)]
struct Made<'a> {
    file: &'a Path,
    names: &'a Path,
    leaves: usize,
    levels: Vec<LevelOf<'a>>,
    findings: &'a [HierarchyFinding],
}

/// What `kiban hierarchy check --json` prints.
#[derive(Serialize)]
struct Checked<'a> {
    file: &'a Path,
    #[serde(flatten)]
    report: &'a HierarchyReport,
}

/// What `kiban hierarchy show --json` prints.
#[derive(Serialize)]
struct Shown<'a> {
    file: &'a Path,
    leaves: usize,
    levels: Vec<LevelOf<'a>>,
}

/// A level in JSON.
#[derive(Serialize)]
struct LevelOf<'a> {
    level: usize,
    en: &'a str,
    ja: &'a str,
    groups: usize,
    smallest: u32,
    largest: u32,
    /// How many leaves lie under each label, where labels are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<BTreeMap<&'a str, u32>>,
}

impl<'a> LevelOf<'a> {
    fn new(level: usize, of: &'a Level, detail: Detail) -> Self {
        let under = of.leaves_under();
        let labels = of.labels().iter().map(String::as_str).zip(under.iter().copied());
        Self {
            level,
            en: &of.names().en,
            ja: &of.names().ja,
            groups: of.labels().len(),
            smallest: under.iter().min().copied().unwrap_or(0),
            largest: under.iter().max().copied().unwrap_or(0),
            labels: (detail == Detail::Labels).then(|| labels.collect()),
        }
    }
}

/// Whether the groups of a level are told, or how many they are alone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    Counts,
    Labels,
}

fn new(args: &HierarchyNew, say: &Say) -> Result<Exit> {
    let beside = args.out.with_extension("levels.toml");
    if let Some(taken) = [&args.out, &beside].into_iter().find(|path| path.exists()) {
        return Err(Failure::wrong("use-hierarchy-exists", &[("file", &taken.display())]));
    }
    let column = args.column.as_ref().map(column).transpose()?;
    let built = build(args, column.as_ref())?;
    let names = write_hierarchy(&built, &args.out).map_err(named)?;
    let written = HierarchyFile::read(&args.out).map_err(named)?;
    let report = check_hierarchy(&written.text, written.delimiter, written.names.as_ref(), column.as_ref());
    let made = Made {
        file: &args.out,
        names: &names,
        leaves: built.leaves(),
        levels: levels(&built, Detail::Counts),
        findings: &report.findings,
    };
    say.result(&made, || {
        let (file, leaves, names) = (args.out.display(), number(built.leaves()), names.display());
        say.tell("did-hierarchy-new", &[("file", &file), ("leaves", &leaves), ("names", &names)]);
        tell_levels(&built, say);
        tell_findings(&report.findings, say);
    })?;
    Ok(if report.findings.is_empty() { Exit::Done } else { Exit::Findings })
}

fn build(args: &HierarchyNew, column: Option<&ColumnValues>) -> Result<Hierarchy> {
    let name = args.out.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let spec = spec(args)?;
    let own = spec.own_values();
    let values = column.unwrap_or(&own);
    let mut built = build_hierarchy(&spec, &name, values).map_err(named)?;
    if values.records() > 0 {
        built = built.over(values.texts()).map_err(kiban_engine::Error::from)?;
    }
    let has_values = built.levels().first().is_some_and(|level| level.labels().iter().any(|leaf| leaf != UNKNOWN));
    if has_values { Ok(built) } else { Err(Failure::wrong("use-hierarchy-empty", &[])) }
}

fn number(many: usize) -> String {
    count(u64::try_from(many).unwrap_or(u64::MAX))
}

fn check(args: &HierarchyCheck, say: &Say) -> Result<Exit> {
    let file = HierarchyFile::read(&args.file).map_err(named)?;
    let column = args.column.as_ref().map(column).transpose()?;
    let report = check_hierarchy(&file.text, file.delimiter, file.names.as_ref(), column.as_ref());
    say.result(&Checked { file: &args.file, report: &report }, || {
        let (rows, levels, found) = (number(report.rows), number(report.levels), number(report.findings.len()));
        let id = if report.findings.is_empty() { "did-hierarchy-sound" } else { "did-hierarchy-check" };
        let file_name = args.file.display();
        say.tell(id, &[("file", &file_name), ("rows", &rows), ("levels", &levels), ("found", &found)]);
        tell_findings(&report.findings, say);
    })?;
    if file.names.is_none() {
        say.note("show-hierarchy-unnamed", &[("file", &args.file.with_extension("levels.toml").display())]);
    }
    Ok(if report.findings.is_empty() { Exit::Done } else { Exit::Findings })
}

fn show(args: &HierarchyShow, say: &Say) -> Result<Exit> {
    let file = HierarchyFile::read(&args.file).map_err(named)?;
    let sound = file.hierarchy("hierarchy");
    let hierarchy = sound.map_err(|_| Failure::wrong("use-hierarchy-broken", &[("file", &args.file.display())]))?;
    let detail = if args.levels { Detail::Counts } else { Detail::Labels };
    let shown = Shown { file: &args.file, leaves: hierarchy.leaves(), levels: levels(&hierarchy, detail) };
    say.result(&shown, || {
        tell_levels(&hierarchy, say);
        if detail == Detail::Labels {
            (0..hierarchy.levels().len()).rev().for_each(|level| tell_groups(&hierarchy, level, say));
        }
    })?;
    Ok(Exit::Done)
}

/// Reads what to build: from the file, or from the command line.
fn spec(args: &HierarchyNew) -> Result<HierarchySpec> {
    let wrong = |file: String, text: &str, error: &toml::de::Error| {
        let line = error.span().map_or(1, |at| text.get(..at.start).unwrap_or_default().lines().count().max(1));
        Failure::wrong("use-hierarchy-spec", &[("file", &file), ("line", &line), ("reason", &error.message())])
    };
    match (&args.spec, &args.kind) {
        (Some(path), None) => {
            let text = fs::read_to_string(path).map_err(Failure::file("read", path))?;
            let spec = toml::from_str(&text).map_err(|error| wrong(path.display().to_string(), &text, &error));
            spec.map(|mut spec: HierarchySpec| {
                spec.resolve(path.parent().unwrap_or(Path::new("")));
                spec
            })
        }
        (None, Some(kind)) => {
            let text = if kind.contains('=') { kind.clone() } else { format!("{kind} = {{}}") };
            toml::from_str(&text).map_err(|error| wrong("--kind".to_owned(), &text, &error))
        }
        _ => Err(Failure::Bug("a hierarchy is described by a file or by its kind")),
    }
}

fn column(of: &ColumnOf) -> Result<ColumnValues> {
    read_column(&of.table, &of.column).map_err(named)
}

/// Names the file that could not be used: whoever keeps hierarchies gave its path on the command line.
fn named(error: kiban_engine::Error) -> Failure {
    match error {
        kiban_engine::Error::Io { action, path, source } => Failure::File { action, path, source },
        other => other.into(),
    }
}

fn levels(hierarchy: &Hierarchy, detail: Detail) -> Vec<LevelOf<'_>> {
    hierarchy.levels().iter().enumerate().map(|(level, of)| LevelOf::new(level, of, detail)).collect()
}

fn tell_levels(hierarchy: &Hierarchy, say: &Say) {
    let row = |one: LevelOf<'_>| {
        let groups = number(one.groups);
        let name = if say.lang() == Lang::Ja { one.ja } else { one.en };
        let sizes = [one.smallest, one.largest].map(|many| count(many.into()));
        [one.level.to_string(), name.to_owned(), groups].into_iter().chain(sizes).collect()
    };
    let rows: Vec<Vec<String>> = levels(hierarchy, Detail::Counts).into_iter().map(row).collect();
    say.table(&["head-level", "head-name", "head-groups", "head-smallest", "head-largest"], &rows);
}

fn tell_groups(hierarchy: &Hierarchy, level: usize, say: &Say) {
    let Some(of) = hierarchy.levels().get(level) else { return };
    let name = if say.lang() == Lang::Ja { &of.names().ja } else { &of.names().en };
    let shown: Vec<&str> = of.labels().iter().take(SHOWN).map(String::as_str).collect();
    let more = of.labels().len().saturating_sub(SHOWN);
    let labels = shown.join(" · ");
    let id = if more == 0 { "show-hierarchy-groups" } else { "show-hierarchy-groups-more" };
    say.tell(id, &[("level", &level), ("name", name), ("labels", &labels), ("n", &number(more))]);
}

fn tell_findings(findings: &[HierarchyFinding], say: &Say) {
    if findings.is_empty() {
        return;
    }
    let place = |number: Option<usize>| number.map(|number| number.to_string()).unwrap_or_default();
    let row = |one: &HierarchyFinding| {
        let mut fault = say.word("word-hierarchy", one.fault.as_str());
        if let Some(earlier) = one.earlier {
            fault = format!("{fault} {}", say.text("show-hierarchy-earlier", &[("line", &earlier)]));
        }
        if let (Some(record), Some(records)) = (one.record, one.records) {
            fault = format!("{fault} {}", say.text("show-hierarchy-record", &[("record", &record), ("n", &records)]));
        }
        vec![place(one.line), place(one.level), fault]
    };
    let rows: Vec<Vec<String>> = findings.iter().take(LISTED).map(row).collect();
    say.table(&["head-line", "head-level", "head-fault"], &rows);
    if findings.len() > LISTED {
        say.tell("show-more", &[("n", &(findings.len() - LISTED))]);
    }
}
