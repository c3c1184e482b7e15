//! The account pages in English.

use super::codes::kind;
use crate::text::{
    Activity, AuthenticatorTexts, Confirm, Data, Delete, EmailTexts, Form, Overview, PasskeyTexts,
    PasswordTexts, RecoveryCodes, SessionTexts,
};

pub(super) const OVERVIEW: Overview = Overview {
    title: "Your account",
    created: |date| format!("Account created on {date}"),
    security: "Sign-in and security",
    data: "Data and privacy",
    change: "Change",
    set_up: "Set up",
    manage: "Manage",
    view: "View",
    on: "On",
    off: "Not set up",
    verified: "Confirmed",
    unverified: "Not confirmed",
    unverified_hint: "Confirm your email address so that you can reset your password if you forget it.",
    resend: "Send confirmation email",
    resent: "We’ve sent you an email with a confirmation link.",
    password_changed: |date| format!("Last changed on {date}"),
    password_unchanged: "Never changed",
    passkeys: |number| match number {
        0 => "None yet".to_owned(),
        1 => "1 passkey".to_owned(),
        _ => format!("{number} passkeys"),
    },
    codes_left: |number| match number {
        0 => "None left".to_owned(),
        _ => format!("{number} left"),
    },
    few_codes: |number| match number {
        0 => {
            "You have no recovery codes. If you lose your device, you won’t be able to sign in. Generate new \
             codes now."
                .to_owned()
        }
        1 => "You have only one recovery code left. Generate new codes soon.".to_owned(),
        _ => format!("You have only {number} recovery codes left. Generate new codes soon."),
    },
    sessions: |number| match number {
        1 => "Signed in on this device only".to_owned(),
        _ => format!("Signed in on {number} devices"),
    },
    no_second_factor: "Your account is protected by a password only. Add a passkey or an authenticator app \
                       to keep it safe even if someone learns your password.",
    required: "Two-factor authentication required",
};

pub(super) const PASSWORD: PasswordTexts = PasswordTexts {
    form: Form { title: "Change password", intro: "", button: "Change password" },
    end_others: "Sign out all other devices",
    wrong: "Incorrect password.",
    done: "Your password has been changed.",
};

pub(super) const EMAIL: EmailTexts = EmailTexts {
    form: Form {
        title: "Change email address",
        intro: "We’ll send a link to the new address. Once you confirm it, it replaces the current one.",
        button: "Send link",
    },
    present: "Current email address",
    done: |email| format!("We’ve sent a link to {email}. Open it to confirm your new email address."),
    no_mail: "This site doesn’t send email, so you can’t change your address here. Contact the site \
              administrator.",
};

pub(super) const AUTHENTICATOR: AuthenticatorTexts = AuthenticatorTexts {
    title: "Authenticator app",
    intro: "When you sign in, you enter a code from an app on your phone after your password. Any \
            authenticator app works, and so do many password managers.",
    set_up: "Set up app",
    scan: "Scan this QR code with your authenticator app.",
    qr_code_label: "QR code for your authenticator app",
    manual_entry: "Or enter this key manually:",
    code_hint: "Enter the six-digit code from the app. It changes every 30 seconds.",
    new_qr_code: "Show a new QR code",
    turn_on: "Turn on",
    on: "Your authenticator app is set up. You’ll be asked for a code when you sign in.",
    remove: "Remove app",
    remove_hint: "Codes from the app will stop working, and you’ll no longer be asked for them.",
    added: "Your authenticator app is set up.",
    removed: "Your authenticator app has been removed.",
};

pub(super) const RECOVERY_CODES: RecoveryCodes = RecoveryCodes {
    title: "Recovery codes",
    intro: "Use a recovery code to sign in when you don’t have your phone or passkey with you. Each code \
            works only once.",
    left: |number| match number {
        0 => "You have no codes left.".to_owned(),
        1 => "You have 1 code left.".to_owned(),
        _ => format!("You have {number} codes left."),
    },
    none_yet: "You’ll get recovery codes when you set up an authenticator app or a passkey.",
    generate: "Generate new codes",
    generate_hint: "Your current codes will stop working.",
    new_title: "Save your recovery codes",
    new_intro: "You won’t see these codes again. You’ll need them if you lose your phone or passkey.",
    save_hint: "Print this page or store the codes in your password manager.",
    list: "Your recovery codes",
    saved: "I’ve saved my codes",
};

pub(super) const PASSKEYS: PasskeyTexts = PasskeyTexts {
    title: "Passkeys",
    intro: "With a passkey, you sign in with your fingerprint, face, PIN or security key. There’s no \
            password to steal or guess.",
    none: "You have no passkeys yet.",
    list: "Your passkeys",
    added_at: |date| format!("Added on {date}"),
    used_at: |date| format!("Last used on {date}"),
    never_used: "Not used yet",
    add_title: "Add a passkey",
    add: "Add passkey",
    name: "Name",
    name_hint: "A name that helps you tell your passkeys apart, such as “My phone”.",
    unnamed: "Passkey",
    rename: "Rename",
    rename_this: |name| format!("Rename: {name}"),
    save: "Save",
    remove: "Remove",
    remove_this: |name| format!("Remove: {name}"),
    added: "Your passkey has been added.",
    renamed: "The passkey has been renamed.",
    removed: "The passkey has been removed. Delete it from your device, too.",
    not_possible: "Passkeys aren’t available on this site.",
};

pub(super) const SESSIONS: SessionTexts = SessionTexts {
    title: "Devices",
    idle: |length| format!("You’re signed out automatically after {length} of inactivity,"),
    absolute: |length| format!("and no later than {length} after signing in"),
    cap: |number| match number {
        1 => "You can be signed in on one device at a time. Signing in on another one signs this one out."
            .to_owned(),
        _ => format!(
            "You can be signed in on up to {number} devices. Signing in on another one signs out the device \
             that has been signed in the longest."
        ),
    },
    this_one: "This device",
    browser_on: |browser, os| format!("{browser} on {os}"),
    unknown: "Unknown device",
    address: "IP address",
    signed_in: "Signed in",
    last_seen: "Last active",
    ends: "Expires",
    not_yet: "Not yet",
    end: "Sign out",
    end_this: |device| format!("Sign out: {device}"),
    end_others: "Sign out all other devices",
    end_others_hint: "You’ll stay signed in on this device.",
    ended: "The device has been signed out.",
    others_ended: |number| match number {
        0 => "You weren’t signed in on any other device.".to_owned(),
        1 => "1 other device has been signed out.".to_owned(),
        _ => format!("{number} other devices have been signed out."),
    },
};

pub(super) const ACTIVITY: Activity = Activity {
    title: "Activity",
    intro: "Sign-ins and changes to your account. If something looks unfamiliar, change your password and \
            sign out all other devices.",
    event: "Event",
    date: "Date",
    device: "Device",
    none: "No activity yet.",
    older: "Older",
    newest: "Newest",
    kind,
};

pub(super) const DATA: Data = Data {
    title: "Your data",
    intro: "Everything this site stores about you, in a single JSON file.",
    download: "Download",
    never: "Your password isn’t included. Only a hash of it is stored.",
};

pub(super) const DELETE: Delete = Delete {
    form: Form {
        title: "Delete account",
        intro: "Your account and all its data will be deleted immediately. This can’t be undone.",
        button: "Delete account",
    },
    sure: "Yes, delete my account",
    not_sure: "Select the checkbox to confirm.",
    done: "Your account has been deleted.",
};

pub(super) const CONFIRM: Confirm = Confirm {
    form: Form {
        title: "Confirm it’s you",
        intro: "Enter your password to continue. You won’t be asked again for ten minutes.",
        button: "Confirm",
    },
    missing_factor_title: "A second factor is required",
    missing_factor: "This page is only for users who have signed in with a second factor. Set up a passkey or \
                     an authenticator app, and open the page again.",
};
