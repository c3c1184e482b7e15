//! E-mail texts in English.

use super::phrases::{Phrase, Words};

pub(super) static WORDS: Words = Words {
    tag: "en",
    register: Phrase {
        subject: "Confirm your email address for {site}",
        body: &[
            "Someone, hopefully you, wants to create an account on {site} with the email address {email}.",
            "To create it, confirm the address and enter the password you chose. If this wasn’t you, you can \
             ignore this email: without this link, no account is created.",
        ],
        action: "Confirm email address",
    },
    register_known: Phrase {
        subject: "You already have an account on {site}",
        body: &[
            "Someone, perhaps you, tried to create an account on {site} with the email address {email}. \
             There is already an account with this address.",
            "If it was you, just sign in. If you’ve forgotten your password, you can reset it on the sign-in \
             page. If it wasn’t you, there’s nothing you need to do.",
        ],
        action: "Sign in",
    },
    verify: Phrase {
        subject: "Confirm your email address for {site}",
        body: &[
            "Please confirm that {email} is your email address, so that {site} can send you a link if you \
             forget your password.",
        ],
        action: "Confirm email address",
    },
    reset: Phrase {
        subject: "Reset your password for {site}",
        body: &[
            "Someone, hopefully you, asked to reset the password of the account {email} on {site}.",
            "Follow the link to choose a new password. You’ll be signed out on all devices. If this wasn’t \
             you, you can ignore this email: your password won’t change.",
        ],
        action: "Choose a new password",
    },
    change_address: Phrase {
        subject: "Confirm your new email address for {site}",
        body: &[
            "Someone, hopefully you, wants to use {email} as the new email address of an account on {site}. \
             Please confirm the change.",
            "If this wasn’t you, you can ignore this email: nothing will change.",
        ],
        action: "Confirm email address",
    },
    address_taken: Phrase {
        subject: "This email address already has an account on {site}",
        body: &[
            "Someone, perhaps you, tried to use {email} for another account on {site}. The address already \
             belongs to an account, so nothing was changed.",
        ],
        action: "",
    },
    address_change_requested: Phrase {
        subject: "Your email address on {site} is about to change",
        body: &[
            "The email address of your account on {site} will change to {email} as soon as the new address \
             is confirmed. We’ve sent a confirmation link there.",
        ],
        action: "",
    },
    address_changed: Phrase {
        subject: "Your email address on {site} was changed",
        body: &[
            "The email address of your account on {site} is now {email}. From now on, we’ll send emails to \
             that address.",
        ],
        action: "",
    },
    new_device: Phrase {
        subject: "New sign-in to {site}",
        body: &["Someone signed in to your account {email} from a new device."],
        action: "",
    },
    password_changed: Phrase {
        subject: "Your password for {site} was changed",
        body: &["The password of your account {email} was changed."],
        action: "",
    },
    totp_added: Phrase {
        subject: "Authenticator app set up on {site}",
        body: &["Signing in to your account {email} now requires a code from an authenticator app."],
        action: "",
    },
    totp_removed: Phrase {
        subject: "Authenticator app removed on {site}",
        body: &["Signing in to your account {email} no longer requires a code from your authenticator app."],
        action: "",
    },
    passkey_added: Phrase {
        subject: "Passkey added on {site}",
        body: &["A passkey was added to your account {email}. It can now be used to sign in."],
        action: "",
    },
    passkey_removed: Phrase {
        subject: "Passkey removed on {site}",
        body: &["A passkey was removed from your account {email}. It can no longer be used to sign in."],
        action: "",
    },
    recovery_codes_made: Phrase {
        subject: "New recovery codes for {site}",
        body: &["New recovery codes were generated for your account {email}. The old codes no longer work."],
        action: "",
    },
    recovery_code_used: Phrase {
        subject: "Recovery code used on {site}",
        body: &["One of the recovery codes of your account {email} was used. It won’t work again."],
        action: "",
    },
    wrong_codes: Phrase {
        subject: "Someone may know your password for {site}",
        body: &[
            "Someone entered the correct password for your account {email}, followed by several incorrect \
             codes. They can’t sign in without a correct code, but they may know your password.",
        ],
        action: "",
    },
    account_deleted: Phrase {
        subject: "Your account on {site} was deleted",
        body: &["Your account {email} and all its data have been deleted."],
        action: "",
    },
    minutes: "The link is valid for {n} minutes and works only once.",
    hour: "The link is valid for one hour and works only once.",
    hours: "The link is valid for {n} hours and works only once.",
    link: "If the button doesn’t work, open this link:",
    not_you: "If this wasn’t you, reset your password right away to sign out all devices: {link}",
    not_you_factor: "If this wasn’t you, reset your password right away at {link} to sign out all devices. \
                     Then sign in and remove anything you didn’t add, because resetting the password doesn’t \
                     remove it.",
    device: "This happened {time} from {device}.",
    time: "on {day} {month} {year} at {clock} UTC",
    first_day: "1",
    clock: "%H:%M",
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    on: "{browser} on {system}",
    unknown_device: "an unknown device",
    footer: "You’re receiving this email because the address {email} was entered on {site}: {origin}",
};
