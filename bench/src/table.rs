//! The printed table.

use crate::{
    machine::Machine,
    measured_row::{MeasuredRow, Target, TargetStatus},
    output,
    report::RunReport,
};

const HEADER: [&str; 10] =
    ["row", "floor", "value", "", "ratio", "spread", "per cpu", "cpu %", "target", "met"];

/// Prints a report.
pub(crate) fn print(report: &RunReport) {
    let Machine { model, cores, memory_mib, kernel, load } = &report.machine;
    let cores = cores.len();
    output::line(format_args!(
        "{cores} cores of {model}, {memory_mib} MiB of memory, Linux {kernel}, load average {load}"
    ));
    if !report.optimised {
        output::line(format_args!("debug build: the figures are meaningless"));
    }
    if report.quick {
        output::line(format_args!("quick run: the figures are rough"));
    }
    output::line(format_args!(""));
    let mut lines = vec![HEADER.map(str::to_owned)];
    lines.extend(report.rows.iter().map(cells));
    print_aligned(&lines);
    for measured in &report.rows {
        for note in &measured.notes {
            output::line(format_args!("  {}: {note}", measured.row));
        }
    }
    for failed in &report.failed {
        let status = if failed.wrong_answer { "WRONG ANSWER" } else { "not measured" };
        output::line(format_args!("  {}: {status}: {}", failed.row, failed.why));
    }
}

fn cells(measured: &MeasuredRow) -> [String; 10] {
    let dash = || "–".to_owned();
    let ratio = |value: f64| format!("{value:.3}");
    let bound = |value: f64| if measured.ratio.is_some() { ratio(value) } else { format_number(value) };
    let percentages = measured.cpu.map(|cpu| format!("{:.0}/{:.0}", cpu.floor * 100.0, cpu.row * 100.0));
    let met = match measured.met {
        TargetStatus::NoTarget => "–",
        TargetStatus::Met => "yes",
        TargetStatus::Missed => "NO",
    };
    [
        measured.row.clone(),
        measured.floor.map_or_else(dash, format_number),
        format_number(measured.value),
        measured.unit.clone(),
        measured.ratio.map_or_else(dash, ratio),
        format!("{}…{}", bound(measured.spread.smallest), bound(measured.spread.largest)),
        measured.ratio_per_cpu.map_or_else(dash, ratio),
        percentages.unwrap_or_else(dash),
        measured.target.map_or_else(dash, format_target),
        met.to_owned(),
    ]
}

fn format_target(target: Target) -> String {
    match target {
        Target::AtLeast(limit) => format!(">= {limit}"),
        Target::AtMost(limit) => format!("<= {limit}"),
    }
}

/// Formats a number with at least three significant digits.
pub(crate) fn format_number(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// Prints lines in columns. The first column is aligned to the left, the others to the right.
pub(crate) fn print_aligned<const COLUMNS: usize>(lines: &[[String; COLUMNS]]) {
    let mut widths = [0; COLUMNS];
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
