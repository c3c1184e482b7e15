//! English.

mod account;
mod codes;

use codes::{detail, refusal, title};

use super::{
    AddressTexts, Enrol, Field, Forgot, Form, Frame, Home, Logout, Passkey, Private, Problems, Register,
    Reset, Second, SignIn, Text, Time,
};

pub(crate) const EN: Text = Text {
    frame: Frame {
        skip: "Skip to content",
        navigation: "Main menu",
        sections: "Account settings",
        account: "Account",
        sign_in: "Sign in",
        sign_up: "Create account",
        sign_out: "Sign out",
        language: "Language",
        error: "Error: ",
        cancel: "Cancel",
        one_moment: "One moment…",
        go_on: "Continue",
    },
    field: Field {
        email: "Email address",
        new_email: "New email address",
        password: "Password",
        current_password: "Current password",
        new_password: "New password",
        password_hint: "At least 8 characters. A passphrase or a generated password is best.",
        show_password: "Show password",
        hide_password: "Hide password",
        strength: "Strength:",
        strengths: ["very weak", "weak", "fair", "good", "strong"],
        code: "Code",
        recovery_code: "Recovery code",
        code_or_recovery_code: "Code from your app or recovery code",
    },
    problem: Problems {
        title,
        refusal,
        detail,
        too_many_attempts: |wait| format!("Too many attempts. Try again in {wait}."),
        still_signed_in: "If you were signed in, you still are. Reload the page in a moment.",
        stale_form: "This form has expired, or your browser is blocking cookies. Please try again.",
        home: "Go to the home page",
        request_id: "Quote this ID when you contact support:",
    },
    home: Home {
        title: "Welcome",
        headline: "Sign in once. Stay signed in on this device.",
        signed_in: |email| format!("You’re signed in as {email}."),
        signed_out: "See every device you’re signed in on, and sign out any of them at any time.",
        to_private: "Open the private page",
        sign_up: "Create account",
        steps: [
            [
                "Sign in",
                "Use your password or a passkey. Your session is stored in a cookie that scripts can’t read.",
            ],
            [
                "Open a private page",
                "Every request is checked: who you are, and whether you still have access.",
            ],
            ["Sign out", "Your session ends on the server right away, not just in this browser."],
        ],
    },
    private: Private {
        title: "Private page",
        badge: "Signed in",
        signed_in_as: "Signed in as",
        since: "Since",
        until: "Expires if inactive",
        at_the_latest: "Expires at the latest",
    },
    sign_in: SignIn {
        form: Form { title: "Sign in", intro: "", button: "Sign in" },
        next: |path| format!("Sign in to continue to {path}."),
        forgot: "Forgot your password?",
        no_account: "No account yet?",
        expired: "Your sign-in timed out. Please sign in again.",
    },
    second: Second {
        form: Form {
            title: "Two-factor authentication",
            intro: "Enter the code from your authenticator app.",
            button: "Sign in",
        },
        with_passkey: "Use your passkey to finish signing in.",
        with_recovery_code: "Enter one of your recovery codes. Each code works only once.",
        to_recovery_code: "Use a recovery code",
        to_code: "Use your authenticator app",
        start_over: "Start over",
    },
    enrol: Enrol {
        title: "Set up two-factor authentication",
        intro: "This site requires a second factor, so a password alone isn’t enough to sign in. Setup takes \
                about a minute.",
        authenticator: Form {
            title: "Authenticator app",
            intro: "An app on your phone shows a code that you enter after your password.",
            button: "Set up app",
        },
        passkey: Form {
            title: "Passkey",
            intro: "Use your fingerprint, face, PIN or security key. Protects you from phishing.",
            button: "Set up passkey",
        },
    },
    passkey: Passkey {
        sign_in: "Sign in with a passkey",
        use_one: "Use a passkey",
        or: "or",
        waiting: "Follow your browser’s instructions.",
        cancelled: "The passkey request wasn’t completed. Try again when you’re ready.",
        already_registered: "This device already has a passkey for your account.",
        failed: "Something went wrong. Try again or use another method.",
        needs_script: "Passkeys need JavaScript and a browser that supports them.",
    },
    register: Register {
        form: Form { title: "Create account", intro: "", button: "Create account" },
        have_account: "Already have an account?",
        ready: "Your account is ready. Sign in to continue.",
        sent_title: "Check your inbox",
        sent: |email| match email {
            Some(email) => format!("We’ve sent an email to {email}. Open the link in it to continue."),
            None => "We’ve sent you an email. Open the link in it to continue.".to_owned(),
        },
        sent_hint: "No email after a few minutes? Check your spam folder, and make sure the address is \
                    correct.",
    },
    address: AddressTexts {
        form: Form {
            title: "Confirm your email address",
            intro: "Enter your password to confirm that this email address is yours.",
            button: "Confirm",
        },
        change: Form {
            title: "Confirm your new email address",
            intro: "Enter your password to confirm. You’ll sign in with this address from then on.",
            button: "Confirm",
        },
        confirmed: "Your email address has been confirmed.",
        changed: "Your email address has been changed.",
        invalid_title: "This link is no longer valid",
        invalid: "It has expired, has already been used, or has been replaced by a newer link.",
        invalid_hint: "If you used it just now, everything worked. You can sign in.",
    },
    forgot: Forgot {
        form: Form {
            title: "Forgot your password?",
            intro: "Enter your email address, and we’ll send you a link to reset your password.",
            button: "Send link",
        },
        sent_title: "Check your inbox",
        sent: |email| match email {
            Some(email) => {
                format!("If there’s an account for {email}, you’ll get an email with a reset link soon.")
            }
            None => "If there’s an account for this address, you’ll get an email with a reset link soon."
                .to_owned(),
        },
        sent_hint: "The link works only once and expires soon. No email? Check your spam folder.",
        back: "Back to sign-in",
    },
    reset: Reset {
        form: Form {
            title: "Choose a new password",
            intro: "You’ll be signed out on all devices.",
            button: "Reset password",
        },
        done: "Your password has been reset. Sign in with your new password.",
        ask_again: "Request a new link",
    },
    logout: Logout {
        form: Form {
            title: "Sign out?",
            intro: "You’ll be signed out on this device right away.",
            button: "Sign out",
        },
        stay: "Stay signed in",
        done: "You’re signed out.",
        not_now: "You’re still signed in: signing out isn’t possible right now. Try again in a moment.",
    },
    overview: account::OVERVIEW,
    password: account::PASSWORD,
    email: account::EMAIL,
    authenticator: account::AUTHENTICATOR,
    recovery_codes: account::RECOVERY_CODES,
    passkeys: account::PASSKEYS,
    sessions: account::SESSIONS,
    activity: account::ACTIVITY,
    data: account::DATA,
    delete: account::DELETE,
    confirm: account::CONFIRM,
    time: Time {
        moment: |at| at.format("%-d %B %Y, %H:%M UTC").to_string(),
        units: [["second", "seconds"], ["minute", "minutes"], ["hour", "hours"], ["day", "days"]],
        and: " and ",
    },
};
