//! The sections of the page, one file each; each says nothing where the linkage has nothing to say.

use super::{LinkageReport, PairOutcome};
use crate::{
    html::{Both, Pair},
    page::Section,
};

mod blocking;
mod calibration;
mod classes;
mod clusters;
mod examples;
mod inputs;
mod result;
mod sizes;
mod steps;
mod unlinkables;
mod weights;

/// What every section is made from.
pub(super) struct Context<'a> {
    pub(super) report: &'a LinkageReport,
    pub(super) both: &'a Both,
}

/// Returns the sections that have something to say, in the order of the page.
pub(super) fn all(context: &Context<'_>) -> Vec<Section> {
    let sections: [fn(&Context<'_>) -> Option<Section>; 11] = [
        result::section,
        inputs::section,
        sizes::section,
        examples::section,
        clusters::section,
        weights::section,
        classes::section,
        calibration::section,
        unlinkables::section,
        blocking::section,
        steps::section,
    ];
    sections.iter().filter_map(|section| section(context)).collect()
}

impl Context<'_> {
    /// Returns a field's words, or the name of a column of its own.
    fn field(&self, word: &str) -> Pair {
        self.both.known(&["field", "holds"], word)
    }

    /// Returns the words of a level, part by part, saying which part of a name or of a home is meant.
    fn level(&self, field: &str, level: &str) -> Pair {
        let parts: Vec<&str> = level.split('/').collect();
        let word = |part: &str| self.both.known(&["level"], if part == "-" { "missing" } else { part });
        let frames = frames(field, &parts).into_iter().chain(std::iter::repeat(None));
        let said = parts.iter().zip(frames).map(|(part, frame)| {
            let plain = word(part);
            frame.map_or_else(|| plain.clone(), |id| self.both.say(id, &[("level", &plain)]))
        });
        self.both.join(&said.collect::<Vec<_>>(), "・", ", ")
    }

    fn class(&self, word: &str) -> Pair {
        self.both.known(&["class"], word)
    }

    fn outcome(&self, outcome: PairOutcome) -> Pair {
        self.both.word("pair", outcome.as_str())
    }
}

/// Returns what the first two parts of a level are said of, where the field has parts and the words leave it open.
fn frames(field: &str, parts: &[&str]) -> [Option<&'static str>; 2] {
    let of = |fields: &[&str]| fields.iter().any(|name| field.contains(name));
    let open = |at: usize| parts.get(at).is_some_and(|part| ["-", "different"].contains(part));
    let read = parts.get(1).is_some_and(|part| READINGS.contains(part));
    if of(&["family", "given", "name"]) && read {
        return [Some("level-written"), Some("level-read")];
    }
    if of(&["home", "address"]) && parts.len() > 1 {
        return [open(0).then_some("level-postal-code"), open(1).then_some("level-street")];
    }
    [None, None]
}

/// How two readings of a name can stand to each other.
const READINGS: [&str; 7] = ["-", "equal", "long-vowel", "voiceless", "romaji", "near", "different"];

/// The class of pairs that are one person, by its word.
const MATCH: &str = "match";

/// Every class with a colour of its own, as far as colours reach, and its letter.
const CLASSES: [(&str, usize, &str); 12] = [
    (MATCH, 1, "A"),
    ("household", 2, "B"),
    ("twins", 5, "C"),
    ("housemates", 3, "D"),
    ("namesakes", 4, "E"),
    ("namesakes-by-day", 7, "F"),
    ("shared-birthday", 3, "G"),
    ("postal-birthday", 2, "H"),
    ("reused-phone", 5, "I"),
    ("neighbours", 7, "J"),
    ("namesakes-of-any-age", 4, "K"),
    ("strangers", 6, "L"),
];

/// Returns the colour and the letter of a class.
fn colour(class: &str) -> (usize, &'static str) {
    CLASSES.iter().find(|(word, ..)| *word == class).map_or((6, "?"), |(_, series, letter)| (*series, *letter))
}

/// Returns the colour of an outcome.
const fn series(outcome: PairOutcome) -> usize {
    match outcome {
        PairOutcome::Joined => 1,
        PairOutcome::Possible => 4,
        PairOutcome::Apart => 6,
        PairOutcome::RefusedByPeople | PairOutcome::RefusedConflict | PairOutcome::RefusedChain => 2,
    }
}
