//! What a source file of the house looks like from outside.

use super::Source;

/// Lines of code above which a file has to be split by noun.
const MOST_LINES: usize = 600;

/// A file that may be longer, and why.
type Excuse = (&'static str, &'static str);

/// Files that may be longer, each with its reason. None is today.
const LONG: [Excuse; 0] = [];

/// Words that mean that something was left undone. Written apart, so that this file does not hold them.
const UNDONE: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];

/// The folder of the companions, which no code may need.
const COMPANIONS: &str = concat!("../", "shared");

/// Complains of long files, undone work and paths that lead out of the house.
pub(super) fn check(sources: &[Source]) -> Vec<String> {
    check_but(&LONG, sources)
}

fn check_but(excuses: &[Excuse], sources: &[Source]) -> Vec<String> {
    let long = sources.iter().filter_map(|file| too_long(excuses, file));
    let needless = excuses.iter().filter_map(|excuse| needless(excuse, sources));
    let lines = sources.iter().flat_map(bad_lines);
    long.chain(needless).chain(lines).collect()
}

fn too_long(excuses: &[Excuse], file: &Source) -> Option<String> {
    let lines = lines_of_code(&file.text);
    let excused = excuses.iter().any(|(path, _)| *path == file.path);
    (lines > MOST_LINES && !excused)
        .then(|| format!("{} has {lines} lines of code; split it by noun, or list it with its reason", file.path))
}

fn needless((path, _): &Excuse, sources: &[Source]) -> Option<String> {
    let long = sources.iter().any(|file| file.path == *path && lines_of_code(&file.text) > MOST_LINES);
    (!long).then(|| format!("{path} is excused for its length but is not long"))
}

fn lines_of_code(text: &str) -> usize {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

fn bad_lines(file: &Source) -> Vec<String> {
    let at = |number: usize| format!("{}:{}", file.path, number + 1);
    let mut complaints = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        if let Some(word) = UNDONE.iter().find(|word| holds_word(line, word)) {
            complaints.push(format!("{}: {word} in a finished house", at(number)));
        }
        if line.contains(COMPANIONS) && !is_corpus_default(file, line) {
            complaints
                .push(format!("{}: only tests may name {COMPANIONS}, as the default of KIBAN_CORPUS", at(number)));
        }
    }
    complaints
}

fn holds_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part == word)
}

fn is_corpus_default(file: &Source, line: &str) -> bool {
    let in_tests = file.path.contains("/tests/") || file.path.contains("/benches/");
    in_tests && line.contains(&format!("{COMPANIONS}/data"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source;

    fn complaints_about(path: &str, text: &str) -> Vec<String> {
        check_but(&[], &[source(path, text)])
    }

    #[test]
    fn only_code_makes_a_file_long() {
        let comments = "// why\n\n".repeat(MOST_LINES + 1);
        assert!(complaints_about("crates/a/src/lib.rs", &comments).is_empty());
        let code = "let a = 1;\n".repeat(MOST_LINES + 1);
        assert_eq!(complaints_about("crates/a/src/lib.rs", &code).len(), 1);
    }

    #[test]
    fn a_long_file_may_have_a_reason_and_a_short_one_needs_none() {
        let excuses = [("crates/a/src/table.rs", "one code per line")];
        let of_lines = |lines: usize| [source("crates/a/src/table.rs", &"let a = 1;\n".repeat(lines))];
        assert!(check_but(&excuses, &of_lines(MOST_LINES + 1)).is_empty());
        assert_eq!(check_but(&excuses, &of_lines(MOST_LINES)).len(), 1);
    }

    #[test]
    fn undone_work_is_seen_as_a_word_only() {
        assert_eq!(complaints_about("crates/a/src/lib.rs", concat!("// TO", "DO: later\n")).len(), 1);
        assert_eq!(complaints_about("crates/a/src/lib.rs", concat!("// FIX", "ME\n")).len(), 1);
        assert!(complaints_about("crates/a/src/lib.rs", concat!("// mas", "TO", "DON\n")).is_empty());
    }

    #[test]
    fn the_companions_are_the_corpus_of_tests_only() {
        let line = format!("join(\"../{COMPANIONS}/data\")\n");
        assert!(complaints_about("crates/a/tests/it/corpus.rs", &line).is_empty());
        assert_eq!(complaints_about("crates/a/src/lib.rs", &line).len(), 1);
        let other = format!("read(\"{COMPANIONS}/law.md\")\n");
        assert_eq!(complaints_about("crates/a/tests/it/corpus.rs", &other).len(), 1);
    }
}
