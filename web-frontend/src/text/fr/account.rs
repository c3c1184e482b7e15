//! The account pages in French.

use super::codes::kind;
use crate::text::{
    Activity, AuthenticatorTexts, Confirm, Data, Delete, EmailTexts, Form, Overview, PasskeyTexts,
    PasswordTexts, RecoveryCodes, SessionTexts,
};

pub(super) const OVERVIEW: Overview = Overview {
    title: "Votre compte",
    created: |date| format!("Compte créé le {date}"),
    security: "Connexion et sécurité",
    data: "Données et confidentialité",
    change: "Modifier",
    set_up: "Configurer",
    manage: "Gérer",
    view: "Afficher",
    on: "Activée",
    off: "Non configurée",
    verified: "Confirmée",
    unverified: "Non confirmée",
    unverified_hint: "Confirmez votre adresse e-mail pour pouvoir réinitialiser votre mot de passe en cas \
                      d’oubli.",
    resend: "Envoyer l’e-mail de confirmation",
    resent: "Nous vous avons envoyé un e-mail avec un lien de confirmation.",
    password_changed: |date| format!("Dernière modification le {date}"),
    password_unchanged: "Jamais modifié",
    passkeys: |number| match number {
        0 => "Aucune pour le moment".to_owned(),
        1 => "1 clé d’accès".to_owned(),
        _ => format!("{number} clés d’accès"),
    },
    codes_left: |number| match number {
        0 => "Il n’en reste aucun".to_owned(),
        _ => format!("Il en reste {number}"),
    },
    few_codes: |number| match number {
        0 => "Vous n’avez aucun code de récupération. Si vous perdez votre appareil, vous ne pourrez plus \
              vous connecter. Générez de nouveaux codes dès maintenant."
            .to_owned(),
        1 => "Il ne vous reste qu’un code de récupération. Pensez à générer de nouveaux codes.".to_owned(),
        _ => format!(
            "Il ne vous reste que {number} codes de récupération. Pensez à générer de nouveaux codes."
        ),
    },
    sessions: |number| match number {
        1 => "Connecté sur cet appareil uniquement".to_owned(),
        _ => format!("Connecté sur {number} appareils"),
    },
    no_second_factor: "Votre compte n’est protégé que par un mot de passe. Avec une clé d’accès ou une \
                       application d’authentification, il reste protégé même si quelqu’un découvre ce mot de \
                       passe.",
    required: "Authentification à deux facteurs obligatoire",
};

pub(super) const PASSWORD: PasswordTexts = PasswordTexts {
    form: Form { title: "Modifier le mot de passe", intro: "", button: "Modifier le mot de passe" },
    end_others: "Déconnecter tous les autres appareils",
    wrong: "Mot de passe incorrect.",
    done: "Votre mot de passe a été modifié.",
};

pub(super) const EMAIL: EmailTexts = EmailTexts {
    form: Form {
        title: "Modifier l’adresse e-mail",
        intro: "Nous enverrons un lien à la nouvelle adresse. Dès que vous l’aurez confirmée, elle \
                remplacera l’ancienne.",
        button: "Envoyer le lien",
    },
    present: "Adresse e-mail actuelle",
    done: |email| {
        format!(
            "Nous avons envoyé un lien à {email}. Ouvrez-le pour confirmer votre nouvelle adresse e-mail."
        )
    },
    no_mail: "Ce site n’envoie pas d’e-mails. Vous ne pouvez donc pas modifier votre adresse ici. Contactez \
              l’administrateur du site.",
};

pub(super) const AUTHENTICATOR: AuthenticatorTexts = AuthenticatorTexts {
    title: "Application d’authentification",
    intro: "À la connexion, vous saisissez après votre mot de passe un code affiché par une application sur \
            votre téléphone. Toutes les applications d’authentification conviennent, ainsi que de nombreux \
            gestionnaires de mots de passe.",
    set_up: "Configurer l’application",
    scan: "Scannez ce code QR avec votre application d’authentification.",
    qr_code_label: "Code QR pour votre application d’authentification",
    manual_entry: "Ou saisissez cette clé manuellement\u{a0}:",
    code_hint: "Saisissez le code à six chiffres affiché par l’application. Il change toutes les 30 \
                secondes.",
    new_qr_code: "Afficher un nouveau code QR",
    turn_on: "Activer",
    on: "Votre application d’authentification est configurée. Un code vous sera demandé à la connexion.",
    remove: "Supprimer l’application",
    remove_hint: "Ses codes ne fonctionneront plus et ne vous seront plus demandés.",
    added: "Votre application d’authentification est configurée.",
    removed: "Votre application d’authentification a été supprimée.",
};

pub(super) const RECOVERY_CODES: RecoveryCodes = RecoveryCodes {
    title: "Codes de récupération",
    intro: "Un code de récupération vous permet de vous connecter sans votre téléphone ni votre clé d’accès. \
            Chaque code ne sert qu’une fois.",
    left: |number| match number {
        0 => "Il ne vous reste aucun code.".to_owned(),
        1 => "Il vous reste 1 code.".to_owned(),
        _ => format!("Il vous reste {number} codes."),
    },
    none_yet: "Vous recevrez des codes de récupération lorsque vous configurerez une application \
               d’authentification ou une clé d’accès.",
    generate: "Générer de nouveaux codes",
    generate_hint: "Vos codes actuels ne fonctionneront plus.",
    new_title: "Enregistrez vos codes de récupération",
    new_intro: "Ces codes ne seront plus affichés. Vous en aurez besoin si vous perdez votre téléphone ou \
                votre clé d’accès.",
    save_hint: "Imprimez cette page ou enregistrez les codes dans votre gestionnaire de mots de passe.",
    list: "Vos codes de récupération",
    saved: "J’ai enregistré mes codes",
};

pub(super) const PASSKEYS: PasskeyTexts = PasskeyTexts {
    title: "Clés d’accès",
    intro: "Avec une clé d’accès, vous vous connectez par empreinte digitale, visage, code PIN ou clé de \
            sécurité. Il n’y a plus de mot de passe à voler ni à deviner.",
    none: "Vous n’avez pas encore de clé d’accès.",
    list: "Vos clés d’accès",
    added_at: |date| format!("Ajoutée le {date}"),
    used_at: |date| format!("Dernière utilisation le {date}"),
    never_used: "Jamais utilisée",
    add_title: "Ajouter une clé d’accès",
    add: "Ajouter une clé d’accès",
    name: "Nom",
    name_hint: "Pour distinguer vos clés d’accès, par exemple «\u{a0}Mon téléphone\u{a0}».",
    unnamed: "Clé d’accès",
    rename: "Renommer",
    rename_this: |name| format!("Renommer\u{a0}: {name}"),
    save: "Enregistrer",
    remove: "Supprimer",
    remove_this: |name| format!("Supprimer\u{a0}: {name}"),
    added: "Votre clé d’accès a été ajoutée.",
    renamed: "La clé d’accès a été renommée.",
    removed: "La clé d’accès a été supprimée. Supprimez-la aussi de votre appareil.",
    not_possible: "Les clés d’accès ne sont pas disponibles sur ce site.",
};

pub(super) const SESSIONS: SessionTexts = SessionTexts {
    title: "Appareils",
    idle: |length| format!("Votre session expire après {length} d’inactivité"),
    absolute: |length| format!("et au plus tard {length} après la connexion"),
    cap: |number| match number {
        1 => "Vous ne pouvez être connecté que sur un appareil à la fois. Si vous vous connectez sur un \
              autre, vous serez déconnecté ici."
            .to_owned(),
        _ => format!(
            "Vous pouvez être connecté sur {number} appareils au maximum. Au-delà, l’appareil connecté \
             depuis le plus longtemps est déconnecté."
        ),
    },
    this_one: "Cet appareil",
    browser_on: |browser, os| format!("{browser} sur {os}"),
    unknown: "Appareil inconnu",
    address: "Adresse IP",
    signed_in: "Connecté le",
    last_seen: "Dernière activité",
    ends: "Expire le",
    not_yet: "Aucune",
    end: "Déconnecter",
    end_this: |device| format!("Déconnecter\u{a0}: {device}"),
    end_others: "Déconnecter tous les autres appareils",
    end_others_hint: "Cet appareil restera connecté.",
    ended: "L’appareil a été déconnecté.",
    others_ended: |number| match number {
        0 => "Aucun autre appareil n’était connecté.".to_owned(),
        1 => "1 autre appareil a été déconnecté.".to_owned(),
        _ => format!("{number} autres appareils ont été déconnectés."),
    },
};

pub(super) const ACTIVITY: Activity = Activity {
    title: "Activité",
    intro: "Connexions et modifications de votre compte. Si quelque chose vous semble inhabituel, modifiez \
            votre mot de passe et déconnectez tous les autres appareils.",
    event: "Événement",
    date: "Date",
    device: "Appareil",
    none: "Aucune activité pour le moment.",
    older: "Plus anciens",
    newest: "Plus récents",
    kind,
};

pub(super) const DATA: Data = Data {
    title: "Vos données",
    intro: "Tout ce que ce site conserve à votre sujet, dans un seul fichier JSON.",
    download: "Télécharger",
    never: "Votre mot de passe n’y figure pas. Seule son empreinte cryptographique est conservée.",
};

pub(super) const DELETE: Delete = Delete {
    form: Form {
        title: "Supprimer le compte",
        intro: "Votre compte et toutes ses données seront supprimés immédiatement. Cette action est \
                irréversible.",
        button: "Supprimer le compte",
    },
    sure: "Oui, supprimer mon compte",
    not_sure: "Cochez la case pour confirmer.",
    done: "Votre compte a été supprimé.",
};

pub(super) const CONFIRM: Confirm = Confirm {
    form: Form {
        title: "Confirmez votre identité",
        intro: "Saisissez votre mot de passe pour continuer. Il ne vous sera plus demandé pendant dix \
                minutes.",
        button: "Confirmer",
    },
    missing_factor_title: "Second facteur requis",
    missing_factor: "Cette page est réservée aux personnes connectées avec un second facteur. Configurez une \
                     clé d’accès ou une application d’authentification, puis rouvrez la page.",
};
