//! Models bound to a table: which classes of a node must go, and how many must go at every node below.

use super::{Attack, Attacker, Distance, DpParameters, Estimator, Model, histogram::Test, lkc::Lkc};
use crate::{
    classes::ClassTable,
    error::{Error, Result},
    fold::{Folded, Word},
    hierarchy::Hierarchy,
};

/// What the models say of a node's class table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The places of the classes that must go, rising.
    pub(crate) gone: Vec<u32>,
    /// The persons in them; `u64::MAX` where no suppression helps.
    pub(crate) suppressed: u64,
    /// No node below this one, itself included, suppresses fewer.
    pub(crate) at_least: u64,
}

/// Profitability bound to a table.
#[derive(Debug, Clone)]
struct Profit {
    benefit: f64,
    loss: f64,
    gain: f64,
    cost: f64,
    journalist: bool,
}

/// A model on the sizes of all classes.
#[derive(Debug, Clone)]
enum OfSizes {
    Average(f64),
    Unique(f64),
    PopulationUnique { threshold: f64, population: u64, estimator: Estimator },
}

/// All models of a policy, bound to a table.
#[derive(Debug, Clone)]
pub(crate) struct Judge {
    smallest: u32,
    smallest_in_population: u32,
    presence: Option<(f64, f64)>,
    tests: Vec<(usize, Test)>,
    profits: Vec<Profit>,
    of_sizes: Vec<OfSizes>,
    lkc: Vec<Lkc>,
    /// Per column and level, the logarithm of the leaves under each code.
    precision: Vec<Vec<Vec<f64>>>,
    fields: Vec<(u32, u32)>,
    all_lost: f64,
}

impl Judge {
    /// Binds models to a folded table.
    ///
    /// # Errors
    /// Parameters that make no sense, a sensitive attribute or a population that the table does not have.
    pub(crate) fn new(models: &[Model], hierarchies: &[&Hierarchy], table: &Folded) -> Result<Self> {
        let logs = |h: &&Hierarchy| {
            h.levels().iter().map(|l| l.leaves_under().iter().map(|n| f64::from(*n).ln()).collect()).collect()
        };
        let mut judge = Self {
            smallest: 1,
            smallest_in_population: 0,
            presence: None,
            tests: Vec::new(),
            profits: Vec::new(),
            of_sizes: Vec::new(),
            lkc: Vec::new(),
            precision: hierarchies.iter().map(logs).collect(),
            fields: (0..hierarchies.len()).map(|c| table.layout().field(c)).collect(),
            all_lost: hierarchies.iter().map(|h| (h.leaves().max(1) as f64).ln()).sum(),
        };
        for model in models {
            if model.needs_population() && !table.knows_population() {
                return Err(bad(model, "needs a population table"));
            }
            judge.add(model, table)?;
        }
        Ok(judge)
    }

    /// Returns the size that every released class has at least.
    pub(crate) fn smallest(&self) -> u32 {
        self.smallest
    }

    /// Tells whether nothing but the size of a class is asked about, so that counting is enough.
    pub(crate) fn only_sizes(&self) -> bool {
        let of_classes = self.smallest_in_population == 0 && self.presence.is_none() && self.tests.is_empty();
        of_classes && self.profits.is_empty() && self.of_sizes.is_empty() && self.lkc.is_empty()
    }

    fn add(&mut self, model: &Model, table: &Folded) -> Result<()> {
        check(model)?;
        match model {
            Model::KAnonymity(k) => self.smallest = self.smallest.max(*k),
            Model::KMap(k) => self.smallest_in_population = self.smallest_in_population.max(*k),
            Model::DeltaPresence { min, max } => {
                let (low, high) = self.presence.unwrap_or((0.0, 1.0));
                self.presence = Some((low.max(*min), high.min(*max)));
            }
            Model::DifferentialPrivacy { epsilon, delta } => {
                self.smallest = self.smallest.max(DpParameters::new(*epsilon, *delta)?.k);
            }
            Model::AverageRisk(average) => self.of_sizes.push(OfSizes::Average(*average)),
            Model::StrictAverageRisk { average, smallest_class } => {
                self.smallest = self.smallest.max(*smallest_class);
                self.of_sizes.push(OfSizes::Average(*average));
            }
            Model::SampleUniqueness(share) => self.of_sizes.push(OfSizes::Unique(*share)),
            Model::PopulationUniqueness { threshold, population, estimator } => {
                let (threshold, population, estimator) = (*threshold, *population, *estimator);
                self.of_sizes.push(OfSizes::PopulationUnique { threshold, population, estimator });
            }
            Model::Profitability { .. } => self.add_profit(model),
            Model::LkcPrivacy { l, k, c, on, values } => {
                let (place, hierarchy) = table.sensitive(on).ok_or_else(|| bad(model, NO_SUCH))?;
                let leaf =
                    |value: &String| hierarchy.leaf(value).ok_or_else(|| bad(model, "names a value that is no leaf"));
                let named = values.iter().map(leaf).collect::<Result<Vec<u32>>>()?;
                let most = |leaf: u32| if named.is_empty() || named.contains(&leaf) { *c } else { 1.0 };
                let most = (0..u32::try_from(hierarchy.leaves()).unwrap_or(u32::MAX)).map(most).collect();
                self.lkc.push(Lkc { l: *l as usize, k: *k, most, on: place });
            }
            _ => {
                let (place, hierarchy) =
                    model.on().and_then(|on| table.sensitive(on)).ok_or_else(|| bad(model, NO_SUCH))?;
                self.tests.extend(test(model, hierarchy, &table.shares(place)).map(|t| (place, t)));
            }
        }
        Ok(())
    }

    fn add_profit(&mut self, model: &Model) {
        let Model::Profitability {
            publisher_benefit,
            publisher_loss,
            adversary_gain,
            adversary_cost,
            attack,
            attacker,
        } = model
        else {
            return;
        };
        let journalist = *attacker == Attacker::Journalist;
        if *attack == Attack::Deterred {
            // g/n ≤ cost; the comparison is made with n, which is exact.
            let size = (adversary_gain / adversary_cost).ceil().min(f64::from(u32::MAX)) as u32;
            let least = if journalist { &mut self.smallest_in_population } else { &mut self.smallest };
            *least = (*least).max(size);
        }
        self.profits.push(Profit {
            benefit: *publisher_benefit,
            loss: *publisher_loss,
            gain: *adversary_gain,
            cost: *adversary_cost,
            journalist,
        });
    }

    /// Judges a node's class table; `levels` are the node's, by column.
    pub(crate) fn judge<W: Word>(&self, table: &ClassTable<W>, levels: &dyn Fn(usize) -> usize) -> Verdict {
        let mut verdict = Verdict { gone: Vec::new(), suppressed: 0, at_least: 0 };
        for (place, (word, n)) in (0_u32..).zip(&table.classes) {
            if *n == 0 {
                if self.presence.is_some_and(|p| p.0 > 0.0) {
                    return Verdict { gone: Vec::new(), suppressed: u64::MAX, at_least: u64::MAX };
                }
                continue;
            }
            if *n < self.smallest {
                verdict.gone.push(place);
                verdict.suppressed += u64::from(*n);
                verdict.at_least += u64::from(*n);
            } else if let Some(left) = self.fault(table, place as usize, *word, *n, levels) {
                verdict.gone.push(place);
                verdict.suppressed += u64::from(*n);
                verdict.at_least += u64::from(*n - left);
            }
        }
        for lkc in &self.lkc {
            self.apply_lkc(lkc, table, &mut verdict);
        }
        if !self.of_sizes.is_empty() {
            self.apply_sizes(table, &mut verdict);
        }
        verdict
    }

    /// Tells whether a class that is large enough fails, and how many of it could remain at most at any node below.
    fn fault<W: Word>(
        &self,
        table: &ClassTable<W>,
        place: usize,
        word: W,
        n: u32,
        levels: &dyn Fn(usize) -> usize,
    ) -> Option<u32> {
        let mut left = None;
        let mut fail = |most: u32| left = Some(left.unwrap_or(n).min(most));
        let there = table.population.get(place).copied().unwrap_or(n);
        if there < self.smallest_in_population {
            fail(0);
        }
        if let Some((low, high)) = self.presence {
            let share = f64::from(n) / f64::from(there);
            if share > high {
                fail((high * f64::from(there)).floor() as u32);
            }
            if share < low {
                fail(n);
            }
        }
        for (on, test) in &self.tests {
            let class = table.sensitive.get(*on).map_or(&[][..], |h| h.class(place));
            if !test.passes(class, n) {
                fail(test.most_left(class, n));
            }
        }
        for profit in &self.profits {
            let among = if profit.journalist { there } else { n };
            if !profit.pays(self.lost(word, levels), among) {
                fail(n);
            }
        }
        left.map(|left| if left < self.smallest { 0 } else { left })
    }

    /// The share of precision that a class's values have lost: 0 all leaves, 1 nothing told.
    fn lost<W: Word>(&self, word: W, levels: &dyn Fn(usize) -> usize) -> f64 {
        let columns = self.precision.iter().zip(&self.fields).enumerate();
        let lost = columns.map(|(column, (by_level, (shift, width)))| {
            let code = word.get(*shift, *width);
            by_level.get(levels(column)).and_then(|logs| logs.get(code)).copied().unwrap_or(0.0)
        });
        if self.all_lost > 0.0 { lost.sum::<f64>() / self.all_lost } else { 0.0 }
    }

    fn apply_lkc<W: Word>(&self, lkc: &Lkc, table: &ClassTable<W>, verdict: &mut Verdict) {
        let fields: Vec<W> = self.fields.iter().map(|(shift, width)| W::ones(*shift, *width)).collect();
        let mut kept = vec![true; table.len()];
        for place in &verdict.gone {
            if let Some(keep) = kept.get_mut(*place as usize) {
                *keep = false;
            }
        }
        let core = lkc.core(table, kept, &fields);
        let gone = (0_u32..).zip(&table.classes).zip(&core.kept).filter(|((_, class), kept)| !**kept && class.1 > 0);
        verdict.suppressed = gone.clone().map(|((_, class), _)| u64::from(class.1)).sum();
        verdict.gone = gone.map(|((place, _), _)| place).collect();
        verdict.at_least = verdict.at_least.max(core.at_least);
    }

    /// Takes the smallest classes away until every model on sizes holds; among equal ones those of the smallest words.
    fn apply_sizes<W: Word>(&self, table: &ClassTable<W>, verdict: &mut Verdict) {
        let everyone = distribution(table.classes.iter().map(|c| c.1));
        verdict.at_least = verdict.at_least.max(self.least_by_sizes(&everyone));
        let mut gone = vec![false; table.len()];
        verdict.gone.iter().for_each(|place| gone.iter_mut().skip(*place as usize).take(1).for_each(|g| *g = true));
        let staying = || (0_u32..).zip(&table.classes).zip(&gone).filter(|(_, gone)| !**gone).map(|(c, _)| c);
        let sizes = distribution(staying().map(|(_, class)| class.1));
        let (many, _) = fewest(&sizes, |left| self.of_sizes.iter().all(|model| model.holds(left)));
        if many == 0 {
            return;
        }
        let mut order: Vec<(u32, W, u32)> =
            staying().filter(|(_, c)| c.1 > 0).map(|(place, (word, n))| (*n, *word, place)).collect();
        let cut = usize::try_from(many).unwrap_or(usize::MAX).min(order.len());
        if cut < order.len() {
            order.select_nth_unstable(cut);
        }
        let taken = order.get(..cut).unwrap_or(&[]);
        verdict.suppressed += taken.iter().map(|t| u64::from(t.0)).sum::<u64>();
        verdict.gone.extend(taken.iter().map(|t| t.2));
        verdict.gone.sort_unstable();
    }

    /// A bound for all nodes below, from the models that can only be easier to keep when classes merge.
    fn least_by_sizes(&self, everyone: &[(u64, u64)]) -> u64 {
        let monotone = self.of_sizes.iter().filter(|m| !matches!(m, OfSizes::PopulationUnique { .. }));
        monotone.map(|model| fewest(everyone, |left| model.holds(left)).1).max().unwrap_or(0)
    }
}

impl Profit {
    fn pays(&self, lost: f64, among: u32) -> bool {
        let success = f64::from(among.max(1)).recip();
        let attacked = self.gain * success > self.cost;
        self.benefit * (1.0 - lost.clamp(0.0, 1.0)) - if attacked { self.loss * success } else { 0.0 } > 0.0
    }
}

impl OfSizes {
    fn holds(&self, left: &[(u64, u64)]) -> bool {
        let persons: u64 = left.iter().map(|(size, n)| size * n).sum();
        let classes: u64 = left.iter().map(|(_, n)| *n).sum();
        if persons == 0 {
            return true;
        }
        match self {
            Self::Average(average) => classes as f64 <= average * persons as f64 + 1e-9,
            Self::Unique(share) => {
                let alone = left.first().filter(|f| f.0 == 1).map_or(0, |f| f.1);
                alone as f64 <= share * persons as f64 + 1e-9
            }
            Self::PopulationUnique { threshold, population, estimator } => {
                // No estimate is no permission.
                estimator.uniques(left, *population).is_some_and(|u| u <= threshold * *population as f64)
            }
        }
    }
}

/// Class sizes with how many classes have each, rising.
fn distribution(sizes: impl Iterator<Item = u32>) -> Vec<(u64, u64)> {
    let mut sizes: Vec<u32> = sizes.filter(|n| *n > 0).collect();
    sizes.sort_unstable();
    sizes.chunk_by(|a, b| a == b).filter_map(|run| Some((u64::from(*run.first()?), run.len() as u64))).collect()
}

/// The fewest classes, smallest first, without which a model holds, and the persons in them.
fn fewest(sizes: &[(u64, u64)], holds: impl Fn(&[(u64, u64)]) -> bool) -> (u64, u64) {
    let left_after = |many: u64| {
        let mut many = many;
        let rest = sizes.iter().map(|(size, n)| {
            let taken = many.min(*n);
            many -= taken;
            (*size, n - taken)
        });
        rest.filter(|s| s.1 > 0).collect::<Vec<_>>()
    };
    let persons = |sizes: &[(u64, u64)]| sizes.iter().map(|(size, n)| size * n).sum::<u64>();
    let (mut low, mut high) = (0, sizes.iter().map(|s| s.1).sum());
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(&left_after(middle)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    (low, persons(sizes) - persons(&left_after(low)))
}

const NO_SUCH: &str = "names no sensitive attribute of the table";

fn bad(model: &Model, why: &'static str) -> Error {
    let name = format!("{model:?}");
    let end = name.find(|c: char| !c.is_alphanumeric()).unwrap_or(name.len());
    Error::BadParameter { what: name.get(..end).unwrap_or_default().to_owned(), why }
}

fn check(model: &Model) -> Result<()> {
    let share = |x: f64| (0.0..=1.0).contains(&x);
    let positive = |x: f64| x > 0.0 && x.is_finite();
    let good = match model {
        Model::KAnonymity(k) | Model::KMap(k) => *k > 0,
        Model::DeltaPresence { min, max } => share(*min) && share(*max) && min <= max,
        Model::DistinctLDiversity { l, .. } => *l > 0,
        Model::EntropyLDiversity { l, .. } => *l >= 1.0 && l.is_finite(),
        Model::RecursiveCLDiversity { c, l, .. } => *l > 0 && positive(*c),
        Model::TCloseness { t, .. } => share(*t),
        Model::BetaLikeness { beta, .. } => positive(*beta),
        Model::DeltaDisclosure { delta, .. } => positive(*delta),
        Model::AverageRisk(x) | Model::SampleUniqueness(x) | Model::StrictAverageRisk { average: x, .. } => share(*x),
        Model::PopulationUniqueness { threshold, population, .. } => share(*threshold) && *population > 0,
        Model::LkcPrivacy { l, k, c, .. } => *l > 0 && *k > 0 && share(*c),
        Model::DifferentialPrivacy { .. } => true,
        Model::Profitability { publisher_benefit, publisher_loss, adversary_gain, adversary_cost, .. } => {
            let costs = [*publisher_benefit, *publisher_loss, *adversary_gain];
            costs.iter().all(|x| *x >= 0.0 && x.is_finite()) && positive(*adversary_cost)
        }
    };
    if good { Ok(()) } else { Err(bad(model, "has a parameter outside its range")) }
}

/// Makes the test on distributions that a model is; `table` are the shares of the values in the whole table.
fn test(model: &Model, hierarchy: &Hierarchy, table: &[f64]) -> Option<Test> {
    Some(match model {
        Model::DistinctLDiversity { l, .. } => Test::Distinct(*l as usize),
        Model::EntropyLDiversity { l, .. } => Test::Entropy { least: l.ln() },
        Model::RecursiveCLDiversity { c, l, .. } => Test::Recursive { c: *c, l: *l as usize },
        Model::TCloseness { t, distance, .. } => {
            let groups = match distance {
                Distance::Hierarchical => climb(hierarchy),
                _ => Vec::new(),
            };
            Test::closeness(*t, *distance, table.to_vec(), groups)
        }
        Model::BetaLikeness { beta, enhanced, .. } => {
            let most = |q: &f64| q * (1.0 + if *enhanced { beta.min(-q.ln()) } else { *beta });
            Test::Below { most: table.iter().map(most).collect() }
        }
        Model::DeltaDisclosure { delta, .. } => Test::Between {
            least: table.iter().map(|q| q * (-delta).exp2()).collect(),
            most: table.iter().map(|q| q * delta.exp2()).collect(),
        },
        _ => return None,
    })
}

/// Per level above the leaves: where each code of the level below goes; a last level that holds everything is added if missing.
fn climb(hierarchy: &Hierarchy) -> Vec<Vec<u32>> {
    let mut groups: Vec<Vec<u32>> = (1..hierarchy.levels().len()).map(|to| hierarchy.rise(to - 1, to)).collect();
    let top = hierarchy.levels().last().map_or(0, |l| l.labels().len());
    if top > 1 {
        groups.push(vec![0; top]);
    }
    groups
}
