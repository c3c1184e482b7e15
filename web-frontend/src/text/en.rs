//! English.

mod account;
mod codes;

use codes::refusal;

use super::{
    Address, Enrol, Field, Forgot, Form, Frame, Home, Logout, Passkey, Private, Problems, Register, Reset,
    Second, SignIn, Text, Time,
};

pub(crate) const EN: Text = Text {
    frame: Frame {
        skip: "Skip to content",
        navigation: "Signing in and out",
        sections: "Your account",
        account: "Account",
        sign_in: "Sign in",
        sign_up: "Sign up",
        sign_out: "Sign out",
        language: "Language",
        error: "Error: ",
        cancel: "Cancel",
    },
    field: Field {
        email: "E-mail address",
        new_email: "New e-mail address",
        password: "Password",
        current_password: "Current password",
        new_password: "New password",
        password_hint: "At least 8 characters. A passphrase or your password manager's choice is best.",
        show_password: "Show password",
        hide_password: "Hide password",
        strength: "Strength:",
        strengths: ["very weak", "weak", "fair", "good", "strong"],
        code: "Code",
        recovery_code: "Recovery code",
        code_or_recovery_code: "Code from your app, or a recovery code",
    },
    problem: Problems {
        title: |_| None,
        refusal,
        detail: |_| None,
        too_many_attempts: |wait| format!("There were too many attempts. Try again in {wait}."),
        still_signed_in: "If you were signed in, you still are. Reload the page in a moment.",
        stale_form: "The form was out of date, or your browser keeps no cookies. Please send it again.",
        start: "To the start page",
        number: "If you ask for help, tell this number:",
    },
    home: Home {
        title: "Welcome",
        headline: "The gate is open to those who belong.",
        signed_in: |email| format!("You are signed in as {email}."),
        signed_out: "Sign in once, stay signed in on this device, and see at any time where else you \
                     are.",
        to_private: "Go to the private page",
        sign_up: "Create an account",
        steps: [
            [
                "Sign in",
                "With your password or a passkey. Your session is kept in a cookie that no script can \
                 read.",
            ],
            [
                "Pass the guard",
                "Every request to a private page is checked: who you are, and that you still may.",
            ],
            [
                "Sign out",
                "Your session ends on the server, at once and everywhere, not just in this browser.",
            ],
        ],
    },
    private: Private {
        title: "Private page",
        badge: "You are inside",
        signed_in_as: "Signed in as",
        since: "Since",
        until: "Until",
        at_the_latest: "At the latest",
    },
    sign_in: SignIn {
        form: Form { title: "Sign in", intro: "", button: "Sign in" },
        next: |path| format!("Sign in to go on to {path}."),
        forgot: "Forgot your password?",
        no_account: "No account yet?",
        expired: "That took too long. Please sign in again.",
    },
    second: Second {
        form: Form {
            title: "One more step",
            intro: "Enter the code that your authenticator app shows now.",
            button: "Sign in",
        },
        with_passkey: "Confirm with your passkey that it is you.",
        with_recovery_code: "Enter one of the recovery codes that you have kept. Each works once.",
        to_recovery_code: "Use a recovery code",
        to_code: "Use a code from your app",
        start_over: "Start over",
    },
    enrol: Enrol {
        title: "Set up a second step",
        intro: "Here everybody signs in with a second step, so that a password alone opens nothing. It \
                takes a minute.",
        authenticator: Form {
            title: "Authenticator app",
            intro: "An app on your phone shows a code that you enter after your password.",
            button: "Set up an app",
        },
        passkey: Form {
            title: "Passkey",
            intro: "Your fingerprint, your face, a PIN or a security key. It cannot be phished.",
            button: "Set up a passkey",
        },
    },
    passkey: Passkey {
        sign_in: "Sign in with a passkey",
        use_one: "Use a passkey",
        or: "or",
        waiting: "Follow the steps that your browser shows.",
        cancelled: "Nothing was confirmed. Try again when you are ready.",
        known: "This device has a passkey for your account already.",
        failed: "That did not work. Try again, or choose another way.",
        needs_script: "Passkeys need JavaScript and a browser that knows them.",
    },
    register: Register {
        form: Form { title: "Create an account", intro: "", button: "Sign up" },
        have_account: "You have an account?",
        ready: "Your account is ready. Sign in to go on.",
        sent_title: "Check your mail",
        sent: |email| match email {
            Some(email) => format!("We have sent a message to {email}. Open the link in it to finish."),
            None => "We have sent you a message. Open the link in it to finish.".to_owned(),
        },
        sent_hint: "Nothing there after a few minutes? Look into the spam folder, and check the address.",
    },
    address: Address {
        form: Form {
            title: "Confirm your address",
            intro: "Enter your password to confirm that this address is yours.",
            button: "Confirm",
        },
        change: Form {
            title: "Change your address",
            intro: "From now on you sign in with this address.",
            button: "Use this address",
        },
        confirmed: "Your address is confirmed.",
        changed: "Your address is changed.",
        invalid_title: "This link does not work any more",
        invalid: "It has been used already, a newer one has taken its place, or its time is over.",
        invalid_hint: "If you have just used it, all is well: sign in.",
    },
    forgot: Forgot {
        form: Form {
            title: "Forgot your password?",
            intro: "Enter your address, and we send you a link with which you choose a new one.",
            button: "Send the link",
        },
        sent_title: "Check your mail",
        sent: |email| match email {
            Some(email) => format!(
                "If {email} has an account here, a message with a link is on its \
                                    way."
            ),
            None => "If this address has an account here, a message with a link is on its \
                     way."
                .to_owned(),
        },
        sent_hint: "The link works once and not for long. Nothing there? Look into the spam folder.",
        back: "Back to signing in",
    },
    reset: Reset {
        form: Form {
            title: "Choose a new password",
            intro: "You will be signed out on all devices.",
            button: "Save the password",
        },
        done: "Your password is changed. Sign in with the new one.",
        ask_again: "Ask for a new link",
    },
    logout: Logout {
        form: Form {
            title: "Sign out?",
            intro: "Your session on this device ends on every server at once.",
            button: "Sign out",
        },
        stay: "Stay signed in",
        done: "You are signed out.",
        not_now: "You are still signed in, since signing out is not possible just now. Try again \
                  shortly.",
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
