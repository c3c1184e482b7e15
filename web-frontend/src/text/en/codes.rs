//! What has a code: refusals, and what happened with an account.

pub(super) fn refusal(code: &str) -> Option<&'static str> {
    Some(match code {
        "email_taken" => "This address has an account already.",
        "invalid_credentials" => "The e-mail address or the password is wrong.",
        "user_disabled" => "This account is disabled. Ask whoever runs this site.",
        "password_too_common" => "This password is one of those that are tried first. Choose another.",
        "link_invalid" => "This link does not work any more.",
        "invalid_code" => "This code is wrong, or its time is over. Enter the one that is shown now.",
        "login_expired" => "That took too long. Please sign in again.",
        "second_factor_required" => "Enter a code, too.",
        "invalid_passkey" => "This passkey was not accepted. Try again, or choose another way.",
        "passkey_known" => "This device has a passkey for your account already.",
        "passkey_not_found" => "This passkey is not there any more.",
        "last_factor" => "This is your last second step, and one is required here. Set up another first.",
        "last_way_in" => "Without it you could not sign in any more. Set up another way first.",
        "no_second_factor" => "Set up an authenticator app or a passkey first.",
        "totp_not_begun" => "That took too long. Begin again.",
        "confirmation_required" => "Confirm first that it is you.",
        "mail_not_configured" => {
            "This site sends no mail. Ask whoever runs it to set a new password for you."
        }
        "password_leaked" => "This password is known from a leak of another site. Choose another.",
        "factor_not_possible" => "This is not possible here. Ask whoever runs this site.",
        "totp_present" => "An authenticator app is set up already. Remove it first.",
        "too_many_passkeys" => "You have as many passkeys as you may have. Remove one first.",
        "invalid_name" => "Choose a name of 1 to 60 characters.",
        _ => return None,
    })
}

pub(super) fn kind(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "signed_up" => "Account created",
        "signed_in" => "Signed in",
        "sign_in_failed" => "Wrong password",
        "second_factor_failed" => "Wrong code",
        "signed_out" => "Signed out",
        "session_ended" => "A device was signed out",
        "sessions_ended" => "Other devices were signed out",
        "password_changed" => "Password changed",
        "password_reset_requested" => "Asked for a new password",
        "password_reset" => "New password set by a link",
        "email_verified" => "Address confirmed",
        "email_change_requested" => "Asked for another address",
        "email_changed" => "Address changed",
        "totp_added" => "Authenticator app set up",
        "totp_removed" => "Authenticator app removed",
        "recovery_codes_made" => "Recovery codes made",
        "recovery_code_used" => "Recovery code used",
        "passkey_added" => "Passkey added",
        "passkey_renamed" => "Passkey renamed",
        "passkey_removed" => "Passkey removed",
        "confirmed" => "Confirmed that it is you",
        "exported" => "Data downloaded",
        "account_disabled" => "Account disabled",
        "account_enabled" => "Account enabled again",
        "account_deleted" => "Account deleted",
        "roles_changed" => "Roles changed",
        "factors_removed" => "Second factors removed by an operator",
        "imported" => "Account brought over from another system",
        _ => return None,
    })
}
