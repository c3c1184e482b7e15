use drawbridge_http::problem::Code;

use super::*;
use crate::language::Language;

#[test]
fn durations_are_written_in_words() {
    let of = |seconds| EN.time.length(seconds);
    assert_eq!(of(7 * 86_400), "7 days");
    assert_eq!(of(5400), "1 hour and 30 minutes");
    assert_eq!(of(86_400 + 3600 + 60), "1 day and 1 hour");
    assert_eq!((of(1), of(0)), ("1 second".into(), "0 seconds".into()));
}

#[test]
fn every_language_names_every_event() {
    let kinds = [
        "signed_up",
        "signed_in",
        "sign_in_failed",
        "second_factor_failed",
        "signed_out",
        "session_ended",
        "sessions_ended",
        "password_changed",
        "password_reset_requested",
        "password_reset",
        "email_verified",
        "email_change_requested",
        "email_changed",
        "totp_added",
        "totp_removed",
        "recovery_codes_made",
        "recovery_code_used",
        "passkey_added",
        "passkey_renamed",
        "passkey_removed",
        "confirmed",
        "exported",
        "account_disabled",
        "account_enabled",
        "account_deleted",
        "roles_changed",
        "factors_removed",
        "imported",
    ];
    for language in Language::ALL {
        for kind in kinds {
            assert!((language.text().activity.kind)(kind).is_some(), "{kind} in {language:?}");
        }
    }
}

#[test]
fn every_translation_has_a_title_for_every_problem() {
    for language in Language::ALL.into_iter().filter(|language| *language != Language::English) {
        for code in Code::ALL {
            assert!((language.text().problem.title)(code.as_str()).is_some(), "{code:?} in {language:?}");
        }
    }
}
