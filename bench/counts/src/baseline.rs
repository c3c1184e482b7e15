//! The baselines: committed counts with which later counts are compared.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::{environment::Environment, operation::Operation};

/// How many functions a baseline keeps per operation. These are the most expensive ones.
const FUNCTIONS_KEPT: usize = 60;

/// The kind of a baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The counts of the current state, with which a single change is compared.
    PerChange,
    /// The counts of the last release, with which all changes together are compared.
    SinceRelease,
}

impl Kind {
    /// Both kinds.
    pub(crate) const ALL: [Self; 2] = [Self::PerChange, Self::SinceRelease];

    /// The file that contains the baseline.
    pub(crate) const fn file_name(self) -> &'static str {
        match self {
            Self::PerChange => "baselines.json",
            Self::SinceRelease => "baselines-release.json",
        }
    }

    /// By how many percent a count may exceed the baseline.
    pub(crate) const fn limit_percent(self) -> f64 {
        match self {
            Self::PerChange => 3.0,
            Self::SinceRelease => 5.0,
        }
    }

    /// The name of the baseline in messages.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::PerChange => "the baseline",
            Self::SinceRelease => "the last release",
        }
    }
}

/// What one request costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cost {
    /// Instructions in user space.
    pub(crate) instructions: u64,
    /// Calls to `malloc`, `realloc` and the like.
    pub(crate) allocations: f64,
    /// Instructions of each function itself, without the functions that it calls.
    pub(crate) functions: BTreeMap<String, u64>,
    /// How far apart the counted windows were, in percent of the median.
    pub(crate) spread_percent: f64,
}

/// The costs of all operations, and the environment in which they were counted.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Baselines {
    pub(crate) environment: Environment,
    pub(crate) operations: BTreeMap<Operation, Cost>,
}

impl Baselines {
    /// Baselines with these costs.
    pub(crate) fn new(environment: Environment, measured: &BTreeMap<Operation, Cost>) -> Self {
        let mut operations = measured.clone();
        for cost in operations.values_mut() {
            let mut functions: Vec<_> = std::mem::take(&mut cost.functions).into_iter().collect();
            functions.sort_by_key(|(_, instructions)| std::cmp::Reverse(*instructions));
            functions.truncate(FUNCTIONS_KEPT);
            cost.functions = functions.into_iter().collect();
        }
        Self { environment, operations }
    }

    /// Reads the baselines from their file.
    pub(crate) fn load(folder: &Path, kind: Kind) -> anyhow::Result<Self> {
        let path = folder.join(kind.file_name());
        let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} has an unexpected format", path.display()))
    }

    /// Writes the baselines to their file.
    pub(crate) fn store(&self, folder: &Path, kind: Kind) -> anyhow::Result<()> {
        let path = folder.join(kind.file_name());
        let text = format!("{}\n", serde_json::to_string_pretty(self)?);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}
