//! The table of `docs/law.md` and the citations in the code say the same.
//!
//! A row reads `| SEED-43 | what | where | test |`. Its third cell names modules as `kiban-core::eligibility`,
//! its fourth tests as `kiban-core: the_name_of_a_test`, each in backticks. Every module must cite the row. Rows
//! may begin with an article (`Act Art. 53`, `Ordinance Art. 18`) instead.

use std::collections::BTreeSet;

use super::Source;

/// What a citation begins with. Written apart, so that this file cites nothing.
const SEED: &str = concat!("SEED", "-");

/// Complains where table and code differ, in either direction.
pub(super) fn check(table: &str, sources: &[Source]) -> Vec<String> {
    let rows = rows(table);
    let mut complaints = Vec::new();
    let listed: BTreeSet<u32> = rows.iter().filter_map(|row| row.seed).collect();
    for source in sources {
        for seed in citations(source).difference(&listed) {
            complaints.push(format!("{} cites {SEED}{seed:02}, which has no row in docs/law.md", source.path));
        }
    }
    complaints.extend(rows.iter().flat_map(|row| of_row(row, sources)));
    complaints
}

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
struct Row<'a> {
    name: &'a str,
    seed: Option<u32>,
    modules: Vec<&'a str>,
    tests: Vec<&'a str>,
}

fn rows(table: &str) -> Vec<Row<'_>> {
    table.lines().filter_map(row).collect()
}

fn row(line: &str) -> Option<Row<'_>> {
    let cells: Vec<_> = line.trim().strip_prefix('|')?.split('|').map(str::trim).collect();
    let [name, _, modules, tests, ..] = cells.as_slice() else { return None };
    let seed = name.strip_prefix(SEED).and_then(|digits| digits.parse().ok());
    let is_article = name.starts_with("Act ") || name.starts_with("Ordinance ");
    (seed.is_some() || is_article).then(|| Row { name, seed, modules: quoted(modules), tests: quoted(tests) })
}

/// Returns what stands in backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn of_row(row: &Row<'_>, sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    if row.modules.is_empty() || row.tests.is_empty() {
        complaints.push(format!("docs/law.md {}: a row needs a place and a test", row.name));
    }
    for module in &row.modules {
        match files_of(module, sources).as_slice() {
            [] => complaints.push(format!("docs/law.md {}: there is no module {module}", row.name)),
            files if !files.iter().any(|file| cites(file, row)) => {
                complaints.push(format!("docs/law.md {}: {module} does not cite it", row.name));
            }
            _ => {}
        }
    }
    let missing = row.tests.iter().filter(|test| !has_test(test, sources));
    complaints.extend(missing.map(|test| format!("docs/law.md {}: there is no test {test}", row.name)));
    complaints
}

/// Returns the files of a module: its own, and those in its folder.
fn files_of<'a>(module: &str, sources: &'a [Source]) -> Vec<&'a Source> {
    let (krate, inner) = module.split_once("::").unwrap_or((module, ""));
    let base = if inner.is_empty() { "src/".to_owned() } else { format!("src/{}", inner.replace("::", "/")) };
    let start = format!("crates/{krate}/{base}");
    let own = format!("{start}.rs");
    let folder = format!("{}/", start.trim_end_matches('/'));
    sources.iter().filter(|source| source.path == own || source.path.starts_with(&folder)).collect()
}

fn cites(file: &Source, row: &Row<'_>) -> bool {
    match row.seed {
        Some(seed) => citations(file).contains(&seed),
        None => file.text.to_lowercase().contains(&row.name.to_lowercase()),
    }
}

fn has_test(test: &str, sources: &[Source]) -> bool {
    let Some((krate, name)) = test.split_once(": ") else { return false };
    let function = format!("fn {name}(");
    sources.iter().any(|source| source.crate_name() == krate && source.text.contains(&function))
}

/// Returns the rows that a file's comments cite, or a rule file anywhere; `a to b` means every row from a to b.
fn citations(file: &Source) -> BTreeSet<u32> {
    let is_rules = file.path.ends_with(".toml");
    let mut found = BTreeSet::new();
    for line in file.text.lines() {
        let comment = if is_rules { Some(line) } else { line.split_once("//").map(|(_, comment)| comment) };
        let Some(comment) = comment else { continue };
        let mut from = None;
        for piece in comment.split(SEED).skip(1) {
            let Some((seed, rest)) = number(piece) else { continue };
            found.extend(from.unwrap_or(seed)..=seed);
            from = (rest == " to ").then_some(seed);
        }
    }
    found
}

/// Splits the number off the beginning of a text.
fn number(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    digits.parse().ok().map(|number| (number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source;

    fn seed(number: u32) -> String {
        format!("{SEED}{number:02}")
    }

    /// A house that waits and tests its waiting.
    fn house(table: &str) -> Vec<String> {
        let code = format!("/// Waits ({}).\nfn wait() {{}}\n", seed(43));
        let test = "#[test]\nfn waiting_is_long() {}\n";
        check(
            table,
            &[source("crates/kiban-core/src/rules/wait.rs", &code), source("crates/kiban-core/tests/it/a.rs", test)],
        )
    }

    fn table(seed: &str, module: &str, test: &str) -> String {
        format!("| Row | Rule | Where | Shown by |\n|---|---|---|---|\n| {seed} | wait | `{module}` | `{test}` |\n")
    }

    #[test]
    fn a_true_table_passes() {
        let true_table = table(&seed(43), "kiban-core::rules::wait", "kiban-core: waiting_is_long");
        assert_eq!(house(&true_table), [""; 0]);
        let wider = table(&seed(43), "kiban-core::rules", "kiban-core: waiting_is_long");
        assert_eq!(house(&wider), [""; 0]);
    }

    #[test]
    fn a_citation_without_a_row_is_seen() {
        assert_eq!(house("").len(), 1);
    }

    #[test]
    fn a_row_that_nothing_meets_is_seen() {
        let good = table(&seed(43), "kiban-core::rules", "kiban-core: waiting_is_long");
        for (module, test) in [
            ("kiban-core::nowhere", "kiban-core: waiting_is_long"),
            ("kiban-core::rules", "kiban-core: no_such_test"),
            ("kiban-core::rules", "kiban-anon: waiting_is_long"),
            ("kiban-core::rules", "waiting_is_long"),
        ] {
            let table = format!("{good}{}", table(&seed(43), module, test));
            assert_eq!(house(&table).len(), 1, "{module} {test}");
        }
        let uncited = format!("{good}{}", table(&seed(44), "kiban-core::rules", "kiban-core: waiting_is_long"));
        assert_eq!(house(&uncited).len(), 1);
    }

    #[test]
    fn an_article_is_cited_by_name() {
        let code = "/// Prints a receipt (Act Art. 53).\n#[test]\nfn it_does() {}\n";
        let sources = [source("crates/kiban-core/src/receipt.rs", code)];
        for (article, complaints) in [("Act Art. 53", 0), ("Act Art. 54", 1)] {
            let table = table(article, "kiban-core::receipt", "kiban-core: it_does");
            assert_eq!(check(&table, &sources).len(), complaints, "{article}");
        }
    }

    #[test]
    fn a_row_needs_a_place_and_a_test() {
        let row = format!("| {} | wait | somewhere | somehow |\n", seed(43));
        assert_eq!(house(&row).len(), 1);
    }

    #[test]
    fn ranges_are_cited_in_full_and_code_is_not_a_comment() {
        let text = format!("/// ({} to {}, {}).\nlet a = \"{}\";", seed(44), seed(46), seed(51), seed(99));
        assert_eq!(citations(&source("a.rs", &text)), BTreeSet::from([44, 45, 46, 51]));
        let rules = format!("basis = [\"{}\"]", seed(53));
        assert_eq!(citations(&source("jp.toml", &rules)), BTreeSet::from([53]));
    }
}
