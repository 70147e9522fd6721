//! Why something could not be encoded or compared.

/// Says why something could not be encoded, compared or attacked; it carries no value of a patient.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A part of the secret can be guessed.
    #[error("a part of the secret is shorter than {least} bytes; draw {least} random bytes for each custodian")]
    ShortSecret {
        /// The least number of bytes.
        least: usize,
    },
    /// The parameters make no sense.
    #[error("the parameters cannot be used: {reason}")]
    Parameters {
        /// What is wrong and what to write.
        reason: &'static str,
    },
    /// The policy makes no sense.
    #[error("the policy cannot be used: {reason}")]
    Policy {
        /// What is wrong and what to write.
        reason: &'static str,
    },
    /// A patient stands twice in a batch.
    #[error("a patient stands twice in the batch; give each patient once")]
    Twice,
    /// Two sets do not compare.
    #[error("the two sets do not compare: {differs} differs; encode both again under one agreement")]
    Differs {
        /// What differs.
        differs: &'static str,
    },
    /// A set has another shape than its parameters say.
    #[error("an encoding has other filters or blocks than its parameters say, or the records are not sorted")]
    Malformed,
    /// A set is so small that a pair says whom it is about.
    #[error("a set has {records} records; the policy asks for {least} at least")]
    FewRecords {
        /// Its records.
        records: usize,
        /// What the policy asks for.
        least: usize,
    },
    /// The batch was compared as often as the policy allows.
    #[error("this batch was compared {budget} times already; encode a new batch under fresh keys")]
    Spent {
        /// How often the policy allows.
        budget: u32,
    },
}
