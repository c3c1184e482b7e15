use super::{Phrase, Words};

pub(super) static WORDS: Words = Words {
    tag: "de",
    register: Phrase {
        subject: "Bestätigen Sie Ihre Adresse für {site}",
        body: &[
            "Jemand, hoffentlich Sie selbst, möchte bei {site} ein Konto mit der Adresse {email} eröffnen.",
            "Wenn Sie das waren, bestätigen Sie die Adresse und geben Sie das gewählte Passwort ein. Andernfalls \
             müssen Sie nichts tun: Ohne diesen Link entsteht kein Konto.",
        ],
        action: "Adresse bestätigen",
    },
    register_known: Phrase {
        subject: "Sie haben bereits ein Konto bei {site}",
        body: &[
            "Jemand, vielleicht Sie selbst, wollte bei {site} ein Konto mit der Adresse {email} eröffnen. Zu dieser \
             Adresse gibt es aber schon eines.",
            "Wenn Sie das waren, melden Sie sich einfach an; ein vergessenes Passwort können Sie dort ersetzen. \
             Andernfalls müssen Sie nichts tun.",
        ],
        action: "Anmelden",
    },
    verify: Phrase {
        subject: "Bestätigen Sie Ihre Adresse für {site}",
        body: &[
            "Bitte bestätigen Sie, dass {email} Ihre Adresse ist, damit {site} Sie erreicht, falls Sie Ihr Passwort \
             verlieren.",
        ],
        action: "Adresse bestätigen",
    },
    reset: Phrase {
        subject: "Wählen Sie ein neues Passwort für {site}",
        body: &[
            "Jemand, hoffentlich Sie selbst, hat für das Konto {email} bei {site} ein neues Passwort angefordert.",
            "Über den Link können Sie eines wählen. Danach sind alle Geräte abgemeldet. Wenn Sie es nicht waren, \
             müssen Sie nichts tun: Ihr Passwort bleibt, wie es ist.",
        ],
        action: "Neues Passwort wählen",
    },
    change_address: Phrase {
        subject: "Bestätigen Sie Ihre neue Adresse für {site}",
        body: &[
            "{email} soll die Adresse eines Kontos bei {site} werden. Bestätigen Sie das bitte über den Link.",
            "Wenn Sie davon nichts wissen, müssen Sie nichts tun: Es ändert sich nichts.",
        ],
        action: "Neue Adresse bestätigen",
    },
    address_taken: Phrase {
        subject: "Zu dieser Adresse gibt es bei {site} schon ein Konto",
        body: &[
            "Jemand, vielleicht Sie selbst, wollte {email} für ein anderes Konto bei {site} verwenden. Die Adresse \
             gehört aber schon zu einem Konto; deshalb wurde nichts geändert.",
        ],
        action: "",
    },
    address_change_requested: Phrase {
        subject: "Ihre Adresse bei {site} soll geändert werden",
        body: &[
            "Die Adresse Ihres Kontos bei {site} soll in {email} geändert werden. Das geschieht, sobald sie \
             über den Link bestätigt wird, der dorthin geschickt wurde.",
        ],
        action: "",
    },
    address_changed: Phrase {
        subject: "Ihre Adresse bei {site} wurde geändert",
        body: &[
            "Die Adresse Ihres Kontos bei {site} lautet jetzt {email}. E-Mails gehen von nun an dorthin.",
        ],
        action: "",
    },
    new_device: Phrase {
        subject: "Neue Anmeldung bei {site}",
        body: &["Bei Ihrem Konto {email} hat sich jemand mit einem Gerät angemeldet, das dort neu ist."],
        action: "",
    },
    password_changed: Phrase {
        subject: "Ihr Passwort bei {site} wurde geändert",
        body: &["Das Passwort Ihres Kontos {email} wurde geändert."],
        action: "",
    },
    totp_added: Phrase {
        subject: "Authenticator-App bei {site} hinzugefügt",
        body: &["Die Anmeldung bei Ihrem Konto {email} verlangt jetzt einen Code Ihrer Authenticator-App."],
        action: "",
    },
    totp_removed: Phrase {
        subject: "Authenticator-App bei {site} entfernt",
        body: &["Die Anmeldung bei Ihrem Konto {email} verlangt keinen Code der Authenticator-App mehr."],
        action: "",
    },
    passkey_added: Phrase {
        subject: "Passkey bei {site} hinzugefügt",
        body: &["Ein neuer Passkey kann sich bei Ihrem Konto {email} anmelden."],
        action: "",
    },
    passkey_removed: Phrase {
        subject: "Passkey bei {site} entfernt",
        body: &["Ein Passkey Ihres Kontos {email} wurde entfernt und kann sich nicht mehr anmelden."],
        action: "",
    },
    recovery_codes_made: Phrase {
        subject: "Neue Wiederherstellungscodes bei {site}",
        body: &[
            "Für Ihr Konto {email} wurden neue Wiederherstellungscodes erstellt. Die alten gelten nicht mehr.",
        ],
        action: "",
    },
    recovery_code_used: Phrase {
        subject: "Wiederherstellungscode bei {site} verwendet",
        body: &[
            "Einer der Wiederherstellungscodes Ihres Kontos {email} wurde verwendet. Er gilt nun nicht mehr.",
        ],
        action: "",
    },
    wrong_codes: Phrase {
        subject: "Falsche Codes bei {site}: Jemand kennt vielleicht Ihr Passwort",
        body: &[
            "Jemand hat das richtige Passwort Ihres Kontos {email} eingegeben und danach mehrere falsche Codes. Ohne \
             richtigen Code kommt niemand hinein, aber Ihr Passwort ist vielleicht anderen bekannt.",
        ],
        action: "",
    },
    account_deleted: Phrase {
        subject: "Ihr Konto bei {site} wurde gelöscht",
        body: &["Das Konto {email} wurde mit allem, was dazugehörte, gelöscht."],
        action: "",
    },
    minutes: "Der Link gilt {n} Minuten lang und nur ein einziges Mal.",
    hour: "Der Link gilt eine Stunde lang und nur ein einziges Mal.",
    hours: "Der Link gilt {n} Stunden lang und nur ein einziges Mal.",
    link: "Wenn die Schaltfläche nicht funktioniert, öffnen Sie diesen Link:",
    not_you: "Waren Sie das nicht? Dann wählen Sie bitte sofort ein neues Passwort; damit werden alle Geräte \
              abgemeldet: {link}",
    not_you_factor: "Waren Sie das nicht? Dann wählen Sie bitte sofort ein neues Passwort, {link}, womit alle Geräte \
                     abgemeldet werden; melden Sie sich an und entfernen Sie, was nicht von Ihnen ist. Ein neues \
                     Passwort allein entfernt es nicht.",
    device: "Das geschah {time} mit {device}.",
    time: "am {day}. {month} {year} um {clock} UTC",
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    on: "{browser} unter {system}",
    unknown_device: "einem unbekannten Gerät",
    footer: "Sie erhalten diese E-Mail, weil {email} bei {site} eingegeben wurde, {origin}.",
};
