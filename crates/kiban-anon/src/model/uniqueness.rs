//! How many persons of the population are unique there, estimated from a sample's class sizes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The superpopulation model by which population uniques are estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Estimator {
    /// The probability that a sample unique came from a class of one, class sizes taken from the sample (Zayatz 1991,
    /// *Estimation of the number of unique population elements using a sample*).
    Zayatz,
    /// The slide negative binomial model (Chen, Keller-McNulty 1998), the number of classes by Shlosser's estimator (Haas,
    /// Stokes 1998, `Sh3`).
    Snb,
    /// The Pitman sampling formula by maximum likelihood (Hoshino 2001, *Applying Pitman's sampling formula*).
    Pitman,
    /// The decision rule of Dankar et al. 2012 (BMC MIDM 12:66): Pitman for samples up to 10 %, else the smaller of SNB and
    /// Zayatz; Zayatz where the chosen model gives no estimate.
    #[default]
    Dankar,
}

/// Estimated population uniques under each model; a model that does not fit these sizes has none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PopulationUniques {
    /// By Zayatz's model.
    pub zayatz: Option<f64>,
    /// By the slide negative binomial model.
    pub snb: Option<f64>,
    /// By Pitman's model.
    pub pitman: Option<f64>,
    /// By Dankar's rule.
    pub dankar: Option<f64>,
}

impl PopulationUniques {
    /// Estimates under all models; `sizes` says how many classes have each size in the sample.
    pub fn of(sizes: &BTreeMap<u64, u64>, population: u64) -> Self {
        let sizes: Vec<(u64, u64)> = sizes.iter().map(|(s, n)| (*s, *n)).collect();
        let by = |estimator: Estimator| estimator.uniques(&sizes, population);
        Self {
            zayatz: by(Estimator::Zayatz),
            snb: by(Estimator::Snb),
            pitman: by(Estimator::Pitman),
            dankar: by(Estimator::Dankar),
        }
    }
}

/// The class sizes of a sample, put the way the formulas want them.
struct Sample<'a> {
    sizes: &'a [(u64, u64)],
    persons: f64,
    classes: f64,
    population: f64,
    fraction: f64,
}

impl Estimator {
    /// Estimates the unique persons of a population of which a sample has so many classes of each size, sizes rising.
    ///
    /// A population smaller than the sample counts as the sample itself.
    pub(crate) fn uniques(self, sizes: &[(u64, u64)], population: u64) -> Option<f64> {
        let persons: u64 = sizes.iter().map(|(s, n)| s * n).sum();
        let sample = Sample {
            sizes,
            persons: persons as f64,
            classes: sizes.iter().map(|(_, n)| *n).sum::<u64>() as f64,
            population: population.max(persons) as f64,
            fraction: persons as f64 / population.max(persons).max(1) as f64,
        };
        if sample.of_size(1) == 0.0 {
            return Some(0.0);
        }
        match self {
            Self::Zayatz => sample.zayatz(),
            Self::Snb => sample.snb(),
            Self::Pitman => sample.pitman(),
            Self::Dankar if sample.fraction <= 0.1 => sample.pitman().or_else(|| sample.zayatz()),
            Self::Dankar => match (sample.snb(), sample.zayatz()) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            },
        }
    }
}

impl Sample<'_> {
    fn of_size(&self, size: u64) -> f64 {
        self.sizes.iter().find(|s| s.0 == size).map_or(0.0, |s| s.1 as f64)
    }

    fn plausible(&self, uniques: f64) -> Option<f64> {
        (uniques.is_finite() && uniques >= 0.0 && uniques <= self.population).then_some(uniques)
    }

    /// The probability that a class of this size in the population has exactly one person in the sample.
    fn one_drawn(&self, size: f64) -> f64 {
        let (all, drawn) = (self.population, self.persons);
        if size > all - drawn + 1.0 {
            return 0.0;
        }
        let choose = |n: f64, k: f64| ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0);
        (size.ln() + choose(all - size, drawn - 1.0) - choose(all, drawn)).exp()
    }

    fn zayatz(&self) -> Option<f64> {
        let all: f64 = self.sizes.iter().map(|(s, n)| *n as f64 * self.one_drawn(*s as f64)).sum();
        let alone = self.of_size(1);
        self.plausible(alone * (alone * self.one_drawn(1.0) / all) / self.fraction)
    }

    /// Classes of the population by Shlosser's third estimator.
    fn classes_of_population(&self) -> f64 {
        let q = self.fraction;
        let sum = |term: &dyn Fn(f64) -> f64| self.sizes.iter().map(|(s, n)| *n as f64 * term(*s as f64)).sum::<f64>();
        let a = sum(&|i| i * q * q * (1.0 - q * q).powf(i - 1.0));
        let b = sum(&|i| (1.0 - q).powf(i) * ((1.0 + q).powf(i) - 1.0));
        let c = sum(&|i| (1.0 - q).powf(i));
        let d = sum(&|i| i * q * (1.0 - q).powf(i - 1.0));
        self.classes + self.of_size(1) * (a / b) * (c / d) * (c / d)
    }

    /// Fits α and β so that the expected sample classes of one and of two are those seen: classes of the population have size
    /// 1 + NB(α, β), of which each person is drawn with the sampling fraction.
    fn snb(&self) -> Option<f64> {
        let f = self.fraction;
        if f >= 1.0 {
            return self.plausible(self.of_size(1));
        }
        let classes = self.classes_of_population();
        let (one, two) = (self.of_size(1), self.of_size(2));
        let miss = |(x, y): (f64, f64)| {
            let (alpha, beta) = (x.exp(), 1.0 / (1.0 + (-y).exp()));
            let d = (1.0 - f) * (1.0 - beta);
            let stem = beta.powf(alpha) * (1.0 - d).powf(-alpha);
            let ones = classes * f * stem * (alpha * d / (1.0 - d) + 1.0);
            let twos =
                classes * f * f / 2.0 * alpha * (1.0 - beta) * stem * (2.0 + (alpha - 1.0) * d) / (1.0 - d).powi(2);
            ((ones - one) / one.max(1.0), (twos - two) / two.max(1.0))
        };
        let starts = [-2.0, 0.0, 1.5, -4.0, 3.0].into_iter().flat_map(|x| [0.0, -2.0, 2.0, -5.0].map(|y| (x, y)));
        let (x, y) = starts.into_iter().find_map(|start| newton(&miss, start))?;
        let (alpha, beta) = (x.exp(), 1.0 / (1.0 + (-y).exp()));
        self.plausible(classes * beta.powf(alpha))
    }

    fn pitman(&self) -> Option<f64> {
        if self.classes < 2.0 || self.classes >= self.persons {
            return None;
        }
        let alpha = maximum(|alpha| self.pitman_likelihood(self.pitman_theta(alpha), alpha), 1e-6, 1.0 - 1e-6);
        let theta = self.pitman_theta(alpha);
        let log = ln_gamma(theta + 1.0) - ln_gamma(theta + alpha) + alpha * self.population.ln();
        self.plausible(log.exp())
    }

    fn pitman_likelihood(&self, theta: f64, alpha: f64) -> f64 {
        let (u, n) = (self.classes, self.persons);
        let tables = (u - 1.0) * alpha.ln() + ln_gamma(theta / alpha + u) - ln_gamma(theta / alpha + 1.0);
        let seats = ln_gamma(theta + n) - ln_gamma(theta + 1.0);
        let at_one = ln_gamma(1.0 - alpha);
        let sizes = self.sizes.iter().filter(|s| s.0 > 1);
        let inside: f64 = sizes.map(|(s, c)| *c as f64 * (ln_gamma(*s as f64 - alpha) - at_one)).sum();
        tables - seats + inside
    }

    /// The θ at which the likelihood is greatest for an α: the root of its derivative, which falls.
    fn pitman_theta(&self, alpha: f64) -> f64 {
        let (u, n) = (self.classes, self.persons);
        let slope = |theta: f64| {
            (digamma(theta / alpha + u) - digamma(theta / alpha + 1.0)) / alpha
                - (digamma(theta + n) - digamma(theta + 1.0))
        };
        let (mut low, mut high) = (1e-6_f64.ln(), 1e12_f64.ln());
        for _ in 0..48 {
            let middle = f64::midpoint(low, high);
            if slope(middle.exp()) > 0.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        low.exp()
    }
}

/// Newton's method in two unknowns with differences for derivatives; none where it does not come to rest.
fn newton(miss: &impl Fn((f64, f64)) -> (f64, f64), start: (f64, f64)) -> Option<(f64, f64)> {
    const STEP: f64 = 1e-6;
    let size = |m: (f64, f64)| m.0.abs() + m.1.abs();
    let mut at = start;
    for _ in 0..60 {
        let here = miss(at);
        if size(here) < 1e-9 {
            return Some(at);
        }
        let (right, up) = (miss((at.0 + STEP, at.1)), miss((at.0, at.1 + STEP)));
        let (a, b) = ((right.0 - here.0) / STEP, (up.0 - here.0) / STEP);
        let (c, d) = ((right.1 - here.1) / STEP, (up.1 - here.1) / STEP);
        let determinant = a * d - b * c;
        let step = ((here.0 * d - here.1 * b) / determinant, (a * here.1 - c * here.0) / determinant);
        if !(step.0.is_finite() && step.1.is_finite()) {
            return None;
        }
        // Halved until it helps: far from the root a whole step can leave the world.
        let shorter =
            (0..20).map(|halvings| 0.5_f64.powi(halvings)).map(|part| (at.0 - part * step.0, at.1 - part * step.1));
        at = shorter.into_iter().find(|next| size(miss(*next)) < size(here))?;
    }
    None
}

/// The place of the maximum of a function of one peak, by golden section.
fn maximum(f: impl Fn(f64) -> f64, low: f64, high: f64) -> f64 {
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut a, mut b) = (low, high);
    let (mut c, mut d) = (b - golden * (b - a), a + golden * (b - a));
    let (mut at_c, mut at_d) = (f(c), f(d));
    for _ in 0..48 {
        if at_c > at_d {
            (b, d, at_d) = (d, c, at_c);
            c = b - golden * (b - a);
            at_c = f(c);
        } else {
            (a, c, at_c) = (c, d, at_d);
            d = a + golden * (b - a);
            at_d = f(d);
        }
    }
    f64::midpoint(a, b)
}

/// ln Γ(x) for x > 0, by Stirling's series after raising the argument.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut product) = (x, 1.0);
    while x < 12.0 {
        product *= x;
        x += 1.0;
    }
    let y = (x * x).recip();
    let series = (1.0 / 12.0 - y * (1.0 / 360.0 - y * (1.0 / 1260.0 - y / 1680.0))) / x;
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series - f64::ln(product)
}

/// ψ(x) for x > 0.
fn digamma(x: f64) -> f64 {
    let (mut x, mut sum) = (x, 0.0);
    while x < 8.0 {
        sum -= x.recip();
        x += 1.0;
    }
    let y = (x * x).recip();
    sum + x.ln() - 0.5 / x - y * (1.0 / 12.0 - y * (1.0 / 120.0 - y * (1.0 / 252.0 - y / 240.0)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use kiban_core::keyed_u64;

    use super::*;

    #[test]
    fn gamma_functions_have_their_known_values() {
        assert!((ln_gamma(5.0) - 24.0_f64.ln()).abs() < 1e-12);
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-12);
        assert!((digamma(1.0) + 0.577_215_664_901_532_9).abs() < 1e-10);
        assert!((digamma(10.5) - (ln_gamma(10.5 + 1e-5) - ln_gamma(10.5 - 1e-5)) / 2e-5).abs() < 1e-8);
    }

    /// Persons of a population in classes with a long tail, and which of them the sample takes.
    fn drawn(population: u64, fraction: f64) -> (BTreeMap<u64, u64>, u64) {
        let unit = |id: u64, what: &[u8]| keyed_u64(b"test", &[what, &id.to_be_bytes()]) as f64 / 2.0_f64.powi(64);
        let (mut all, mut sample) = (BTreeMap::new(), BTreeMap::new());
        for id in 0..population {
            let class = (unit(id, b"class").powf(-1.1) * 40.0) as u64;
            *all.entry(class).or_insert(0_u64) += 1;
            if unit(id, b"drawn") < fraction {
                *sample.entry(class).or_insert(0_u64) += 1;
            }
        }
        let mut sizes = BTreeMap::new();
        sample.values().for_each(|n| *sizes.entry(*n).or_insert(0) += 1);
        (sizes, all.values().filter(|n| **n == 1).count() as u64)
    }

    #[test]
    fn estimates_come_near_the_truth_of_a_drawn_population() {
        for fraction in [0.05, 0.3] {
            let (sizes, unique) = drawn(12_000, fraction);
            let found = PopulationUniques::of(&sizes, 12_000);
            let near = found.dankar.unwrap() / unique as f64;
            assert!((0.3..3.0).contains(&near), "{fraction}: {found:?} of {unique}");
            assert!(found.zayatz.is_some() && found.pitman.is_some(), "{found:?}");
        }
    }

    #[test]
    fn a_census_estimates_its_own_uniques_and_no_sample_unique_means_none() {
        let sizes = BTreeMap::from([(1, 30), (2, 20), (5, 10)]);
        let found = PopulationUniques::of(&sizes, 120);
        assert!((found.zayatz.unwrap() - 30.0).abs() < 1e-6, "{found:?}");
        assert_eq!(found.snb, Some(30.0));
        assert_eq!(PopulationUniques::of(&BTreeMap::from([(3, 4)]), 99).dankar, Some(0.0));
        assert_eq!(
            PopulationUniques::of(&BTreeMap::from([(1, 4)]), 99).pitman,
            None,
            "all unique fits no Pitman model"
        );
    }
}
