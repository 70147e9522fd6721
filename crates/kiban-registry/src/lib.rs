//! Operational state: facilities, filings, notices, objections, jobs and releases, on SQLite.
