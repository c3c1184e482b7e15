//! The table.

use crate::{
    machine::Machine,
    output,
    report::{Measured, Report, Target},
};

/// Prints the run.
pub(crate) fn print(report: &Report) {
    let Machine { model, cores, memory_mib, kernel, load } = &report.machine;
    let cores = cores.len();
    output::line(format_args!(
        "{cores} cores of {model}, {memory_mib} MiB, Linux {kernel}, load before {load}"
    ));
    if !report.optimised {
        output::line(format_args!("a debug build: the figures say nothing about the product"));
    }
    if report.quick {
        output::line(format_args!("a quick run: the figures are rough"));
    }
    output::line(format_args!(""));
    let head = ["row", "floor", "value", "", "ratio", "spread", "per cpu", "cpu %", "target", "met"];
    let mut lines = vec![head.map(str::to_owned)];
    lines.extend(report.rows.iter().map(line));
    print_aligned(&lines);
    for measured in &report.rows {
        for note in &measured.notes {
            output::line(format_args!("  {}: {note}", measured.row));
        }
    }
    for failed in &report.failed {
        let how = if failed.wrong_answer { "WRONG ANSWER" } else { "not measured" };
        output::line(format_args!("  {}: {how}: {}", failed.row, failed.why));
    }
}

fn line(measured: &Measured) -> [String; 10] {
    let dash = || "–".to_owned();
    let plain = |value: f64| if measured.ratio.is_some() { format!("{value:.3}") } else { number(value) };
    let (smallest, largest) = measured.spread;
    let met = measured.met.map_or_else(dash, |met| if met { "yes" } else { "NO" }.to_owned());
    [
        measured.row.clone(),
        measured.floor.map_or_else(dash, number),
        number(measured.value),
        measured.unit.clone(),
        measured.ratio.map_or_else(dash, |ratio| format!("{ratio:.3}")),
        format!("{}…{}", plain(smallest), plain(largest)),
        measured.ratio_per_cpu.map_or_else(dash, |ratio| format!("{ratio:.3}")),
        measured.cpu.map_or_else(dash, |(floor, row)| format!("{:.0}/{:.0}", floor * 100.0, row * 100.0)),
        measured.target.map_or_else(dash, target),
        met,
    ]
}

fn target(target: Target) -> String {
    match target {
        Target::AtLeast(limit) => format!(">= {limit}"),
        Target::AtMost(limit) => format!("<= {limit}"),
    }
}

/// Three digits at least, and no more than are worth anything.
pub(crate) fn number(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// Prints lines in columns, the first on the left and the others on the right.
pub(crate) fn print_aligned<const N: usize>(lines: &[[String; N]]) {
    let mut widths = [0; N];
    for line in lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.chars().count().max(*width);
        }
    }
    for line in lines {
        let cells = line.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
            if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        output::line(format_args!("{}", cells.collect::<Vec<_>>().join("  ").trim_end()));
    }
}
