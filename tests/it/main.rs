//! The integration suite: the real programs, spoken to as their users do.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that meets something unexpected must fail"
)]

mod accessibility;
mod account_pages;
mod bad_input;
mod browser;
mod client_address;
mod command;
mod concurrency;
mod database;
mod doctor;
mod faults;
mod frontend;
mod guard;
mod guessing;
mod import;
mod journey;
mod leave;
mod load;
mod mail_delivery;
mod mail_flows;
mod mailbox;
mod matrix;
mod operators;
mod outage;
mod pages;
mod passkey_engines;
mod passkeys;
mod person;
mod second_factors;
mod settings;
mod start;
