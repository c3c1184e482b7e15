//! What the harness prints.

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, Write},
};

use crate::{
    baseline::{Baselines, Cost},
    compare::{Excess, as_float, percent},
    operation::Operation,
};

/// Prints a line.
pub(crate) fn line(text: fmt::Arguments) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}

/// Prints the table of costs per request.
pub(crate) fn costs(measured: &BTreeMap<Operation, Cost>, baseline: Option<&Baselines>) -> io::Result<()> {
    line(format_args!(
        "{:<20} {:>12} {:>12} {:>9} {:>9} {:>12} {:>12} {:>9}",
        "operation",
        "instructions",
        "baseline",
        "change %",
        "spread %",
        "allocations",
        "baseline",
        "change %"
    ))?;
    for (operation, cost) in measured {
        let before = baseline.and_then(|baseline| baseline.operations.get(operation));
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        line(format_args!(
            "{:<20} {:>12} {:>12} {:>9} {:>9.2} {:>12.1} {:>12} {:>9}",
            operation.name(),
            cost.instructions,
            or_dash(before.map(|before| before.instructions.to_string())),
            or_dash(before.map(|before| {
                format!("{:+.2}", percent(as_float(before.instructions), as_float(cost.instructions)))
            })),
            cost.spread_percent,
            cost.allocations,
            or_dash(before.map(|before| format!("{:.1}", before.allocations))),
            or_dash(before.map(|before| format!("{:+.2}", percent(before.allocations, cost.allocations)))),
        ))?;
    }
    Ok(())
}

/// Prints the operations that cost too much, each with the functions that changed most.
pub(crate) fn excesses(excesses: &[Excess]) -> io::Result<()> {
    for excess in excesses {
        line(format_args!("\n{}", excess.sentence))?;
        line(format_args!("{:>10} {:>10} {:>10}  function", "now", "before", "change"))?;
        for change in &excess.functions {
            let sign = if change.now < change.before { '-' } else { '+' };
            let size = format!("{sign}{}", change.now.abs_diff(change.before));
            line(format_args!("{:>10} {:>10} {size:>10}  {}", change.now, change.before, change.name))?;
        }
    }
    line(format_args!(""))
}
