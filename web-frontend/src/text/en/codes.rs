//! English texts per code: page titles, explanations of errors, and the names of events in the activity log.

/// Explains an error next to the form. Without an entry, the page shows the API's own detail.
pub(super) fn refusal(code: &str) -> Option<&'static str> {
    Some(match code {
        "email_taken" => "An account with this email address already exists.",
        "invalid_credentials" => "Incorrect email address or password.",
        "user_disabled" => "This account is disabled. Contact the site administrator.",
        "password_too_common" => "This password is too easy to guess. Choose another one.",
        "password_leaked" => "This password has appeared in a data breach. Choose another one.",
        "link_invalid" => "This link is no longer valid.",
        "invalid_code" => "This code is incorrect, expired or already used. Enter a new one.",
        "login_expired" => "Your sign-in timed out. Please sign in again.",
        "second_factor_required" => "Enter a code from your app or a recovery code as well.",
        "invalid_passkey" => "This passkey wasn’t accepted. Try again or use another method.",
        "passkey_known" => "This device already has a passkey for your account.",
        "passkey_not_found" => "This passkey no longer exists.",
        "too_many_passkeys" => "You’ve reached the maximum number of passkeys. Remove one first.",
        "invalid_name" => "Choose a name of 1 to 60 characters.",
        "last_factor" => {
            "This is your only second factor, and this site requires one. Add another one first."
        }
        "last_way_in" => "You couldn’t sign in without this method. Set up another one first.",
        "no_second_factor" => "Set up an authenticator app or a passkey first.",
        "factor_not_possible" => "This isn’t available on this site.",
        "totp_not_begun" => "Setup timed out. Please start again.",
        "totp_present" => "An authenticator app is already set up. Remove it first.",
        "confirmation_required" => "First, confirm that it’s you.",
        "mail_not_configured" => {
            "This site doesn’t send email. Ask the site administrator for a new password."
        }
        _ => return None,
    })
}

/// Explains an error on a page of its own. Without an entry, the page shows the API's own detail.
pub(super) fn detail(code: &str) -> Option<&'static str> {
    Some(match code {
        "not_found" => "There’s no page at this address.",
        "method_not_allowed" => "This page can’t be opened this way.",
        "internal_error" => "The error has been logged under the ID below.",
        "payload_too_large" => "The request is larger than this site allows.",
        "request_timeout" => "Please try again.",
        "missing_role" => {
            "Your account isn’t allowed to see this page. If you need it, contact the site administrator."
        }
        "ambiguous_path" => "This address contains characters that aren’t allowed here.",
        "bad_redirect" => {
            "The application at this address sent your browser to a page that can’t be reached."
        }
        "cross_site_request" => {
            "Requests from another site aren’t accepted. Please open this site directly and try again."
        }
        "missing_token" | "invalid_token" | "expired_token" | "session_revoked" | "user_not_found" => {
            "Please sign in. If that doesn’t help, contact the site administrator."
        }
        _ => return refusal(code),
    })
}

/// Titles of error pages, for codes whose API title is written for developers.
pub(super) fn title(code: &str) -> Option<&'static str> {
    Some(match code {
        "missing_role" => "No access to this page",
        "ambiguous_path" => "Invalid address",
        "bad_redirect" => "Page can’t be reached",
        "not_found" => "Page not found",
        "payload_too_large" => "Request too large",
        "missing_token" => "You’re not signed in",
        "invalid_token" => "Your session is invalid",
        "expired_token" => "Your session has expired",
        "session_revoked" => "Your session has ended",
        "user_not_found" => "Account not found",
        "user_disabled" => "Account disabled",
        "busy" => "Temporarily overloaded",
        "unavailable" => "Temporarily unavailable",
        "internal_error" => "Something went wrong",
        _ => return None,
    })
}

/// Names an event in the activity log.
pub(super) fn kind(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "signed_up" => "Account created",
        "signed_in" => "Signed in",
        "sign_in_failed" => "Failed sign-in or password check",
        "second_factor_failed" => "Second factor refused",
        "signed_out" => "Signed out",
        "session_ended" => "Device signed out",
        "sessions_ended" => "Sessions ended",
        "password_changed" => "Password changed",
        "password_reset_requested" => "Password reset requested",
        "password_reset" => "Password reset",
        "email_verified" => "Email address confirmed",
        "email_change_requested" => "Email address change requested",
        "email_changed" => "Email address changed",
        "totp_added" => "Authenticator app set up",
        "totp_removed" => "Authenticator app removed",
        "recovery_codes_made" => "Recovery codes generated",
        "recovery_code_used" => "Recovery code used",
        "passkey_added" => "Passkey added",
        "passkey_renamed" => "Passkey renamed",
        "passkey_removed" => "Passkey removed",
        "confirmed" => "Identity confirmed",
        "exported" => "Data downloaded",
        "account_disabled" => "Account disabled",
        "account_enabled" => "Account re-enabled",
        "account_deleted" => "Account deleted",
        "roles_changed" => "Roles changed",
        "factors_removed" => "Second factors removed by an administrator",
        "imported" => "Account imported from another system",
        _ => return None,
    })
}
