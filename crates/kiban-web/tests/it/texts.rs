//! Every message is there in both languages, says the same things, is used, and every one used is there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use kiban_core::{Mark, Reason, Rule, Severity};
use kiban_web::{
    Lang, Texts, declared,
    linkage::{ClusterPick, LinkageKind, PairOutcome},
    report::{
        Advice, Attack, Basis, Check, Difference, Fit, Hold, Judgement, LeakKind, Method, Peculiarity, RunKind, Stage,
        Telling, Transformation, Treatment,
    },
};

/// Families of messages whose ids end in a word of a closed list.
fn families() -> Vec<(&'static str, Vec<String>)> {
    fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<String> {
        all.iter().map(|item| word(*item).replace('.', "-")).collect()
    }
    let severities = [Severity::Note, Severity::Warning, Severity::Error, Severity::Fatal];
    let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    vec![
        ("denial", words(Reason::ALL, Reason::as_str)),
        ("remedy", words(Reason::ALL, Reason::as_str)),
        ("rule", words(Rule::ALL, Rule::as_str)),
        ("mark", words(Mark::ALL, Mark::as_str)),
        ("outcome", list(&["pass", "deny", "not-applicable"])),
        ("work", list(&["turned-sixteen", "notify-person", "notify-guardian", "find-birth-date", "close-review"])),
        ("severity", words(&severities, Severity::as_str)),
        ("kind", words(RunKind::ALL, RunKind::as_str)),
        ("stage", words(Stage::ALL, Stage::as_str)),
        ("held", words(Hold::ALL, Hold::as_str)),
        ("check", words(Check::ALL, Check::as_str)),
        ("basis", words(Basis::ALL, Basis::as_str)),
        ("transformation", words(Transformation::ALL, Transformation::as_str)),
        ("treatment", words(Treatment::ALL, Treatment::as_str)),
        ("difference", words(Difference::ALL, Difference::as_str)),
        ("fit", words(Fit::ALL, Fit::as_str)),
        ("attack", words(Attack::ALL, Attack::as_str)),
        ("advice", words(Advice::ALL, Advice::as_str)),
        ("judgement", words(Judgement::ALL, Judgement::as_str)),
        ("leak", words(LeakKind::ALL, LeakKind::as_str)),
        ("peculiar", words(Peculiarity::ALL, Peculiarity::as_str)),
        ("telling", words(Telling::ALL, Telling::as_str)),
        ("method", words(Method::ALL, Method::as_str)),
        ("job", words(LinkageKind::ALL, LinkageKind::as_str)),
        ("pair", words(PairOutcome::ALL, PairOutcome::as_str)),
        ("why", words(PairOutcome::ALL, PairOutcome::as_str)),
        ("pick", words(ClusterPick::ALL, ClusterPick::as_str)),
        ("class", list(&CLASSES)),
        ("meaning", list(&CLASSES)),
        ("field", list(&["family", "given", "birth", "sex", "home", "phone", "card", "chart", "medical-id"])),
        ("holds", list(&HOLDINGS)),
        ("level", list(&LEVELS)),
        ("key", list(&KEYS)),
        ("decided", list(&["model", "people", "card-and-person", "chart-and-person", "medical-id-and-person"])),
        ("phase", list(&["load", "block", "compare", "learn", "score", "cluster", "link", "write"])),
        ("tried", words(Method::ALL, Method::as_str).into_iter().chain(["nothing".to_owned()]).collect()),
    ]
}

/// What a pair can be, in the words of the linkage's model.
const CLASSES: [&str; 12] = [
    "match",
    "household",
    "twins",
    "housemates",
    "namesakes",
    "namesakes-by-day",
    "shared-birthday",
    "postal-birthday",
    "reused-phone",
    "neighbours",
    "namesakes-of-any-age",
    "strangers",
];

/// What a column can hold, in the words of a job.
const HOLDINGS: [&str; 23] = [
    "full-name",
    "full-kana",
    "romaji",
    "given-name",
    "family-name",
    "given-kana",
    "family-kana",
    "birth-date",
    "event-date",
    "sex",
    "postcode",
    "address",
    "town",
    "phone",
    "insurer",
    "insurer-symbol",
    "insurer-number",
    "insurer-branch",
    "local-id",
    "facility",
    "medical-id",
    "category",
    "text",
];

/// How two values can stand to each other, part by part.
const LEVELS: [&str; 44] = [
    "missing",
    "exact",
    "equal",
    "folded",
    "lost",
    "confusable",
    "near",
    "close",
    "swapped",
    "different",
    "long-vowel",
    "voiceless",
    "romaji",
    "common",
    "known",
    "uncommon",
    "rare",
    "scarce",
    "singular",
    "new-year",
    "partial",
    "era",
    "one-digit",
    "two-parts",
    "year",
    "postal",
    "area",
    "room",
    "site",
    "other-room",
    "town",
    "city",
    "crowded",
    "mobile",
    "landline",
    "branch",
    "household",
    "other-branch",
    "personal",
    "other-symbol",
    "insurer",
    "elsewhere",
    "same",
    "other",
];

/// What two records can share to be compared.
const KEYS: [&str; 17] = [
    "chart",
    "medical-id",
    "reading",
    "voiceless-reading",
    "name",
    "romaji",
    "family",
    "given",
    "given-reading",
    "birth-year",
    "birthday",
    "birth",
    "sex",
    "card",
    "phone",
    "postal",
    "site",
];

/// Families whose ids end in words that stand in the code, checked by the page test instead.
const OF_PAGE: [&str; 11] =
    ["section", "lead", "tile", "figure", "desc", "table", "column", "fact", "verify", "risk", "quality"];

fn root() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap())
}

fn messages(lang: Lang) -> BTreeMap<String, BTreeSet<String>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(root().join("locales").join(lang.tag())).unwrap() {
        let source = fs::read_to_string(entry.unwrap().path()).unwrap();
        for (id, variables) in declared(&source) {
            let variables = variables.into_iter().map(str::to_owned).collect();
            assert!(all.insert(id.to_owned(), variables).is_none(), "{id} stands twice in {lang}");
        }
    }
    all
}

/// Returns the text of every source file of the crate.
fn sources(dir: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        text += &if path.is_dir() { sources(&path) } else { fs::read_to_string(&path).unwrap() };
    }
    text
}

/// Returns what stands in quotes and has the form of a message id.
fn quoted(code: &str) -> BTreeSet<&str> {
    let id = |text: &&str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    code.lines().flat_map(|line| line.split('"').skip(1).step_by(2)).filter(id).collect()
}

#[test]
fn both_languages_say_the_same_things() {
    assert_eq!(messages(Lang::Ja), messages(Lang::En));
    assert!(messages(Lang::Ja).len() > 250);
}

#[test]
fn every_message_can_be_written() {
    for lang in Lang::ALL {
        let texts = Texts::new(lang).unwrap();
        for (id, variables) in messages(lang) {
            let args: Vec<(&str, &str)> = variables.iter().map(|name| (name.as_str(), "7")).collect();
            let text = texts.get(&id, &args);
            assert!(texts.has(&id) && text != id && !text.contains(['{', '}', '$']), "{lang} {id}: {text}");
        }
    }
}

#[test]
fn japanese_is_japanese_and_english_is_english() {
    for (lang, expect) in [(Lang::Ja, true), (Lang::En, false)] {
        let texts = Texts::new(lang).unwrap();
        for id in messages(lang).keys().filter(|id| !id.starts_with("page-footer")) {
            let japanese = texts.get(id, &[]).chars().any(|c| ('\u{3040}'..'\u{a000}').contains(&c));
            assert_eq!(japanese, expect, "{lang} {id}");
        }
    }
}

#[test]
fn every_word_of_the_closed_lists_has_a_message() {
    let messages = messages(Lang::Ja);
    for (family, words) in families() {
        for word in words {
            assert!(messages.contains_key(&format!("{family}-{word}")), "{family}-{word}");
        }
    }
}

#[test]
fn every_message_is_used() {
    let code = sources(&root().join("src"));
    let quoted = quoted(&code);
    let families = families();
    for id in messages(Lang::Ja).keys() {
        let (family, word) = id.split_once('-').unwrap();
        let listed = families.iter().any(|(f, words)| *f == family && words.iter().any(|w| w == word));
        let of_page = OF_PAGE.contains(&family) && quoted.contains(word);
        let known = id.starts_with("attack-known-");
        assert!(listed || of_page || known || quoted.contains(id.as_str()), "{id} is used nowhere");
    }
}

#[test]
fn every_message_named_in_the_code_is_there() {
    let code = sources(&root().join("src"));
    let messages = messages(Lang::Ja);
    let mut named = 0;
    for call in ["pair(\"", "fill(\""] {
        for (at, _) in code.match_indices(call) {
            let id = code[at + call.len()..].split('"').next().unwrap();
            named += 1;
            assert!(messages.contains_key(id), "{id}");
        }
    }
    assert!(named > 15, "{named} calls seen");
}

#[test]
fn the_two_lists_of_reasons_share_no_word() {
    for hold in Hold::ALL {
        assert!(hold.as_str().parse::<Reason>().is_err(), "{}", hold.as_str());
    }
}
