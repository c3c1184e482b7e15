//! The account's pages.

use super::codes::kind;
use crate::text::{
    Activity, Authenticator, Confirm, Data, Delete, Email, Form, Overview, Passkeys, Password, RecoveryCodes,
    Sessions,
};

pub(super) const OVERVIEW: Overview = Overview {
    title: "Ihr Konto",
    since: |date| format!("Dabei seit {date}"),
    security: "Anmeldung",
    data: "Ihre Daten",
    change: "Ändern",
    set_up: "Einrichten",
    look_after: "Verwalten",
    look: "Ansehen",
    on: "Aktiv",
    off: "Nicht eingerichtet",
    verified: "Bestätigt",
    unverified: "Nicht bestätigt",
    unverified_hint: "Bestätigen Sie sie mit dem Link in einer Nachricht von uns. Dann kommen Sie auch \
                      wieder hinein, wenn Sie Ihr Passwort vergessen.",
    resend: "Nachricht senden",
    resent: "Die Nachricht ist unterwegs.",
    password_changed: |date| format!("Zuletzt geändert am {date}"),
    password_unchanged: "Seit der Registrierung nicht geändert",
    passkeys: |number| match number {
        0 => "Keine".to_owned(),
        1 => "1 Passkey".to_owned(),
        _ => format!("{number} Passkeys"),
    },
    codes_left: |number| match number {
        0 => "Keine mehr übrig".to_owned(),
        _ => format!("Noch {number} übrig"),
    },
    few_codes: |number| match number {
        0 => "Sie haben keine Wiederherstellungscodes. Wenn Ihr Gerät verloren geht, kommen Sie nicht \
              mehr hinein. Erzeugen Sie neue."
            .to_owned(),
        1 => "Sie haben nur noch einen Wiederherstellungscode. Erzeugen Sie rechtzeitig neue.".to_owned(),
        _ => {
            format!("Sie haben nur noch {number} Wiederherstellungscodes. Erzeugen Sie rechtzeitig neue.")
        }
    },
    sessions: |number| match number {
        1 => "Nur auf diesem Gerät angemeldet".to_owned(),
        _ => format!("{number}-mal angemeldet"),
    },
    no_second_factor: "Ihr Passwort allein öffnet dieses Konto. Mit einem Passkey oder einer App sind \
                       Sie auch dann geschützt, wenn es jemand erfährt.",
    required: "Hier ist ein zweiter Schritt vorgeschrieben.",
};

pub(super) const PASSWORD: Password = Password {
    form: Form { title: "Passwort ändern", intro: "", button: "Passwort ändern" },
    end_others: "Alle anderen Geräte abmelden",
    wrong: "Dieses Passwort ist falsch.",
    done: "Ihr Passwort ist geändert.",
};

pub(super) const EMAIL: Email = Email {
    form: Form {
        title: "E-Mail-Adresse ändern",
        intro: "Wir schicken einen Link an die neue Adresse. Sobald Sie sie dort bestätigen, \
                ersetzt sie die alte.",
        button: "Link senden",
    },
    present: "Ihre jetzige Adresse",
    done: |email| {
        format!(
            "Wir haben einen Link an {email} geschickt. Ihre Adresse ändert sich, sobald Sie sie \
             dort bestätigen."
        )
    },
    no_mail: "Diese Website verschickt keine E-Mails, deshalb lässt sich die Adresse hier nicht ändern. \
              Wenden Sie sich an die Betreiber.",
};

pub(super) const AUTHENTICATOR: Authenticator = Authenticator {
    title: "Authenticator-App",
    intro: "Nach dem Passwort geben Sie einen Code ein, den eine App auf Ihrem Telefon anzeigt. Jede App \
            für Einmalcodes eignet sich, und auch viele Passwortmanager beherrschen das.",
    begin: "App einrichten",
    scan: "Scannen Sie dieses Bild mit der App.",
    picture: "QR-Code für Ihre Authenticator-App",
    by_hand: "Oder geben Sie diesen Schlüssel von Hand ein:",
    code_hint: "Die App zeigt sechs Ziffern an, die alle 30 Sekunden wechseln.",
    again: "Bild noch einmal anzeigen",
    confirm: "Einschalten",
    on: "Ihre App ist eingerichtet. Bei der Anmeldung werden Sie nach ihrem Code gefragt.",
    remove: "App entfernen",
    remove_hint: "Danach gelten ihre Codes nicht mehr, und Sie werden nicht mehr danach gefragt.",
    added: "Ihre App ist eingerichtet.",
    removed: "Ihre App ist entfernt.",
};

pub(super) const RECOVERY_CODES: RecoveryCodes = RecoveryCodes {
    title: "Wiederherstellungscodes",
    intro: "Mit einem Wiederherstellungscode melden Sie sich an, wenn Telefon oder Passkey nicht zur \
            Hand sind. Jeder gilt nur einmal.",
    left: |number| match number {
        0 => "Sie haben keine Codes mehr.".to_owned(),
        1 => "Sie haben noch 1 Code.".to_owned(),
        _ => format!("Sie haben noch {number} Codes."),
    },
    none_yet: "Sie bekommen Ihre Codes, sobald Sie eine Authenticator-App oder einen Passkey einrichten.",
    make: "Neue Codes erzeugen",
    make_hint: "Die alten gelten danach nicht mehr.",
    fresh_title: "Bewahren Sie diese Codes auf",
    fresh: "Sie werden nur jetzt angezeigt. Ohne sie und ohne Ihr Gerät kann Sie niemand mehr \
            hineinlassen.",
    keep: "Drucken Sie diese Seite aus, oder legen Sie die Codes in Ihrem Passwortmanager ab.",
    list: "Ihre Wiederherstellungscodes",
    kept: "Ich habe sie aufbewahrt",
};

pub(super) const PASSKEYS: Passkeys = Passkeys {
    title: "Passkeys",
    intro: "Mit einem Passkey melden Sie sich per Fingerabdruck, Gesicht, PIN oder Sicherheitsschlüssel \
            an. Kein Passwort kann gestohlen oder erraten werden.",
    none: "Sie haben noch keine Passkeys.",
    list: "Ihre Passkeys",
    added_at: |date| format!("Hinzugefügt am {date}"),
    used_at: |date| format!("Zuletzt benutzt am {date}"),
    never_used: "Noch nicht benutzt",
    add_title: "Passkey hinzufügen",
    add: "Passkey hinzufügen",
    name: "Name",
    name_hint: "Damit Sie ihn wiedererkennen, zum Beispiel „Mein Telefon“.",
    unnamed: "Passkey",
    rename: "Umbenennen",
    rename_this: |name| format!("Umbenennen: {name}"),
    save: "Speichern",
    remove: "Entfernen",
    remove_this: |name| format!("Entfernen: {name}"),
    added: "Ihr Passkey ist eingerichtet.",
    renamed: "Der Passkey hat seinen neuen Namen.",
    removed: "Der Passkey ist entfernt. Löschen Sie ihn auch auf Ihrem Gerät.",
    not_possible: "Diese Website bietet keine Passkeys an. Wenden Sie sich an die Betreiber.",
};

pub(super) const SESSIONS: Sessions = Sessions {
    title: "Geräte",
    idle: |length| format!("Nach {} ohne Besuch werden Sie abgemeldet,", dative(length)),
    absolute: |length| format!("spätestens aber nach {}", dative(length)),
    cap: |number| {
        format!(
            "Sie können {number}-mal zugleich angemeldet sein; jede weitere Anmeldung beendet die \
             älteste Sitzung."
        )
    },
    this_one: "Dieses Gerät",
    browser_on: |browser, os| format!("{browser} unter {os}"),
    unknown: "Unbekanntes Gerät",
    address: "Adresse",
    signed_in: "Angemeldet",
    last_seen: "Zuletzt gesehen",
    ends: "Endet",
    not_yet: "Noch nicht",
    end: "Abmelden",
    end_this: |device| format!("Abmelden: {device}"),
    end_others: "Alle anderen Geräte abmelden",
    end_others_hint: "Hier bleiben Sie angemeldet.",
    ended: "Das Gerät ist abgemeldet.",
    others_ended: |number| match number {
        0 => "Es gab kein anderes Gerät.".to_owned(),
        1 => "Ein anderes Gerät ist abgemeldet.".to_owned(),
        _ => format!("{number} andere Geräte sind abgemeldet."),
    },
};

pub(super) const ACTIVITY: Activity = Activity {
    title: "Aktivität",
    intro: "Was mit Ihrem Konto geschehen ist. Wenn Ihnen etwas unbekannt vorkommt, ändern Sie Ihr \
            Passwort und melden Sie alle anderen Geräte ab.",
    what: "Was",
    when: "Wann",
    from: "Von wo",
    none: "Bisher ist nichts geschehen.",
    older: "Ältere",
    newest: "Neueste",
    kind,
};

pub(super) const DATA: Data = Data {
    title: "Ihre Daten",
    intro: "Alles, was hier über Sie gespeichert ist, in einer Datei, die Menschen und Programme lesen \
            können (JSON).",
    download: "Herunterladen",
    never: "Ihr Passwort ist nicht dabei: Gespeichert ist nur ein Hash davon.",
};

pub(super) const DELETE: Delete = Delete {
    form: Form {
        title: "Konto löschen",
        intro: "Ihr Konto und alles, was dazugehört, wird sofort gelöscht. Das lässt sich nicht \
                rückgängig machen.",
        button: "Mein Konto löschen",
    },
    sure: "Ich möchte, dass mein Konto gelöscht wird",
    not_sure: "Setzen Sie das Häkchen, wenn Sie sicher sind.",
    done: "Ihr Konto ist gelöscht.",
};

pub(super) const CONFIRM: Confirm = Confirm {
    form: Form {
        title: "Bestätigen Sie, dass Sie es sind",
        intro: "Für das, was Sie vorhaben, brauchen wir noch einmal Ihr Passwort. Danach fragen wir zehn \
                Minuten lang nicht wieder.",
        button: "Bestätigen",
    },
};

/// "7 Tagen", as it is after "nach".
fn dative(length: &str) -> String {
    let words = length.split(' ').map(|word| if word == "Tage" { "Tagen" } else { word });
    words.collect::<Vec<_>>().join(" ")
}
