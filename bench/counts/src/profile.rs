//! Callgrind's output files.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, ensure};

/// The C library's functions that allocate memory. None of them calls another.
const ALLOCATING: [&str; 6] = ["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign"];

/// Functions of the C library's allocator. How much they execute depends on the state of the heap more than on the
/// caller, so only the calls are counted.
const ALLOCATOR: [&str; 19] = [
    "malloc",
    "calloc",
    "realloc",
    "free",
    "posix_memalign",
    "aligned_alloc",
    "memalign",
    "_int_malloc",
    "_int_free",
    "_int_realloc",
    "_int_memalign",
    "_mid_memalign",
    "unlink_chunk",
    "malloc_consolidate",
    "sysmalloc",
    "systrim",
    "alloc_perturb",
    "tcache_init",
    "arena_get2",
];

/// What the functions of a program executed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    /// Instructions of each function itself, without those of the functions it calls. The allocator is left out.
    pub(crate) functions: BTreeMap<String, u64>,
    /// Calls to functions that allocate memory.
    pub(crate) allocations: u64,
}

impl Profile {
    /// All instructions.
    pub(crate) fn instructions(&self) -> u64 {
        self.functions.values().sum()
    }

    /// Adds what another profile counted.
    pub(crate) fn add(&mut self, other: Self) {
        for (function, instructions) in other.functions {
            *self.functions.entry(function).or_default() += instructions;
        }
        self.allocations += other.allocations;
    }

    /// Reads an output file (format: Valgrind manual, "Callgrind Format Specification").
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let mut profile = Self::default();
        let mut names = HashMap::new();
        let (mut function, mut callee, mut is_call_cost) = (String::new(), String::new(), false);
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("fn=") {
                function = resolve(&mut names, name)?;
            } else if let Some(name) = line.strip_prefix("cfn=") {
                callee = resolve(&mut names, name)?;
            } else if let Some(call) = line.strip_prefix("calls=") {
                if ALLOCATING.contains(&callee.as_str()) {
                    let count = call.split(' ').next().and_then(|count| count.parse::<u64>().ok());
                    profile.allocations += count.with_context(|| format!("no number of calls: {line}"))?;
                }
                is_call_cost = true;
            } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
                // The line after `calls=` has the cost of the callee, which appears under its own name.
                if !std::mem::take(&mut is_call_cost) && !is_of_allocator(&function) {
                    let cost = line.split(' ').nth(1).and_then(|cost| cost.parse::<u64>().ok());
                    let cost = cost.with_context(|| format!("no cost: {line}"))?;
                    *profile.functions.entry(function.clone()).or_default() += cost;
                }
            }
        }
        Ok(profile)
    }
}

fn is_of_allocator(function: &str) -> bool {
    // Compilers append suffixes such as `.part.0` and `.constprop.0`, and callgrind `'2` for recursion.
    let name = function.split(['.', '\'']).next().unwrap_or(function);
    ALLOCATOR.contains(&name)
}

/// The name in `(id) name`, which later lines refer to as `(id)`.
fn resolve(names: &mut HashMap<String, String>, text: &str) -> anyhow::Result<String> {
    let (id, name) = text.split_once(' ').unwrap_or((text, ""));
    if !name.is_empty() {
        names.insert(id.to_owned(), without_hash(name).to_owned());
    }
    ensure!(names.contains_key(id), "the name of {id} is missing");
    Ok(names.get(id).cloned().unwrap_or_default())
}

/// The name of a Rust function without the hash that differs from build to build.
fn without_hash(name: &str) -> &str {
    match name.rsplit_once("::h") {
        Some((path, hash)) if hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => path,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "version: 1\npositions: line\nevents: Ir\n\nfl=(1) a.rs\nfn=(1) app::handle::h0123456789abcdef\n\
        0 100\ncfi=(2) malloc.c\ncfn=(2) malloc\ncalls=3 0\n0 60\n0 7\n\nfn=(2)\n0 60\n\nfn=(3) memcpy\n0 5\n";

    #[test]
    fn instructions_are_counted_without_the_allocator() {
        let profile = Profile::parse(TEXT).unwrap();

        let functions = [("app::handle".to_owned(), 107), ("memcpy".to_owned(), 5)];
        assert_eq!(profile, Profile { functions: functions.into(), allocations: 3 });
    }

    #[test]
    fn profiles_of_several_threads_add_up() {
        let mut profile = Profile::parse(TEXT).unwrap();

        profile.add(Profile::parse(TEXT).unwrap());

        assert_eq!(profile.functions["memcpy"], 10);
        assert_eq!(profile.allocations, 6);
    }

    #[test]
    fn an_unknown_name_is_an_error() {
        assert!(Profile::parse("fn=(9)\n0 1\n").is_err());
    }
}
