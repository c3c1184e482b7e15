//! French texts per code: page titles, explanations of errors, and the names of events in the activity log.

/// Explains an error next to the form. Without an entry, the page shows the API's own detail in English.
pub(super) fn refusal(code: &str) -> Option<&'static str> {
    Some(match code {
        "invalid_email" => "Saisissez une adresse e-mail valide, par exemple nom@example.com.",
        "password_too_short" => "Le mot de passe doit contenir au moins 8 caractères.",
        "password_too_long" => "Le mot de passe ne doit pas dépasser 1024 octets.",
        "password_too_common" => "Ce mot de passe est trop facile à deviner. Choisissez-en un autre.",
        "password_leaked" => "Ce mot de passe est apparu dans une fuite de données. Choisissez-en un autre.",
        "email_taken" => "Il existe déjà un compte avec cette adresse e-mail.",
        "invalid_credentials" => "Adresse e-mail ou mot de passe incorrect.",
        "user_disabled" => "Ce compte est désactivé. Contactez l’administrateur du site.",
        "link_invalid" => "Ce lien n’est plus valide.",
        "invalid_code" => "Ce code est incorrect, expiré ou déjà utilisé. Saisissez un nouveau code.",
        "login_expired" => "La connexion a pris trop de temps. Veuillez recommencer.",
        "second_factor_required" => "Saisissez aussi un code de l’application ou un code de récupération.",
        "invalid_passkey" => {
            "Cette clé d’accès n’a pas été acceptée. Réessayez ou utilisez une autre méthode."
        }
        "passkey_known" => "Cet appareil a déjà une clé d’accès pour votre compte.",
        "passkey_not_found" => "Cette clé d’accès n’existe plus.",
        "too_many_passkeys" => {
            "Vous avez atteint le nombre maximal de clés d’accès. Supprimez-en d’abord une."
        }
        "invalid_name" => "Choisissez un nom de 1 à 60 caractères.",
        "last_factor" => {
            "C’est votre seul second facteur, et ce site en exige un. Ajoutez-en d’abord un autre."
        }
        "last_way_in" => {
            "Sans cette méthode, vous ne pourriez plus vous connecter. Configurez-en d’abord une autre."
        }
        "no_second_factor" => "Configurez d’abord une application d’authentification ou une clé d’accès.",
        "factor_not_possible" => "Cette option n’est pas disponible sur ce site.",
        "totp_not_begun" => "La configuration a pris trop de temps. Veuillez recommencer.",
        "totp_present" => "Une application d’authentification est déjà configurée. Supprimez-la d’abord.",
        "confirmation_required" => "Confirmez d’abord votre identité.",
        "mail_not_configured" => {
            "Ce site n’envoie pas d’e-mails. Demandez un nouveau mot de passe à l’administrateur du site."
        }
        "busy" | "unavailable" => "C’est impossible pour le moment. Réessayez dans un instant.",
        _ => return None,
    })
}

/// Explains an error on a page of its own. Without an entry, the page shows the API's own detail in English.
pub(super) fn detail(code: &str) -> Option<&'static str> {
    Some(match code {
        "not_found" => "Il n’y a aucune page à cette adresse.",
        "method_not_allowed" => "Cette page ne peut pas être ouverte de cette façon.",
        "internal_error" => "L’erreur a été enregistrée sous l’identifiant ci-dessous.",
        "invalid_query" => "Une partie de l’adresse web est manquante, incorrecte ou en double.",
        "invalid_form" => "Un champ est manquant, inconnu ou en double.",
        "payload_too_large" => "La requête dépasse la taille autorisée par ce site.",
        "request_timeout" => "Veuillez réessayer.",
        "missing_role" => {
            "Votre compte n’a pas accès à cette page. Si vous en avez besoin, contactez l’administrateur du site."
        }
        "ambiguous_path" => "Cette adresse contient des caractères qui ne sont pas autorisés ici.",
        "bad_redirect" => "L’application à cette adresse a renvoyé vers une page inaccessible.",
        "cross_site_request" => {
            "Les requêtes provenant d’autres sites ne sont pas acceptées. Veuillez ouvrir ce site \
             directement et réessayer."
        }
        "stale_form" => "Veuillez recharger la page et réessayer.",
        "too_many_attempts" => "Réessayez plus tard.",
        "missing_token" | "invalid_token" | "expired_token" | "session_revoked" | "user_not_found" => {
            "Veuillez vous connecter. Si le problème persiste, contactez l’administrateur du site."
        }
        "cookie_missing" | "cookie_other_name" | "cookie_other_host" | "cookie_duplicate" | "tls_missing"
        | "clock_skew" => {
            "Vous avez été redirigé plusieurs fois vers la page de connexion, mais votre session n’est \
             toujours pas reconnue. Transmettez l’indication suivante à l’administrateur du site."
        }
        _ => return refusal(code),
    })
}

/// The title of an error page.
pub(super) fn title(code: &str) -> Option<&'static str> {
    account_title(code).or_else(|| session_title(code)).or_else(|| request_title(code))
}

/// Titles of errors about accounts, passwords and second factors.
fn account_title(code: &str) -> Option<&'static str> {
    Some(match code {
        "invalid_email" => "Adresse e-mail non valide",
        "password_too_short" => "Mot de passe trop court",
        "password_too_long" => "Mot de passe trop long",
        "password_too_common" => "Mot de passe trop facile à deviner",
        "password_leaked" => "Mot de passe divulgué",
        "email_taken" => "Adresse e-mail déjà utilisée",
        "invalid_credentials" => "Adresse e-mail ou mot de passe incorrect",
        "second_factor_required" => "Second facteur requis",
        "invalid_code" => "Code non valide",
        "invalid_passkey" => "Clé d’accès refusée",
        "login_expired" => "Connexion expirée",
        "confirmation_required" => "Confirmez votre identité",
        "link_invalid" => "Ce lien n’est plus valide",
        "mail_not_configured" => "Envoi d’e-mails non configuré",
        "factor_not_possible" => "Option non disponible",
        "totp_not_begun" => "Configuration expirée",
        "totp_present" => "Application d’authentification déjà configurée",
        "no_second_factor" => "Aucun second facteur configuré",
        "last_factor" => "Seul second facteur",
        "last_way_in" => "Seule méthode de connexion",
        "passkey_known" => "Clé d’accès déjà enregistrée",
        "passkey_not_found" => "Clé d’accès introuvable",
        "too_many_passkeys" => "Trop de clés d’accès",
        "invalid_name" => "Nom non valide",
        _ => return None,
    })
}

/// Titles of errors about sessions and their cookies.
fn session_title(code: &str) -> Option<&'static str> {
    Some(match code {
        "missing_token" => "Vous n’êtes pas connecté",
        "invalid_token" => "Votre session n’est pas valide",
        "expired_token" => "Votre session a expiré",
        "user_not_found" => "Compte introuvable",
        "user_disabled" => "Compte désactivé",
        "session_revoked" => "Votre session a pris fin",
        "cookie_missing" => "Cookie de session manquant",
        "cookie_other_name" => "Le cookie de session porte un autre nom",
        "cookie_other_host" => "Le cookie de session est lié à une autre adresse",
        "cookie_duplicate" => "Plusieurs cookies de session",
        "tls_missing" => "Connexion non chiffrée",
        "clock_skew" => "Horloges des serveurs désynchronisées",
        _ => return None,
    })
}

/// Titles of errors about the request or the service.
fn request_title(code: &str) -> Option<&'static str> {
    Some(match code {
        "malformed_json" => "JSON non valide",
        "invalid_body" | "bad_request" => "Requête non valide",
        "invalid_form" => "Formulaire non valide",
        "invalid_query" => "Adresse web non valide",
        "unsupported_media_type" => "Type de contenu non pris en charge",
        "payload_too_large" => "Requête trop volumineuse",
        "request_timeout" => "Délai dépassé",
        "missing_role" => "Page non autorisée",
        "ambiguous_path" => "Adresse non valide",
        "bad_redirect" => "Page inaccessible",
        "not_found" => "Page introuvable",
        "method_not_allowed" => "Méthode non autorisée",
        "cross_site_request" => "Requête provenant d’un autre site",
        "stale_form" => "Formulaire expiré",
        "proof_required" => "Preuve requise",
        "invalid_audience" => "Audience non autorisée",
        "invalid_proof" => "Preuve non valide",
        "unknown_key" => "Clé inconnue",
        "proof_replayed" => "Preuve déjà utilisée",
        "origin_not_registered" => "Adresse du site non enregistrée",
        "invalid_origin" => "Adresse du site non valide",
        "origin_taken" => "Adresse du site déjà attribuée",
        "too_many_previews" => "Trop d’aperçus",
        "too_many_attempts" => "Trop de tentatives",
        "busy" => "Service surchargé",
        "unavailable" => "Temporairement indisponible",
        "internal_error" => "Une erreur s’est produite",
        _ => return None,
    })
}

/// Names an event in the activity log.
pub(super) fn kind(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "signed_up" => "Compte créé",
        "signed_in" => "Connexion",
        "sign_in_failed" => "Échec de connexion ou de vérification du mot de passe",
        "second_factor_failed" => "Second facteur refusé",
        "signed_out" => "Déconnexion",
        "session_ended" => "Appareil déconnecté",
        "sessions_ended" => "Sessions terminées",
        "password_changed" => "Mot de passe modifié",
        "password_reset_requested" => "Réinitialisation du mot de passe demandée",
        "password_reset" => "Mot de passe réinitialisé",
        "email_verified" => "Adresse e-mail confirmée",
        "email_change_requested" => "Modification de l’adresse e-mail demandée",
        "email_changed" => "Adresse e-mail modifiée",
        "totp_added" => "Application d’authentification configurée",
        "totp_removed" => "Application d’authentification supprimée",
        "recovery_codes_made" => "Codes de récupération générés",
        "recovery_code_used" => "Code de récupération utilisé",
        "passkey_added" => "Clé d’accès ajoutée",
        "passkey_renamed" => "Clé d’accès renommée",
        "passkey_removed" => "Clé d’accès supprimée",
        "confirmed" => "Identité confirmée",
        "exported" => "Données téléchargées",
        "account_disabled" => "Compte désactivé",
        "account_enabled" => "Compte réactivé",
        "account_deleted" => "Compte supprimé",
        "roles_changed" => "Rôles modifiés",
        "factors_removed" => "Seconds facteurs supprimés par l’administrateur",
        "imported" => "Compte importé d’un autre système",
        _ => return None,
    })
}
