//! Two runs beside each other.

use crate::{
    output,
    report::{Measured, Report},
    table::{number, print_aligned},
};

/// Prints what became of each row.
pub(crate) fn print(before: &Report, after: &Report) {
    for (name, report) in [("A", before), ("B", after)] {
        let quick = if report.quick { ", quick" } else { "" };
        let debug = if report.optimised { "" } else { ", a debug build" };
        let (started, model) = (report.started, &report.machine.model);
        output::line(format_args!(
            "{name}: {started}, {} cores of {model}{quick}{debug}",
            report.machine.cores.len()
        ));
    }
    output::line(format_args!(""));
    let head = ["row", "A", "spread of A", "B", "spread of B", "B/A", "beyond both spreads"];
    let mut lines = vec![head.map(str::to_owned)];
    for old in &before.rows {
        if let Some(new) = after.rows.iter().find(|row| row.row == old.row) {
            lines.push(line(old, new));
        }
    }
    print_aligned(&lines);
    let named = |report: &Report| report.rows.iter().map(|row| row.row.clone()).collect::<Vec<_>>();
    let (old, new) = (named(before), named(after));
    for (name, rows, others) in [("A", &old, &new), ("B", &new, &old)] {
        for row in rows.iter().filter(|row| !others.contains(row)) {
            output::line(format_args!("  {row}: in {name} alone"));
        }
    }
}

fn line(old: &Measured, new: &Measured) -> [String; 7] {
    let show = |measured: &Measured, value: f64| match measured.ratio {
        Some(_) => format!("{value:.3}"),
        None => format!("{} {}", number(value), measured.unit),
    };
    let spread = |measured: &Measured| {
        format!("{}…{}", show(measured, measured.spread.0), show(measured, measured.spread.1))
    };
    let apart = old.spread.1 < new.spread.0 || new.spread.1 < old.spread.0;
    [
        old.row.clone(),
        show(old, old.figure()),
        spread(old),
        show(new, new.figure()),
        spread(new),
        format!("{:.3}", new.figure() / old.figure()),
        if apart { "yes" } else { "no" }.to_owned(),
    ]
}
