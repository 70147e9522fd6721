//! Privacy models: what a table must be like before it may be called anonymous.
//!
//! Three kinds. *Class models* look at one class at a time and name the classes that must go. *Sample models* look at
//! the sizes of all classes, and the smallest classes go until they hold. *Linking models* (LKC) look at groups by some
//! of the attributes. Several models are combined by "and": class models first, then LKC, then sample models.

mod dp;
mod histogram;
mod judge;
mod lkc;
mod uniqueness;

use serde::{Deserialize, Serialize};

pub use dp::{DpParameters, keep_in_sample};
pub(crate) use judge::Judge;
pub use uniqueness::{Estimator, PopulationUniques};

/// One privacy model with its parameters; they are read from TOML as `{ k_anonymity = 5 }`.
///
/// Throughout, a *class* is the set of persons who share all released quasi-identifiers, *n* its size, *p(s)* the share
/// of the sensitive value *s* in the class and *q(s)* its share in the whole table before anybody was suppressed.
///
/// ```
/// use kiban_anon::Model;
/// let models = [Model::KAnonymity(5), Model::DistinctLDiversity { l: 3, on: "occupation".into() }];
/// assert_eq!(models[1].on(), Some("occupation"));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Model {
    /// n ≥ k (Sweeney 2002, *k-anonymity: a model for protecting privacy*).
    KAnonymity(u32),
    /// At least k persons of the *population* share the class's quasi-identifiers (Sweeney 2001). Needs a population.
    KMap(u32),
    /// min ≤ n/N ≤ max, with N the class's size in the population (Nergiz, Atzori, Clifton 2007, *Hiding the presence of
    /// individuals from shared databases*). A class of the population that nobody of the table is in cannot be
    /// suppressed; with min > 0 it refuses the whole node. Needs a population.
    DeltaPresence {
        /// The least share of the population's class that may be in the table.
        min: f64,
        /// The greatest.
        max: f64,
    },
    /// At least l different values in each class (Machanavajjhala et al. 2007, *l-diversity*).
    DistinctLDiversity {
        /// The number of values.
        l: u32,
        /// The sensitive attribute.
        on: String,
    },
    /// −Σ p(s) ln p(s) ≥ ln l (Machanavajjhala et al. 2007, definition 4.1).
    EntropyLDiversity {
        /// The number of equally frequent values that would have this entropy.
        l: f64,
        /// The sensitive attribute.
        on: String,
    },
    /// With the class's counts r₁ ≥ r₂ ≥ …: r₁ < c (r_l + r_{l+1} + …) (Machanavajjhala et al. 2007, definition 4.2).
    #[serde(alias = "recursive_cl_diversity")]
    RecursiveCLDiversity {
        /// The factor.
        c: f64,
        /// The rank from which the rarer values count.
        l: u32,
        /// The sensitive attribute.
        on: String,
    },
    /// The earth mover's distance between p and q is at most t (Li, Li, Venkatasubramanian 2007, *t-closeness*).
    TCloseness {
        /// The greatest distance, 0 to 1.
        t: f64,
        /// The sensitive attribute.
        on: String,
        /// How far one value is from another.
        #[serde(default)]
        distance: Distance,
    },
    /// p(s) − q(s) ≤ β q(s) for every value; enhanced: ≤ min(β, −ln q(s)) q(s) (Cao, Karras 2012, *Publishing microdata
    /// with a robust privacy guarantee*).
    BetaLikeness {
        /// The greatest relative gain.
        beta: f64,
        /// The sensitive attribute.
        on: String,
        /// Whether the bound of frequent values is tightened.
        #[serde(default)]
        enhanced: bool,
    },
    /// |log₂ p(s)/q(s)| < δ for every value that occurs in the class (Brickell, Shmatikov 2008, *The cost of privacy*). As in
    /// ARX and pycanon, a value that does not occur in the class is not tested.
    DeltaDisclosure {
        /// The bound.
        delta: f64,
        /// The sensitive attribute.
        on: String,
    },
    /// The mean over released persons of 1/n is at most this (El Emam 2013; the marketer's risk).
    AverageRisk(f64),
    /// As [`Model::AverageRisk`], and no class is smaller than given (El Emam 2013, *strict average*: the smallest class is 2
    /// for a maximum risk of one half, 3 for one third).
    StrictAverageRisk {
        /// The greatest mean risk.
        average: f64,
        /// The smallest class.
        #[serde(default = "two")]
        smallest_class: u32,
    },
    /// At most this share of the released persons is alone in a class.
    SampleUniqueness(f64),
    /// At most this share of the population is expected to be unique in it, estimated from the sizes of the classes.
    PopulationUniqueness {
        /// The greatest share of the population.
        threshold: f64,
        /// Persons of the population.
        population: u64,
        /// The superpopulation model.
        #[serde(default)]
        estimator: Estimator,
    },
    /// Every group by any l of the quasi-identifiers has at least k persons, and no named sensitive value has there a share
    /// above c (Mohammed, Fung, Hung, Lee 2009, *Anonymizing healthcare data*). Persons in groups that fail are
    /// suppressed and the groups counted again until all hold.
    LkcPrivacy {
        /// How many quasi-identifiers the adversary knows.
        l: u32,
        /// The least size of a group.
        k: u32,
        /// The greatest share of a sensitive value in a group.
        c: f64,
        /// The sensitive attribute.
        on: String,
        /// The values that are sensitive; all if empty.
        #[serde(default)]
        values: Vec<String>,
    },
    /// (ε, δ)-differential privacy by sampling and suppression (Li, Qardaji, Su 2012; SafePub: Bild, Kuhn, Prasser 2018).
    /// The table must already be the sample that [`keep_in_sample`] draws, and every attribute fixed to one level:
    /// levels chosen by looking at the data would break the guarantee. Then n ≥ k with k from [`DpParameters`].
    DifferentialPrivacy {
        /// The budget ε.
        epsilon: f64,
        /// The probability δ with which the budget may be broken.
        delta: f64,
    },
    /// Publishing the class pays: b (1 − IL) > [g/n > cost] · loss/n, where IL = Σ ln(leaves under the value) / Σ ln(leaves)
    /// over the quasi-identifiers (Wan et al. 2015, *A game theoretic framework for analyzing re-identification risk*).
    Profitability {
        /// b: what a wholly precise record is worth to the publisher.
        publisher_benefit: f64,
        /// What a recognised record costs the publisher.
        publisher_loss: f64,
        /// g: what a recognised record is worth to the adversary.
        adversary_gain: f64,
        /// What an attack on a record costs the adversary.
        adversary_cost: f64,
        /// Whether it may pay to attack; if not, g/n ≤ cost is demanded of each class as well.
        #[serde(default)]
        attack: Attack,
        /// Whom n is counted among: the table's persons, or the population's (the journalist).
        #[serde(default)]
        attacker: Attacker,
    },
}

const fn two() -> u32 {
    2
}

impl Model {
    /// Returns the sensitive attribute that the model looks at.
    pub fn on(&self) -> Option<&str> {
        match self {
            Self::DistinctLDiversity { on, .. }
            | Self::EntropyLDiversity { on, .. }
            | Self::RecursiveCLDiversity { on, .. }
            | Self::TCloseness { on, .. }
            | Self::BetaLikeness { on, .. }
            | Self::DeltaDisclosure { on, .. }
            | Self::LkcPrivacy { on, .. } => Some(on),
            _ => None,
        }
    }

    /// Tells whether the model needs a population table.
    pub fn needs_population(&self) -> bool {
        let journalist = matches!(self, Self::Profitability { attacker: Attacker::Journalist, .. });
        journalist || matches!(self, Self::KMap(_) | Self::DeltaPresence { .. })
    }

    /// Tells whether each class is judged alone, so that local recoding can keep the model.
    pub fn is_of_classes(&self) -> bool {
        let others = matches!(
            self,
            Self::AverageRisk(_)
                | Self::StrictAverageRisk { .. }
                | Self::SampleUniqueness(_)
                | Self::PopulationUniqueness { .. }
                | Self::LkcPrivacy { .. }
                | Self::DifferentialPrivacy { .. }
        );
        !others && !self.needs_population()
    }
}

/// How far one sensitive value is from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distance {
    /// 1 from every other: half the sum of |p − q|.
    #[default]
    Equal,
    /// By the order of the values in the attribute's hierarchy, 1 from first to last.
    Ordered,
    /// By the level of the hierarchy on which they first meet, 1 at the top.
    Hierarchical,
}

/// Whether the publisher accepts that it may pay to attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attack {
    /// An attack is a cost among others.
    #[default]
    Priced,
    /// No attack may pay.
    Deterred,
}

/// Who attacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attacker {
    /// Knows that the person is in the table.
    #[default]
    Prosecutor,
    /// Knows only that the person is in the population.
    Journalist,
}
