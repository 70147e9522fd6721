//! What a person sees: messages in Japanese or English, tables, JSON, progress.

use std::{
    fmt::Display,
    io::{IsTerminal, Write},
    path::Path,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kiban_web::{Lang, Texts};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::{
    cli::Global,
    failure::{Failure, Result},
};

/// Speaks the chosen language in the chosen form.
pub(crate) struct Say {
    texts: Texts,
    form: Form,
    volume: Volume,
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Whether anything but results is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Volume {
    Normal,
    Quiet,
}

/// Variables of a message.
pub(crate) type Vars<'a> = &'a [(&'a str, &'a dyn Display)];

const SOURCES: [(Lang, &str); 2] =
    [(Lang::Ja, include_str!("../locales/ja/cli.ftl")), (Lang::En, include_str!("../locales/en/cli.ftl"))];

impl Say {
    /// Chooses language and form.
    pub(crate) fn new(global: &Global) -> Result<Self> {
        let lang = Lang::choose(global.lang.as_deref(), |name| std::env::var(name).ok());
        let form = if global.json { Form::Json } else { Form::Text };
        let volume = if global.quiet { Volume::Quiet } else { Volume::Normal };
        Ok(Self { texts: texts(lang)?, form, volume })
    }

    /// Returns one that speaks the same language and writes results only.
    pub(crate) fn quietly(&self) -> Result<Self> {
        Ok(Self { texts: texts(self.lang())?, form: self.form, volume: Volume::Quiet })
    }

    /// Returns the language.
    pub(crate) const fn lang(&self) -> Lang {
        self.texts.lang()
    }

    /// Returns how results are written.
    pub(crate) const fn form(&self) -> Form {
        self.form
    }

    /// Returns a message.
    pub(crate) fn text(&self, id: &str, vars: Vars<'_>) -> String {
        let values: Vec<(&str, String)> = vars.iter().map(|(name, value)| (*name, value.to_string())).collect();
        let args: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.texts.get(id, &args)
    }

    /// Returns the word for a value of a closed list, such as `word-track-anonymised`; the value itself where the
    /// language has none.
    pub(crate) fn word(&self, list: &str, value: &str) -> String {
        let id = format!("{list}-{}", value.replace('.', "-"));
        if self.texts.has(&id) { self.texts.get(&id, &[]) } else { value.to_owned() }
    }

    /// Writes a result: as a value for machines, as `text` for people.
    pub(crate) fn result<T: Serialize>(&self, value: &T, text: impl FnOnce()) -> Result<()> {
        match self.form {
            Form::Text => text(),
            Form::Json => self.json(value)?,
        }
        Ok(())
    }

    /// Writes a value as JSON.
    pub(crate) fn json<T: Serialize>(&self, value: &T) -> Result<()> {
        let text = serde_json::to_string_pretty(value).map_err(|_| Failure::Bug("a result is no JSON"))?;
        self.print(&text);
        Ok(())
    }

    /// Writes a message as a line of the result.
    pub(crate) fn tell(&self, id: &str, vars: Vars<'_>) {
        self.print(&self.text(id, vars));
    }

    /// Writes a line of the result. Where nobody listens any longer, there is nobody to tell.
    #[expect(clippy::unused_self, reason = "whoever speaks has been given a language")]
    pub(crate) fn print(&self, line: &str) {
        let _nobody_listens = writeln!(std::io::stdout().lock(), "{line}");
    }

    /// Writes a note beside the result, unless all should be quiet.
    pub(crate) fn note(&self, id: &str, vars: Vars<'_>) {
        if self.volume == Volume::Normal {
            let _nobody_listens = writeln!(std::io::stderr().lock(), "{}", self.text(id, vars));
        }
    }

    /// Writes a table with a head of messages; columns whose every cell is a number stand to the right.
    pub(crate) fn table(&self, head: &[&str], rows: &[Vec<String>]) {
        let head: Vec<String> = head.iter().map(|id| self.text(id, &[])).collect();
        for line in lines(&head, rows) {
            self.print(&line);
        }
    }

    /// Begins to show progress of `total` steps; on a terminal only.
    pub(crate) fn progress(&self, id: &str, total: u64) -> ProgressBar {
        let shows = self.volume == Volume::Normal && std::io::stderr().is_terminal();
        let target = if shows { ProgressDrawTarget::stderr_with_hz(5) } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len} {eta}");
        let bar = ProgressBar::with_draw_target(Some(total), target).with_message(self.text(id, &[]));
        bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }

    /// Says why a command could not do its work: one sentence, and for a refusal the rule and the remedy.
    pub(crate) fn failure(&self, failure: &Failure, house: &Path) {
        let line = match failure {
            Failure::Use { id, args } => self.of(id, args),
            Failure::Refused { rule, args } => {
                let name = rule.replace('.', "-");
                let what = self.of(&format!("refused-{name}"), args);
                let remedy = self.of(&format!("remedy-{name}"), args);
                self.text("refused", &[("rule", rule), ("what", &what), ("remedy", &remedy)])
            }
            Failure::Engine(kiban_engine::Error::Denied { rule, what, remedy }) => {
                self.text("refused", &[("rule", rule), ("what", what), ("remedy", remedy)])
            }
            Failure::Engine(kiban_engine::Error::Io { action, path, source }) => {
                // Paths of hospital files hold patient ids; only those of the house are shown.
                let house = house.canonicalize().unwrap_or_else(|_| house.to_owned());
                let path = path.strip_prefix(&house).map(|path| format!(" {}", path.display())).unwrap_or_default();
                self.broken(failure, &format!("cannot {action}{path}: {source}"))
            }
            other => self.broken(failure, &chain(other)),
        };
        let _nobody_listens = writeln!(std::io::stderr().lock(), "kiban: {line}");
    }

    fn broken(&self, failure: &Failure, detail: &str) -> String {
        use crate::failure::Exit;
        let id = match failure.exit() {
            Exit::Refused => "failure-refused",
            Exit::Broken => "failure-broken",
            Exit::Done | Exit::Findings | Exit::WrongUse => "failure-use",
        };
        self.text(id, &[("detail", &detail)])
    }

    fn of(&self, id: &str, args: &[(&'static str, String)]) -> String {
        let args: Vec<(&str, &str)> = args.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.texts.get(id, &args)
    }
}

/// Reads the texts of the pages and of the command line.
fn texts(lang: Lang) -> Result<Texts> {
    let mut texts = Texts::new(lang)?;
    for (of, source) in SOURCES {
        if of == lang {
            texts.add(source)?;
        }
    }
    Ok(texts)
}

/// Returns an error with its causes in one sentence.
///
/// A cause that comes from a query engine may quote data, so only the house's own words and the system's are told.
fn chain(failure: &Failure) -> String {
    let mut text = failure.to_string();
    if let Failure::File { source, .. } | Failure::Machine { source, .. } = failure {
        text = format!("{text}: {source}");
    }
    text
}

fn lines(head: &[String], rows: &[Vec<String>]) -> Vec<String> {
    let is_number = |text: &String| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || ",.-%".contains(c));
    let columns: Vec<(usize, bool)> = head
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let cells = || rows.iter().filter_map(|row| row.get(at));
            let width = cells().map(|cell| cell.width()).chain([name.width()]).max().unwrap_or_default();
            (width, !rows.is_empty() && cells().all(is_number))
        })
        .collect();
    let line = |cells: &[String]| {
        let mut line = String::new();
        for (cell, (width, is_number)) in cells.iter().zip(&columns) {
            let gap = " ".repeat(width.saturating_sub(cell.width()));
            let (before, after) = if *is_number { (gap, String::new()) } else { (String::new(), gap) };
            line.push_str(&format!("{before}{cell}{after}  "));
        }
        line.trim_end().to_owned()
    };
    std::iter::once(line(head)).chain(rows.iter().map(|row| line(row))).collect()
}

/// Writes a count with commas.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_messages_with_the_same_variables() {
        let [(_, ja), (_, en)] = SOURCES;
        let (ja, en) = (kiban_web::declared(ja), kiban_web::declared(en));
        assert!(ja.len() > 100);
        for (id, vars) in &ja {
            assert_eq!(Some(vars), en.get(id), "{id}");
        }
        assert_eq!(ja.len(), en.len());
        for lang in Lang::ALL {
            texts(lang).unwrap();
        }
    }

    #[test]
    fn every_message_that_the_program_names_exists() {
        let texts = texts(Lang::En).unwrap();
        let named = |source: &str| {
            let ids = source.split('"').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
            ids.into_iter().filter(|id| PREFIXES.iter().any(|prefix| id.starts_with(prefix))).collect::<Vec<_>>()
        };
        let mut seen = 0;
        for file in walk(&Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("src")) {
            for id in named(&std::fs::read_to_string(&file).unwrap()) {
                assert!(texts.has(&id), "{id} in {}", file.display());
                seen += 1;
            }
        }
        assert!(seen > 60, "{seen}");
    }

    const PREFIXES: &[&str] = &["use-", "head-", "house-", "step-", "did-", "receipt-", "show-", "failure-"];

    fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
    }

    #[test]
    fn columns_stand_straight_whatever_the_width_of_the_script() {
        let head = ["施設".to_owned(), "rows".to_owned()];
        let rows = [vec!["1310000017".to_owned(), "12".to_owned()], vec!["中央".to_owned(), "1,204".to_owned()]];
        assert_eq!(lines(&head, &rows), ["施設         rows", "1310000017     12", "中央        1,204"]);
    }

    #[test]
    fn counts_have_commas() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
    }
}
