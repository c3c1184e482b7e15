//! Comparison of two runs.

use crate::{
    measured_row::MeasuredRow,
    output,
    report::RunReport,
    table::{format_number, print_aligned},
};

const HEADER: [&str; 7] = ["row", "A", "spread of A", "B", "spread of B", "B/A", "spreads disjoint"];

/// Prints each row that both runs contain, and names the others.
pub(crate) fn print(a: &RunReport, b: &RunReport) {
    print_run("A", a);
    print_run("B", b);
    output::line(format_args!(""));
    let mut lines = vec![HEADER.map(str::to_owned)];
    for row_of_a in &a.rows {
        if let Some(row_of_b) = b.rows.iter().find(|row| row.row == row_of_a.row) {
            lines.push(cells(row_of_a, row_of_b));
        }
    }
    print_aligned(&lines);
    print_rows_missing_in(b, "A", a);
    print_rows_missing_in(a, "B", b);
}

fn print_run(name: &str, report: &RunReport) {
    let quick = if report.quick { ", quick run" } else { "" };
    let debug = if report.optimised { "" } else { ", debug build" };
    let cores = report.machine.cores.len();
    let model = &report.machine.model;
    output::line(format_args!("{name}: {}, {cores} cores of {model}{quick}{debug}", report.started));
}

fn print_rows_missing_in(other: &RunReport, name: &str, report: &RunReport) {
    for row in &report.rows {
        if !other.rows.iter().any(|candidate| candidate.row == row.row) {
            output::line(format_args!("  {}: only in {name}", row.row));
        }
    }
}

fn cells(a: &MeasuredRow, b: &MeasuredRow) -> [String; 7] {
    [
        a.row.clone(),
        format_figure(a, a.comparable_figure()),
        format_spread(a),
        format_figure(b, b.comparable_figure()),
        format_spread(b),
        format!("{:.3}", b.comparable_figure() / a.comparable_figure()),
        if a.spread.is_disjoint_from(b.spread) { "yes" } else { "no" }.to_owned(),
    ]
}

fn format_spread(measured: &MeasuredRow) -> String {
    let smallest = format_figure(measured, measured.spread.smallest);
    let largest = format_figure(measured, measured.spread.largest);
    format!("{smallest}…{largest}")
}

/// Formats a ratio, or a value with its unit if the row has no floor.
fn format_figure(measured: &MeasuredRow, figure: f64) -> String {
    match measured.ratio {
        Some(_) => format!("{figure:.3}"),
        None => format!("{} {}", format_number(figure), measured.unit),
    }
}
