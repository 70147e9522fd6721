//! Local recoding: a level per attribute *and class*, so that a rare person no longer coarsens everybody.
//!
//! From one class of everybody downwards (top-down specialisation, Fung, Wang, Yu 2005, with what is left over kept at
//! its level as in LeFevre's multidimensional recoding 2006). A class is split by the attribute that gives back most
//! precision for each bit by which its classes shrink; children that would break a model stay behind together with,
//! if they are too few, the smallest sound child. Every class along the way keeps the models, so no step can fail. Where
//! all of a class share a value, the class says that value, whatever the others do.
//!
//! Then persons move: whoever fits a class that tells more than their own goes there, if their own class can spare them.

mod moving;
mod recoder;

use arrow_array::{BooleanArray, StringArray, UInt32Array};
use rustc_hash::FxHashMap;
use serde::Serialize;

use self::recoder::Recoder;
use crate::{
    error::{Error, Result},
    fold::{Folded, Layout, Word, Words, pack},
    hierarchy::Hierarchy,
    loss::{Loss, Tally},
    model::{Judge, Model},
    policy::{Policy, QuasiIdentifier, weights},
    release::Generalised,
};

/// A locally recoded table: which class every tuple belongs to, and what each class says.
#[derive(Debug, Clone)]
pub struct LocalSolution {
    layout: Layout,
    places: Places,
    classes: Vec<LocalClass>,
    class_of: Vec<u32>,
    summary: LocalSummary,
}

/// What a local recoding comes to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LocalSummary {
    /// The models that it keeps.
    pub models: Vec<Model>,
    /// Persons of the table.
    pub persons: u64,
    /// Persons who leave the release.
    pub suppressed: u64,
    /// Classes that are released: persons who share all texts.
    pub classes: u64,
    /// The loss per column and as a whole.
    pub loss: Loss,
}

#[derive(Debug, Clone)]
enum Places {
    Narrow(FxHashMap<u64, u32>),
    Wide(FxHashMap<u128, u32>),
}

#[derive(Debug, Clone)]
struct LocalClass {
    levels: Vec<u8>,
    /// The group that the class says, per column, as a code of its level.
    codes: Vec<u32>,
    members: Vec<u32>,
    persons: u32,
}

/// Recodes a table locally so that it keeps the models; nobody is suppressed.
///
/// # Errors
/// Attributes other than those folded; weights that make no sense; models that are not judged class by class (they need a population, the sizes of
/// all classes, or groups across classes); a table that breaks the models even as one class.
pub fn recode_locally(attributes: &[QuasiIdentifier], table: &Folded, policy: &Policy) -> Result<LocalSolution> {
    let hierarchies: Vec<&Hierarchy> = attributes.iter().map(QuasiIdentifier::hierarchy).collect();
    table.check(&hierarchies)?;
    if !policy.models.iter().all(Model::is_of_classes) {
        let why = "this privacy model is not judged class by class";
        return Err(Error::BadParameter { what: "local recoding".to_owned(), why });
    }
    if hierarchies.iter().any(|h| h.levels().len() > usize::from(u8::MAX)) {
        return Err(Error::BadParameter { what: "local recoding".to_owned(), why: "a hierarchy has too many levels" });
    }
    let judge = Judge::new(&policy.models, &hierarchies, table)?;
    let weights = weights(attributes)?;
    match table.words() {
        Words::Narrow(base) => {
            let classes = Recoder::new(attributes, &weights, table, base, &judge, policy.threads).run()?;
            let places = Places::Narrow((0..).zip(&base.classes).map(|(place, (word, _))| (*word, place)).collect());
            Ok(LocalSolution::new(attributes, &weights, table, policy, classes, places))
        }
        Words::Wide(base) => {
            let classes = Recoder::new(attributes, &weights, table, base, &judge, policy.threads).run()?;
            let places = Places::Wide((0..).zip(&base.classes).map(|(place, (word, _))| (*word, place)).collect());
            Ok(LocalSolution::new(attributes, &weights, table, policy, classes, places))
        }
    }
}

impl LocalSolution {
    fn new(
        attributes: &[QuasiIdentifier],
        weights: &[f64],
        table: &Folded,
        policy: &Policy,
        classes: Vec<LocalClass>,
        places: Places,
    ) -> Self {
        let mut class_of = vec![0_u32; table.tuples()];
        for (place, class) in (0_u32..).zip(&classes) {
            for tuple in &class.members {
                class_of.iter_mut().skip(*tuple as usize).take(1).for_each(|c| *c = place);
            }
        }
        let weighed = attributes.iter().zip(weights).enumerate();
        let tallies: Vec<Tally> = weighed.map(|(c, (a, w))| tally(c, (a, *w), table, &classes)).collect();
        let mut texts: Vec<(&[u8], &[u32])> = classes.iter().map(|c| (&c.levels[..], &c.codes[..])).collect();
        texts.sort_unstable();
        texts.dedup();
        let summary = LocalSummary {
            models: policy.models.clone(),
            persons: table.persons(),
            suppressed: 0,
            classes: texts.len() as u64,
            loss: policy.metric.of(&tallies),
        };
        Self { layout: table.layout().clone(), places, classes, class_of, summary }
    }

    /// Returns the levels, codes and persons of every class; two of them may say the same.
    pub(crate) fn classes(&self) -> impl Iterator<Item = (&[u8], &[u32], u32)> {
        self.classes.iter().map(|c| (&c.levels[..], &c.codes[..], c.persons))
    }

    /// Returns the class of each tuple of the folded table.
    pub(crate) fn class_of(&self) -> &[u32] {
        &self.class_of
    }

    /// Returns what the recoding comes to.
    pub fn summary(&self) -> &LocalSummary {
        &self.summary
    }

    /// Returns the sizes of the classes, smallest first.
    pub fn class_sizes(&self) -> Vec<u64> {
        let mut by_text: FxHashMap<(&[u8], &[u32]), u64> = FxHashMap::default();
        for class in &self.classes {
            *by_text.entry((&class.levels, &class.codes)).or_insert(0) += u64::from(class.persons);
        }
        let mut sizes: Vec<u64> = by_text.into_values().collect();
        sizes.sort_unstable();
        sizes
    }

    /// Recodes a batch of persons of that table, given as leaf codes.
    ///
    /// # Errors
    /// Columns that do not fit the attributes.
    pub fn apply(&self, attributes: &[QuasiIdentifier], columns: &[UInt32Array]) -> Result<Generalised> {
        let tuples: Vec<Option<u32>> = match &self.places {
            Places::Narrow(places) => places_of(&pack(&self.layout, columns)?, places),
            Places::Wide(places) => places_of(&pack(&self.layout, columns)?, places),
        };
        let class = |tuple: &Option<u32>| {
            let place = self.class_of.get((*tuple)? as usize)?;
            self.classes.get(*place as usize)
        };
        let column = |(at, attribute): (usize, &QuasiIdentifier)| -> StringArray {
            let label = |tuple: &Option<u32>| {
                let class = class(tuple)?;
                let level = attribute.hierarchy().levels().get(usize::from(*class.levels.get(at)?))?;
                level.labels().get(*class.codes.get(at)? as usize).map(String::as_str)
            };
            tuples.iter().map(label).collect()
        };
        let kept: BooleanArray = tuples.iter().map(|t| Some(class(t).is_some())).collect();
        Ok(Generalised { columns: attributes.iter().enumerate().map(column).collect(), kept })
    }
}

fn places_of<W: Word>(words: &[W], places: &FxHashMap<W, u32>) -> Vec<Option<u32>> {
    words.iter().map(|word| places.get(word).copied()).collect()
}

fn tally(at: usize, (attribute, weight): (&QuasiIdentifier, f64), table: &Folded, classes: &[LocalClass]) -> Tally {
    let behind = |class: &LocalClass| -> Option<u64> {
        let level = attribute.hierarchy().levels().get(usize::from(*class.levels.get(at)?))?;
        let under = level.leaves_under().get(*class.codes.get(at)? as usize)?;
        Some(u64::from(*under) * u64::from(class.persons))
    };
    Tally {
        persons: table.persons(),
        leaves: attribute.hierarchy().leaves() as u64,
        behind: classes.iter().filter_map(behind).sum(),
        suppressed: 0,
        behind_suppressed: 0,
        weight,
    }
}
