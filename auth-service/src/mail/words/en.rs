use super::{Phrase, Words};

pub(super) static WORDS: Words = Words {
    tag: "en",
    register: Phrase {
        subject: "Confirm your address for {site}",
        body: &[
            "Somebody, hopefully you, wants to open an account at {site} with the address {email}.",
            "If it was you, confirm the address and enter the password that you chose. If it was not, do nothing: \
             without this link there will be no account.",
        ],
        action: "Confirm address",
    },
    register_known: Phrase {
        subject: "You already have an account at {site}",
        body: &[
            "Somebody, perhaps you, wanted to open an account at {site} with the address {email}, which has one already.",
            "If it was you, just sign in; if you no longer know your password, choose a new one there. If it was not \
             you, there is nothing to do.",
        ],
        action: "Sign in",
    },
    verify: Phrase {
        subject: "Confirm your address for {site}",
        body: &[
            "Please confirm that {email} is your address, so that {site} can reach you if you lose your password.",
        ],
        action: "Confirm address",
    },
    reset: Phrase {
        subject: "Choose a new password for {site}",
        body: &[
            "Somebody, hopefully you, asked for a new password for the account {email} at {site}.",
            "Follow the link to choose one. All devices are signed out then. If it was not you, do nothing: your \
             password stays as it is.",
        ],
        action: "Choose a new password",
    },
    change_address: Phrase {
        subject: "Confirm your new address for {site}",
        body: &[
            "{email} is to become the address of an account at {site}. Follow the link to confirm it.",
            "If you know nothing of this, do nothing: nothing will change.",
        ],
        action: "Confirm new address",
    },
    address_taken: Phrase {
        subject: "This address already has an account at {site}",
        body: &[
            "Somebody, perhaps you, wanted to use {email} for another account at {site}. It has an account of its own \
             already, so nothing was changed.",
        ],
        action: "",
    },
    address_change_requested: Phrase {
        subject: "Your address at {site} is about to change",
        body: &[
            "The address of your account at {site} is to be changed to {email}. It changes as soon as that is \
             confirmed by the link that was sent there.",
        ],
        action: "",
    },
    address_changed: Phrase {
        subject: "Your address at {site} was changed",
        body: &["The address of your account at {site} is now {email}. Mails go there from now on."],
        action: "",
    },
    new_device: Phrase {
        subject: "New sign-in to {site}",
        body: &["Somebody signed in to your account {email} on a device that is new to it."],
        action: "",
    },
    password_changed: Phrase {
        subject: "Your password at {site} was changed",
        body: &["The password of your account {email} was changed."],
        action: "",
    },
    totp_added: Phrase {
        subject: "An authenticator app was added at {site}",
        body: &["Signing in to your account {email} now asks for a code of your authenticator app."],
        action: "",
    },
    totp_removed: Phrase {
        subject: "The authenticator app was removed at {site}",
        body: &["Signing in to your account {email} no longer asks for a code of your authenticator app."],
        action: "",
    },
    passkey_added: Phrase {
        subject: "A passkey was added at {site}",
        body: &["A new passkey can sign in to your account {email}."],
        action: "",
    },
    passkey_removed: Phrase {
        subject: "A passkey was removed at {site}",
        body: &["A passkey of your account {email} was removed. It can no longer sign in."],
        action: "",
    },
    recovery_codes_made: Phrase {
        subject: "New recovery codes at {site}",
        body: &["New recovery codes were made for your account {email}. The old ones are void."],
        action: "",
    },
    recovery_code_used: Phrase {
        subject: "A recovery code was used at {site}",
        body: &["One of the recovery codes of your account {email} was used. It is good no more."],
        action: "",
    },
    wrong_codes: Phrase {
        subject: "Wrong codes at {site}: somebody may know your password",
        body: &[
            "Somebody entered the right password of your account {email} and then several wrong codes. Without a right \
             code nobody gets in, but your password may be known to others.",
        ],
        action: "",
    },
    account_deleted: Phrase {
        subject: "Your account at {site} was deleted",
        body: &["The account {email} was deleted, with all that belonged to it."],
        action: "",
    },
    minutes: "The link is good for {n} minutes and works once.",
    hour: "The link is good for one hour and works once.",
    hours: "The link is good for {n} hours and works once.",
    link: "If the button does not work, open this link:",
    not_you: "Was it not you? Then choose a new password at once; that signs out all devices: {link}",
    not_you_factor: "Was it not you? Then choose a new password at once, {link}, which signs out all devices; sign in and \
                     remove what you did not add. A new password alone does not remove it.",
    device: "It was done {time} from {device}.",
    time: "on {day} {month} {year} at {clock} UTC",
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
    footer: "You get this mail because {email} was entered at {site}, {origin}.",
};
