//! The account's pages.

use super::codes::kind;
use crate::text::{
    Activity, Authenticator, Confirm, Data, Delete, Email, Form, Overview, Passkeys, Password, RecoveryCodes,
    Sessions,
};

pub(super) const OVERVIEW: Overview = Overview {
    title: "Votre compte",
    since: |date| format!("Membre depuis le {date}"),
    security: "Connexion",
    data: "Vos données",
    change: "Modifier",
    set_up: "Configurer",
    look_after: "Gérer",
    look: "Voir",
    on: "Active",
    off: "Non configurée",
    verified: "Confirmée",
    unverified: "Non confirmée",
    unverified_hint: "Confirmez-la par le lien d’un message de notre part\u{a0}: vous pourrez ainsi \
                      revenir si vous oubliez votre mot de passe.",
    resend: "Envoyer le message",
    resent: "Le message est en route.",
    password_changed: |date| format!("Changé le {date}"),
    password_unchanged: "Inchangé depuis votre inscription",
    passkeys: |number| match number {
        0 => "Aucune".to_owned(),
        1 => "1 clé d’accès".to_owned(),
        _ => format!("{number} clés d’accès"),
    },
    codes_left: |number| match number {
        0 => "Plus aucun".to_owned(),
        1 => "Il en reste 1".to_owned(),
        _ => format!("Il en reste {number}"),
    },
    few_codes: |number| match number {
        0 => "Vous n’avez aucun code de secours. Si vous perdez votre appareil, vous ne pourrez plus \
              entrer. Créez-en de nouveaux."
            .to_owned(),
        1 => "Il ne vous reste qu’un code de secours. Créez-en de nouveaux à temps.".to_owned(),
        _ => format!("Il ne vous reste que {number} codes de secours. Créez-en de nouveaux à temps."),
    },
    sessions: |number| match number {
        1 => "Connecté sur cet appareil seulement".to_owned(),
        _ => format!("Connecté {number} fois"),
    },
    no_second_factor: "Votre mot de passe seul ouvre ce compte. Une clé d’accès ou une application vous \
                       protège même si quelqu’un l’apprend.",
    required: "Une seconde étape est obligatoire ici.",
};

pub(super) const PASSWORD: Password = Password {
    form: Form { title: "Changer de mot de passe", intro: "", button: "Changer de mot de passe" },
    end_others: "Déconnecter tous les autres appareils",
    wrong: "Ce mot de passe est incorrect.",
    done: "Votre mot de passe a été changé.",
};

pub(super) const EMAIL: Email = Email {
    form: Form {
        title: "Changer d’adresse e-mail",
        intro: "Nous envoyons un lien à la nouvelle adresse. Elle remplacera l’ancienne dès que vous \
                l’ouvrirez.",
        button: "Envoyer le lien",
    },
    present: "Votre adresse actuelle",
    done: |email| {
        format!("Nous avons envoyé un lien à {email}. Votre adresse changera dès que vous l’aurez confirmée.")
    },
    no_mail: "Ce site n’envoie pas d’e-mails\u{a0}: l’adresse ne peut donc pas être changée ici. \
              Adressez-vous à ses responsables.",
};

pub(super) const AUTHENTICATOR: Authenticator = Authenticator {
    title: "Application d’authentification",
    intro: "Après votre mot de passe, vous saisissez un code affiché par une application de votre \
            téléphone. Toute application de codes à usage unique convient, et beaucoup de gestionnaires \
            de mots de passe en sont capables.",
    begin: "Configurer une application",
    scan: "Scannez cette image avec l’application.",
    picture: "Code QR pour votre application d’authentification",
    by_hand: "Ou saisissez cette clé à la main\u{a0}:",
    code_hint: "L’application affiche six chiffres, qui changent toutes les 30 secondes.",
    again: "Afficher de nouveau l’image",
    confirm: "Activer",
    on: "Votre application est configurée. Son code vous est demandé à la connexion.",
    remove: "Retirer l’application",
    remove_hint: "Ses codes ne vaudront plus rien, et aucun ne vous sera plus demandé.",
    added: "Votre application est configurée.",
    removed: "Votre application a été retirée.",
};

pub(super) const RECOVERY_CODES: RecoveryCodes = RecoveryCodes {
    title: "Codes de secours",
    intro: "Un code de secours permet de vous connecter quand vous n’avez pas votre téléphone ou votre \
            clé d’accès sous la main. Chacun ne sert qu’une fois.",
    left: |number| match number {
        0 => "Il ne vous reste aucun code.".to_owned(),
        1 => "Il vous reste 1 code.".to_owned(),
        _ => format!("Il vous reste {number} codes."),
    },
    none_yet: "Vous recevrez vos codes en configurant une application d’authentification ou une clé \
               d’accès.",
    make: "Créer de nouveaux codes",
    make_hint: "Les anciens ne vaudront alors plus rien.",
    fresh_title: "Conservez ces codes de secours",
    fresh: "Ils ne sont affichés que maintenant. Sans eux et sans votre appareil, personne ne pourra \
            vous laisser entrer.",
    keep: "Imprimez cette page, ou enregistrez les codes dans votre gestionnaire de mots de passe.",
    list: "Vos codes de secours",
    kept: "Je les ai conservés",
};

pub(super) const PASSKEYS: Passkeys = Passkeys {
    title: "Clés d’accès",
    intro: "Avec une clé d’accès, vous vous connectez par empreinte, visage, code PIN ou clé de \
            sécurité. Aucun mot de passe ne peut être volé ni deviné.",
    none: "Vous n’avez pas encore de clé d’accès.",
    list: "Vos clés d’accès",
    added_at: |date| format!("Ajoutée le {date}"),
    used_at: |date| format!("Dernière utilisation le {date}"),
    never_used: "Jamais utilisée",
    add_title: "Ajouter une clé d’accès",
    add: "Ajouter une clé d’accès",
    name: "Nom",
    name_hint: "Pour la reconnaître, par exemple «\u{a0}Mon téléphone\u{a0}».",
    unnamed: "Clé d’accès",
    rename: "Renommer",
    rename_this: |name| format!("Renommer\u{a0}: {name}"),
    save: "Enregistrer",
    remove: "Retirer",
    remove_this: |name| format!("Retirer\u{a0}: {name}"),
    added: "Votre clé d’accès est configurée.",
    renamed: "La clé d’accès a son nouveau nom.",
    removed: "La clé d’accès a été retirée. Supprimez-la aussi de votre appareil.",
    not_possible: "Ce site ne propose pas de clés d’accès. Adressez-vous à ses \
                   responsables.",
};

pub(super) const SESSIONS: Sessions = Sessions {
    title: "Appareils",
    idle: |length| format!("Vous êtes déconnecté après {length} sans visite,"),
    absolute: |length| format!("et dans tous les cas après {length}"),
    cap: |number| {
        format!(
            "Vous pouvez être connecté {number} fois à la fois\u{a0}; une connexion de plus met fin à la \
             session la plus ancienne."
        )
    },
    this_one: "Cet appareil",
    browser_on: |browser, os| format!("{browser} sur {os}"),
    unknown: "Appareil inconnu",
    address: "Adresse",
    signed_in: "Connecté",
    last_seen: "Vu",
    ends: "Fin",
    not_yet: "Pas encore",
    end: "Déconnecter",
    end_this: |device| format!("Déconnecter\u{a0}: {device}"),
    end_others: "Déconnecter tous les autres appareils",
    end_others_hint: "Vous restez connecté ici.",
    ended: "L’appareil est déconnecté.",
    others_ended: |number| match number {
        0 => "Il n’y avait aucun autre appareil.".to_owned(),
        1 => "Un autre appareil est déconnecté.".to_owned(),
        _ => format!("{number} autres appareils sont déconnectés."),
    },
};

pub(super) const ACTIVITY: Activity = Activity {
    title: "Activité",
    intro: "Ce qui s’est passé sur votre compte. Si vous ne reconnaissez pas quelque chose, changez de \
            mot de passe et déconnectez tous les autres appareils.",
    what: "Quoi",
    when: "Quand",
    from: "D’où",
    none: "Rien ne s’est encore passé.",
    older: "Plus anciens",
    newest: "Plus récents",
    kind,
};

pub(super) const DATA: Data = Data {
    title: "Vos données",
    intro: "Tout ce qui est conservé ici à votre sujet, dans un fichier lisible par les personnes et par \
            les programmes (JSON).",
    download: "Télécharger",
    never: "Votre mot de passe n’y figure pas\u{a0}: seule son empreinte est conservée.",
};

pub(super) const DELETE: Delete = Delete {
    form: Form {
        title: "Supprimer le compte",
        intro: "Votre compte et tout ce qui s’y rattache sont supprimés aussitôt. C’est irréversible.",
        button: "Supprimer mon compte",
    },
    sure: "Je veux que mon compte soit supprimé",
    not_sure: "Cochez la case si vous êtes sûr.",
    done: "Votre compte a été supprimé.",
};

pub(super) const CONFIRM: Confirm = Confirm {
    form: Form {
        title: "Confirmez que c’est bien vous",
        intro: "Ce que vous vous apprêtez à faire demande encore une fois votre mot de passe. Il ne vous \
                sera plus demandé pendant dix minutes.",
        button: "Confirmer",
    },
};
