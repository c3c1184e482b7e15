//! The codes that several endpoints return, for their OpenAPI description.

use drawbridge_http::problems;

problems! {
    /// Why a session does not start although the identity was proven.
    pub(super) SignInProblems: InvalidCredentials, UserDisabled
}

problems! {
    /// Why a new password is refused.
    pub(super) NewPasswordProblems:
        PasswordTooShort, PasswordTooLong, PasswordTooCommon, PasswordLeaked, Busy
}

problems! {
    /// Why a password that proves an identity is refused.
    pub(super) PasswordProofProblems: PasswordTooLong, InvalidCredentials, TooManyAttempts, Busy
}

problems! {
    /// Why a second factor cannot be set up, in a session or during a sign-in.
    pub(super) FactorSetUpProblems:
        FactorNotPossible, ConfirmationRequired, LoginExpired, SecondFactorRequired
}

problems! {
    /// Why the answer of a passkey is refused.
    pub(super) PasskeyAnswerProblems: FactorNotPossible, InvalidPasskey, PasskeyNotFound
}

problems! {
    /// Why a second factor cannot be removed.
    pub(super) FactorRemovalProblems: ConfirmationRequired, LastFactor, LastWayIn
}

problems! {
    /// Why a change requires a step-up first.
    pub(super) StepUpProblems: ConfirmationRequired
}
