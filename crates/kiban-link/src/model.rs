//! The Fellegi–Sunter model with one match class and one class per way in which two persons come to look alike.

use std::{collections::BTreeMap, fmt};

use crate::compare::{Field, OtherKind, Pattern};

/// What a pair can be: one person, or two who were found together for a reason.
///
/// The reasons follow the blocking rules (linkage study §7): in each class the fields that the reason explains are
/// free, and all others keep what random pairs show. So a shared household is not taken for a shared identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Class {
    /// One person.
    Match,
    /// Two members of one family: name, home, phone, card shared.
    Household,
    /// Twins: members of one family born on one day.
    Twins,
    /// One home, phone or card, but not one family.
    Housemates,
    /// One name and birth year by chance.
    Namesakes,
    /// One name and birthday by chance, whatever the year.
    NamesakesByDay,
    /// One birth date and given name by chance.
    SharedBirthday,
    /// One postal code and birth date by chance.
    PostalBirthday,
    /// One reused phone number.
    ReusedPhone,
    /// One given name at one place, or with one value of a column of its own, by chance.
    Neighbours,
    /// One name by chance, whatever the birth.
    NamesakesOfAnyAge,
    /// Two persons with nothing in common.
    Strangers,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 12] = [
        Self::Match,
        Self::Household,
        Self::Twins,
        Self::Housemates,
        Self::Namesakes,
        Self::NamesakesByDay,
        Self::SharedBirthday,
        Self::PostalBirthday,
        Self::ReusedPhone,
        Self::Neighbours,
        Self::NamesakesOfAnyAge,
        Self::Strangers,
    ];

    /// How the levels of a field come about in this class.
    pub(crate) fn share(self, field: Field) -> Share {
        use Field::{Birth, Card, Chart, Family, Given, Home, Other, Phone, Sex};
        use OtherKind::{Category, Place};
        match (self, field) {
            (Self::Match, _) | (_, Sex | Chart) => Share::Learned,
            (Self::Household | Self::Twins | Self::Housemates | Self::PostalBirthday, Other(_, Place | Category))
            | (Self::Neighbours, Given | Home | Other(..))
            | (Self::NamesakesOfAnyAge, Family | Given)
            | (Self::Household | Self::Twins, Family | Home | Phone | Card) => Share::Learned,
            (Self::Household | Self::Twins | Self::Housemates, Given) => Share::LearnedUnlessEqual,
            (Self::Twins | Self::SharedBirthday | Self::PostalBirthday, Birth) => Share::Believed,
            (Self::Housemates, Home | Phone | Card) => Share::Learned,
            (Self::Namesakes | Self::NamesakesByDay, Family | Given) => Share::Learned,
            (Self::Namesakes, Birth) => Share::SameYear,
            (Self::NamesakesByDay, Birth) => Share::SameDay,
            (Self::SharedBirthday, Given) => Share::Learned,
            (Self::PostalBirthday, Home) => Share::Learned,
            (Self::ReusedPhone, Phone) => Share::Learned,
            _ => Share::Random,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Match => "match",
            Self::Household => "household",
            Self::Twins => "twins",
            Self::Housemates => "housemates",
            Self::Namesakes => "namesakes",
            Self::NamesakesByDay => "namesakes-by-day",
            Self::SharedBirthday => "shared-birthday",
            Self::PostalBirthday => "postal-birthday",
            Self::ReusedPhone => "reused-phone",
            Self::Neighbours => "neighbours",
            Self::NamesakesOfAnyAge => "namesakes-of-any-age",
            Self::Strangers => "strangers",
        })
    }
}

/// Where the distribution of a field in a class comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    /// Learned from the candidates.
    Learned,
    /// Learned, except that agreement stays as rare as among random pairs.
    LearnedUnlessEqual,
    /// As believed of one person: the reason itself says that the values are equal.
    Believed,
    /// As among random pairs.
    Random,
    /// As among random pairs of one birth year.
    SameYear,
    /// As among random pairs of one birthday.
    SameDay,
}

/// One number for each class, in the order of [`Class::ALL`].
pub(crate) type ByClass = [f64; Class::ALL.len()];

/// The parameters: how frequent each class is, and how its levels are distributed.
#[derive(Debug, Clone)]
pub struct Model {
    /// The fields that say something of the candidates, in the order of a pattern.
    pub(crate) fields: Vec<Field>,
    pub(crate) weights: Vec<f64>,
    /// By field, level, class: the natural logarithm of the share, zero for levels that compare nothing.
    pub(crate) shares: Vec<Vec<ByClass>>,
    /// How often EM went over the patterns.
    pub rounds: usize,
    /// Whether the last round changed nothing that matters.
    pub converged: bool,
    /// Whether the match class still looks like one person; if not, the beliefs were used instead of what was learned.
    pub identified: bool,
}

/// What the model says of one pattern.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Posterior {
    /// The probability of one person.
    pub probability: f64,
    /// The likeliest other explanation.
    pub rival: Class,
    /// How likely that one is.
    pub rival_probability: f64,
}

/// The weight of one field in a decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Weight {
    /// The field.
    pub field: Field,
    /// The level, by its stable name.
    pub level: String,
    /// Bits in favour of one person against the rival class; negative against it.
    pub bits: f64,
}

impl Model {
    /// Returns the share of a class among the candidates.
    pub fn weight(&self, class: Class) -> f64 {
        self.weights.get(class as usize).copied().unwrap_or(0.0)
    }

    /// Returns the share of the levels of a field that say "equal", inside one class.
    pub fn agreement(&self, class: Class, field: Field) -> f64 {
        let agreeing = (0..field.levels()).filter(|l| field.agrees(*l) && field.group(*l) == Some(0));
        agreeing.map(|level| self.log_share(class, field, level).exp()).sum()
    }

    /// Returns the fields that say something of the candidates.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Returns, by field and by the names of their levels, the share of every level that says something, inside one class.
    pub fn told(&self, class: Class) -> BTreeMap<String, BTreeMap<String, f64>> {
        let levels = |field: Field| {
            let weighed = (0..field.levels()).filter(move |level| field.group(*level).is_some());
            weighed.map(move |level| (field.level_name(level), self.log_share(class, field, level).exp()))
        };
        self.fields.iter().map(|field| (field.to_string(), levels(*field).collect())).collect()
    }

    pub(crate) fn log_share(&self, class: Class, field: Field, level: u16) -> f64 {
        let at = self.fields.iter().position(|known| *known == field);
        let levels = at.and_then(|at| self.shares.get(at));
        levels.and_then(|l| l.get(usize::from(level))).and_then(|l| l.get(class as usize)).copied().unwrap_or(0.0)
    }

    /// The probability of every class, given a pattern, in the order of [`Class::ALL`].
    pub(crate) fn responsibilities(&self, pattern: Pattern) -> [f64; Class::ALL.len()] {
        let mut logs: ByClass = [0.0; Class::ALL.len()];
        logs.iter_mut().zip(&self.weights).for_each(|(log, weight)| *log = weight.ln());
        for (field, levels) in self.fields.iter().zip(&self.shares) {
            if let Some(evidence) = levels.get(usize::from(pattern.level(*field))) {
                logs.iter_mut().zip(evidence).for_each(|(log, nats)| *log += nats);
            }
        }
        let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = logs.iter().map(|log| (log - top).exp()).sum();
        logs.map(|log| (log - top).exp() / total)
    }

    /// Returns the probability of one person and the likeliest other explanation.
    pub fn posterior(&self, pattern: Pattern) -> Posterior {
        let all = self.responsibilities(pattern);
        let probability = all.first().copied().unwrap_or(0.0);
        let others = Class::ALL.into_iter().zip(all).skip(1);
        let (rival, rival_probability) =
            others.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((Class::Strangers, 1.0 - probability));
        Posterior { probability, rival, rival_probability }
    }

    /// Returns the bits of the class weights before any field is seen: one person against the rival.
    pub fn prior_bits(&self, rival: Class) -> f64 {
        (self.weight(Class::Match) / self.weight(rival)).log2()
    }

    /// Returns, field by field, what speaks for one person against the rival class.
    pub fn explain(&self, pattern: Pattern, rival: Class) -> Vec<Weight> {
        let weigh = |field: &Field| {
            let (field, level) = (*field, pattern.level(*field));
            let nats = self.log_share(Class::Match, field, level) - self.log_share(rival, field, level);
            Weight { field, level: field.level_name(level), bits: nats / std::f64::consts::LN_2 }
        };
        self.fields.iter().map(weigh).collect()
    }
}
