//! The integration suite: the real programs, used the way their users do.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a test that meets something unexpected must fail"
)]

mod accessibility;
mod account_pages;
mod api_documents;
mod app_kind;
mod article_client;
mod audiences;
mod bad_input;
mod browser;
mod change_feed;
mod client_address;
mod command;
mod concurrency;
mod database;
mod discovery;
mod doctor;
mod draining;
mod example_guard;
mod faults;
mod forgery;
mod frontend;
mod frontend_file;
mod frontends;
mod guard;
mod guessing;
mod guides;
mod identity;
mod import;
mod import_interrupted;
mod journey;
mod key_header;
mod load;
mod mail_delivery;
mod mail_flows;
mod mailbox;
mod matrix;
mod observability;
mod operators;
mod origin_outage;
mod origins_of_deployment;
mod outage;
mod pages;
mod passkey_engines;
mod passkeys;
mod person;
mod private_authority;
mod proxied_memory;
mod public_verify;
mod readme;
mod return_browser;
mod return_urls;
mod second_factors;
mod secrets;
mod settings;
mod shutdown;
mod sign_in_browser;
mod slow_followers;
mod start;
mod up_addresses;
mod upstream_connections;
mod upstream_cookies;
mod upstream_outage;
mod web_frontend_key;
