//! E-mail texts in French.

use super::phrases::{Phrase, Words};

pub(super) static WORDS: Words = Words {
    tag: "fr",
    register: Phrase {
        subject: "Confirmez votre adresse e-mail pour {site}",
        body: &[
            "Quelqu’un, sans doute vous-même, souhaite créer un compte {site} avec l’adresse e-mail {email}.",
            "Pour le créer, confirmez l’adresse et saisissez le mot de passe choisi. Si ce n’était pas vous, \
             ignorez cet e-mail\u{a0}: sans ce lien, aucun compte ne sera créé.",
        ],
        action: "Confirmer l’adresse e-mail",
    },
    register_known: Phrase {
        subject: "Vous avez déjà un compte {site}",
        body: &[
            "Quelqu’un, peut-être vous-même, a voulu créer un compte {site} avec l’adresse e-mail {email}. \
             Il existe déjà un compte avec cette adresse.",
            "Si c’était vous, il vous suffit de vous connecter. Si vous avez oublié votre mot de passe, vous \
             pouvez le réinitialiser depuis la page de connexion. Si ce n’était pas vous, vous n’avez rien à \
             faire.",
        ],
        action: "Se connecter",
    },
    verify: Phrase {
        subject: "Confirmez votre adresse e-mail pour {site}",
        body: &["Veuillez confirmer que {email} est bien votre adresse e-mail, afin que {site} puisse vous \
                 envoyer un lien si vous oubliez votre mot de passe."],
        action: "Confirmer l’adresse e-mail",
    },
    reset: Phrase {
        subject: "Réinitialisez votre mot de passe pour {site}",
        body: &[
            "Quelqu’un, sans doute vous-même, a demandé à réinitialiser le mot de passe du compte {email} \
             sur {site}.",
            "Suivez le lien pour choisir un nouveau mot de passe. Tous vos appareils seront déconnectés. Si \
             ce n’était pas vous, ignorez cet e-mail\u{a0}: votre mot de passe restera inchangé.",
        ],
        action: "Choisir un nouveau mot de passe",
    },
    change_address: Phrase {
        subject: "Confirmez votre nouvelle adresse e-mail pour {site}",
        body: &[
            "Quelqu’un, sans doute vous-même, souhaite utiliser {email} comme nouvelle adresse e-mail d’un \
             compte {site}. Veuillez confirmer la modification.",
            "Si ce n’était pas vous, ignorez cet e-mail\u{a0}: rien ne changera.",
        ],
        action: "Confirmer l’adresse e-mail",
    },
    address_taken: Phrase {
        subject: "Il existe déjà un compte {site} pour cette adresse e-mail",
        body: &[
            "Quelqu’un, peut-être vous-même, a voulu utiliser {email} pour un autre compte {site}. Cette \
             adresse est déjà associée à un compte. Rien n’a donc été modifié.",
        ],
        action: "",
    },
    address_change_requested: Phrase {
        subject: "Votre adresse e-mail sur {site} va changer",
        body: &["L’adresse e-mail de votre compte {site} sera remplacée par {email} dès que cette nouvelle \
                 adresse aura été confirmée. Nous y avons envoyé un lien de confirmation."],
        action: "",
    },
    address_changed: Phrase {
        subject: "Votre adresse e-mail sur {site} a été modifiée",
        body: &[
            "L’adresse e-mail de votre compte {site} est désormais {email}. Nos e-mails seront envoyés à \
             cette adresse.",
        ],
        action: "",
    },
    new_device: Phrase {
        subject: "Nouvelle connexion à {site}",
        body: &["Quelqu’un s’est connecté à votre compte {email} depuis un nouvel appareil."],
        action: "",
    },
    password_changed: Phrase {
        subject: "Votre mot de passe pour {site} a été modifié",
        body: &["Le mot de passe de votre compte {email} a été modifié."],
        action: "",
    },
    totp_added: Phrase {
        subject: "Application d’authentification configurée sur {site}",
        body: &["La connexion à votre compte {email} nécessite désormais un code d’une application \
                 d’authentification."],
        action: "",
    },
    totp_removed: Phrase {
        subject: "Application d’authentification supprimée sur {site}",
        body: &["La connexion à votre compte {email} ne nécessite plus de code de votre application \
                 d’authentification."],
        action: "",
    },
    passkey_added: Phrase {
        subject: "Clé d’accès ajoutée sur {site}",
        body: &[
            "Une clé d’accès a été ajoutée à votre compte {email}. Elle permet désormais de se connecter.",
        ],
        action: "",
    },
    passkey_removed: Phrase {
        subject: "Clé d’accès supprimée sur {site}",
        body: &[
            "Une clé d’accès de votre compte {email} a été supprimée. Elle ne permet plus de se connecter.",
        ],
        action: "",
    },
    recovery_codes_made: Phrase {
        subject: "Nouveaux codes de récupération pour {site}",
        body: &[
            "De nouveaux codes de récupération ont été générés pour votre compte {email}. Les anciens codes \
             ne fonctionnent plus.",
        ],
        action: "",
    },
    recovery_code_used: Phrase {
        subject: "Code de récupération utilisé sur {site}",
        body: &[
            "L’un des codes de récupération de votre compte {email} a été utilisé. Il ne fonctionnera plus.",
        ],
        action: "",
    },
    wrong_codes: Phrase {
        subject: "Quelqu’un connaît peut-être votre mot de passe pour {site}",
        body: &[
            "Quelqu’un a saisi le bon mot de passe de votre compte {email}, puis plusieurs codes incorrects. \
             Sans code correct, cette personne ne peut pas se connecter, mais elle connaît peut-être votre \
             mot de passe.",
        ],
        action: "",
    },
    account_deleted: Phrase {
        subject: "Votre compte {site} a été supprimé",
        body: &["Votre compte {email} et toutes ses données ont été supprimés."],
        action: "",
    },
    minutes: "Le lien est valable {n} minutes et ne fonctionne qu’une fois.",
    hour: "Le lien est valable une heure et ne fonctionne qu’une fois.",
    hours: "Le lien est valable {n} heures et ne fonctionne qu’une fois.",
    link: "Si le bouton ne fonctionne pas, ouvrez ce lien\u{a0}:",
    not_you: "Ce n’était pas vous\u{a0}? Réinitialisez immédiatement votre mot de passe pour déconnecter \
              tous vos appareils\u{a0}: {link}",
    not_you_factor: "Ce n’était pas vous\u{a0}? Réinitialisez immédiatement votre mot de passe sur {link} \
                     pour déconnecter tous vos appareils. Connectez-vous ensuite et supprimez ce que vous \
                     n’avez pas ajouté. Un nouveau mot de passe ne suffit pas à le supprimer.",
    device: "Cela s’est passé {time} depuis {device}.",
    time: "le {day} {month} {year} à {clock} (UTC)",
    first_day: "1er",
    clock: "%H\u{a0}h\u{a0}%M",
    months: [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    on: "{browser} sur {system}",
    unknown_device: "un appareil inconnu",
    footer: "Vous recevez cet e-mail parce que l’adresse {email} a été saisie sur {site}\u{a0}: {origin}",
};
