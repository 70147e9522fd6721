//! The closed lists of words that the report of a linkage speaks in.

use crate::words::words;

words!(
    /// What was asked.
    LinkageKind {
        /// `kiban dedupe`: which records of one table are one person.
        Dedupe = "dedupe",
        /// `kiban match`: which records of two tables are one person.
        Match = "match",
    }
);

words!(
    /// What became of a pair.
    PairOutcome {
        /// The two are one person.
        Joined = "joined",
        /// For a person to look at.
        Possible = "possible",
        /// Too unlikely to be looked at.
        Apart = "apart",
        /// Kept apart because people said that they are two.
        RefusedByPeople = "refused-by-people",
        /// Kept apart because facts contradict.
        RefusedConflict = "refused-conflict",
        /// Kept apart because two groups would have hung together by this pair alone.
        RefusedChain = "refused-chain",
    }
);

words!(
    /// Why a person is shown as a graph.
    ClusterPick {
        /// One of those with the most records.
        Largest = "largest",
        /// One of those that hang together by the least sure pair.
        WeakBridge = "weak-bridge",
    }
);
