//! The account's pages.

use super::codes::kind;
use crate::text::{
    Activity, Authenticator, Confirm, Data, Delete, Email, Form, Overview, Passkeys, Password, RecoveryCodes,
    Sessions,
};

pub(super) const OVERVIEW: Overview = Overview {
    title: "Your account",
    since: |date| format!("Here since {date}"),
    security: "Signing in",
    data: "Your data",
    change: "Change",
    set_up: "Set up",
    look_after: "Manage",
    look: "View",
    on: "On",
    off: "Off",
    verified: "Confirmed",
    unverified: "Not confirmed",
    unverified_hint: "Confirm it by the link in a message from us, so that you can get back in if you \
                      forget your password.",
    resend: "Send the message",
    resent: "The message is on its way.",
    password_changed: |date| format!("Last changed {date}"),
    password_unchanged: "Not changed since you signed up",
    passkeys: |number| match number {
        0 => "None".to_owned(),
        1 => "1 passkey".to_owned(),
        _ => format!("{number} passkeys"),
    },
    codes_left: |number| match number {
        0 => "None left".to_owned(),
        1 => "1 left".to_owned(),
        _ => format!("{number} left"),
    },
    few_codes: |number| match number {
        0 => "You have no recovery codes. If you lose your device, you cannot get in. Make new ones."
            .to_owned(),
        1 => "You have one recovery code left. Make new ones before it is gone.".to_owned(),
        _ => format!("You have only {number} recovery codes left. Make new ones before they are gone."),
    },
    sessions: |number| match number {
        1 => "Signed in on this device alone".to_owned(),
        _ => format!("Signed in {number} times"),
    },
    no_second_factor: "Your password alone opens this account. A passkey or an app protects you even if \
                       somebody learns it.",
    required: "A second step is required here.",
};

pub(super) const PASSWORD: Password = Password {
    form: Form { title: "Change password", intro: "", button: "Change password" },
    end_others: "Sign out all other devices",
    wrong: "This password is wrong.",
    done: "Your password is changed.",
};

pub(super) const EMAIL: Email = Email {
    form: Form {
        title: "Change e-mail address",
        intro: "We send a link to the new address. It takes the place of the old one as soon as you open \
                it.",
        button: "Send the link",
    },
    present: "Your address now",
    done: |email| format!("We have sent a link to {email}. Your address changes once you confirm it there."),
    no_mail: "This site sends no mail, so the address cannot be changed here. Ask whoever runs it.",
};

pub(super) const AUTHENTICATOR: Authenticator = Authenticator {
    title: "Authenticator app",
    intro: "After your password you enter a code that an app on your phone shows. Any app for one-time \
            codes will do, and many password managers can do it, too.",
    begin: "Set up an app",
    scan: "Scan this picture with the app.",
    picture: "QR code for your authenticator app",
    by_hand: "Or enter this key by hand:",
    code_hint: "The app shows six digits. They change every 30 seconds.",
    again: "Show the picture again",
    confirm: "Switch on",
    on: "Your app is set up. You are asked for its code when you sign in.",
    remove: "Remove the app",
    remove_hint: "After that its codes are worth nothing, and you are not asked for one.",
    added: "Your app is set up.",
    removed: "Your app is removed.",
};

pub(super) const RECOVERY_CODES: RecoveryCodes = RecoveryCodes {
    title: "Recovery codes",
    intro: "With a recovery code you sign in when your phone or your passkey is not at hand. Each works \
            once.",
    left: |number| match number {
        0 => "You have no codes left.".to_owned(),
        1 => "You have 1 code left.".to_owned(),
        _ => format!("You have {number} codes left."),
    },
    none_yet: "You get your codes when you set up an authenticator app or a passkey.",
    make: "Make new codes",
    make_hint: "The old ones are worth nothing after that.",
    fresh_title: "Keep these recovery codes",
    fresh: "They are shown only now. Without them, and without your device, nobody can let you in.",
    keep: "Print this page, or put the codes into your password manager.",
    list: "Your recovery codes",
    kept: "I have kept them",
};

pub(super) const PASSKEYS: Passkeys = Passkeys {
    title: "Passkeys",
    intro: "With a passkey you sign in with your fingerprint, your face, a PIN or a security key. No \
            password can be stolen or guessed.",
    none: "You have no passkeys yet.",
    list: "Your passkeys",
    added_at: |date| format!("Added {date}"),
    used_at: |date| format!("Last used {date}"),
    never_used: "Not used yet",
    add_title: "Add a passkey",
    add: "Add a passkey",
    name: "Name",
    name_hint: "So that you know it again, such as \u{201c}My phone\u{201d}.",
    unnamed: "Passkey",
    rename: "Rename",
    rename_this: |name| format!("Rename: {name}"),
    save: "Save",
    remove: "Remove",
    remove_this: |name| format!("Remove: {name}"),
    added: "Your passkey is set up.",
    renamed: "The passkey has its new name.",
    removed: "The passkey is removed. Delete it on your device, too.",
    not_possible: "This site offers no passkeys. Ask whoever runs it.",
};

pub(super) const SESSIONS: Sessions = Sessions {
    title: "Devices",
    idle: |length| format!("You are signed out after {length} without a visit"),
    absolute: |length| format!("and after {length} in any case"),
    cap: |number| format!("You can be signed in {number} times; one more ends the oldest session."),
    this_one: "This device",
    browser_on: |browser, os| format!("{browser} on {os}"),
    unknown: "Unknown device",
    address: "Address",
    signed_in: "Signed in",
    last_seen: "Last seen",
    ends: "Ends",
    not_yet: "Not yet",
    end: "Sign out",
    end_this: |device| format!("Sign out: {device}"),
    end_others: "Sign out all other devices",
    end_others_hint: "You stay signed in here.",
    ended: "The device is signed out.",
    others_ended: |number| match number {
        0 => "There was no other device.".to_owned(),
        1 => "One other device is signed out.".to_owned(),
        _ => format!("{number} other devices are signed out."),
    },
};

pub(super) const ACTIVITY: Activity = Activity {
    title: "Activity",
    intro: "What happened with your account. If you do not recognise something, change your password and \
            sign out all other devices.",
    what: "What",
    when: "When",
    from: "From",
    none: "Nothing has happened yet.",
    older: "Older",
    newest: "Newest",
    kind,
};

pub(super) const DATA: Data = Data {
    title: "Your data",
    intro: "All that is kept about you here, in one file that people and programs can read (JSON).",
    download: "Download",
    never: "Your password is not in it: only a hash of it is kept.",
};

pub(super) const DELETE: Delete = Delete {
    form: Form {
        title: "Delete account",
        intro: "Your account and all that belongs to it are deleted at once. This cannot be undone.",
        button: "Delete my account",
    },
    sure: "I want my account to be deleted",
    not_sure: "Tick the box if you are sure.",
    done: "Your account is deleted.",
};

pub(super) const CONFIRM: Confirm = Confirm {
    form: Form {
        title: "Confirm that it is you",
        intro: "What you are about to do needs your password once more. You are not asked again for ten \
                minutes.",
        button: "Confirm",
    },
};
